import { assertEquals } from "@std/assert";
import { age, humanDuration } from "./human_duration.ts";

Deno.test("humanDuration() shows the units that tell most", () => {
  const SECOND = 1000;
  const MINUTE = 60 * SECOND;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const cases: [ms: number, text: string][] = [
    [-2500, "<invalid>"],
    [-1500, "0s"],
    [0, "0s"],
    [119 * SECOND, "119s"],
    [2 * MINUTE, "2m"],
    [2 * MINUTE + 5 * SECOND, "2m5s"],
    [10 * MINUTE + 5 * SECOND, "10m"],
    [179 * MINUTE, "179m"],
    [3 * HOUR, "3h"],
    [7 * HOUR + 59 * MINUTE, "7h59m"],
    [8 * HOUR + MINUTE, "8h"],
    [47 * HOUR, "47h"],
    [2 * DAY, "2d"],
    [7 * DAY + 23 * HOUR, "7d23h"],
    [8 * DAY + 23 * HOUR, "8d"],
    [729 * DAY, "729d"],
    [730 * DAY, "2y"],
    [800 * DAY, "2y70d"],
    [8 * 365 * DAY + DAY, "8y"],
  ];
  for (const [ms, text] of cases) assertEquals(humanDuration(ms), text, `${ms}`);
});

Deno.test("age() does not know how old something without a time is", () => {
  const now_ms = Date.parse("2026-01-01T00:01:00Z");
  assertEquals(age("2026-01-01T00:00:00Z", now_ms), "60s");
  for (const nothing of [undefined, null, ""]) assertEquals(age(nothing, now_ms), "<unknown>");
});
