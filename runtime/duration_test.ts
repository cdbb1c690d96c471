import { assertEquals, assertThrows } from "@std/assert";
import { DurationError, durationMs, formatDuration, parseDuration } from "./duration.ts";

Deno.test("formatDuration() prints what parseDuration() read as Go does", () => {
  for (
    const [text, printed] of [
      ["0", "0s"],
      ["1s", "1s"],
      ["90m", "1h30m0s"],
      ["1.5h", "1h30m0s"],
      ["1h0.5s", "1h0m0.5s"],
      ["-1.5s", "-1.5s"],
      ["+5ms", "5ms"],
      ["1500us", "1.5ms"],
      ["999ns", "999ns"],
      ["1.001µs", "1.001µs"],
      [".5s", "500ms"],
      ["2540400h10m10s", "2540400h10m10s"],
    ] as const
  ) assertEquals(formatDuration(parseDuration(text)), printed, text);
  assertEquals(durationMs("1.5s"), 1500);
});

Deno.test("parseDuration() refuses with Go's texts", () => {
  for (
    const [text, message] of [
      ["", 'time: invalid duration ""'],
      ["abc", 'time: invalid duration "abc"'],
      ["-", 'time: invalid duration "-"'],
      ["3", 'time: missing unit in duration "3"'],
      ["3x", 'time: unknown unit "x" in duration "3x"'],
      ["1d", 'time: unknown unit "d" in duration "1d"'],
      ["1 s", 'time: unknown unit " s" in duration "1 s"'],
      ["9999999999h", 'time: invalid duration "9999999999h"'],
    ] as const
  ) {
    const error = assertThrows(() => parseDuration(text), DurationError);
    assertEquals(error.message, message);
  }
});
