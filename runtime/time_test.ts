import { assertEquals, assertThrows } from "@std/assert";
import { canonicalMicroTime, canonicalTime, TimeError } from "./time.ts";

Deno.test("canonicalTime() and canonicalMicroTime() print times in UTC", () => {
  for (
    const [text, canonical] of [
      ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"],
      ["2020-01-01T00:00:00.999Z", "2020-01-01T00:00:00Z"],
      ["2020-01-01T02:00:00+02:00", "2020-01-01T00:00:00Z"],
      ["2020-02-29T23:59:59-00:30", "2020-03-01T00:29:59Z"],
      ["2020-01-01T1:00:00Z", "2020-01-01T01:00:00Z"],
      ["0001-01-01T00:00:00Z", null],
      ["0099-01-01T00:00:00Z", "0099-01-01T00:00:00Z"],
    ] as const
  ) assertEquals(canonicalTime(text), canonical, text);
  assertEquals(
    canonicalMicroTime("2020-01-01T00:00:00.000001+01:00"),
    "2019-12-31T23:00:00.000001Z",
  );
});

Deno.test("times that are none are refused with Go's texts", () => {
  const seconds = (text: string, rest: string) =>
    `parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse ${rest}`;
  for (
    const [text, message] of [
      ["yesterday", seconds("yesterday", '"yesterday" as "2006"')],
      ["", seconds("", '"" as "2006"')],
      ["2020-01-01", seconds("2020-01-01", '"" as "T"')],
      ["2020-01-01 00:00:00Z", seconds("2020-01-01 00:00:00Z", '" 00:00:00Z" as "T"')],
      ["2020-01-01T00:00:00", seconds("2020-01-01T00:00:00", '"" as "Z07:00"')],
      ["2020-13-01T00:00:00Z", 'parsing time "2020-13-01T00:00:00Z": month out of range'],
      ["2020-02-30T00:00:00Z", 'parsing time "2020-02-30T00:00:00Z": day out of range'],
      ["2020-01-01T24:00:00Z", 'parsing time "2020-01-01T24:00:00Z": hour out of range'],
      ["2020-01-01T00:00:00Zx", 'parsing time "2020-01-01T00:00:00Zx": extra text: "x"'],
    ] as const
  ) {
    const error = assertThrows(() => canonicalTime(text), TimeError);
    assertEquals(error.message, message);
  }
  const micro = assertThrows(() => canonicalMicroTime("2001-01-01T00:00:00.1Z"), TimeError);
  assertEquals(
    micro.message,
    'parsing time "2001-01-01T00:00:00.1Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".1Z" as ".000000"',
  );
});
