import { assertEquals } from "@std/assert";
import { isTimeZone, scheduleError } from "./cron_schedule.ts";

Deno.test("scheduleError() takes what the cron library takes", () => {
  for (
    const schedule of [
      "* * * * *",
      "*/5 0-6,12 1 JAN-mar MON",
      "0 0 ? * 6",
      "@hourly",
      "@every 1h30m",
      "TZ=UTC 0 0 * * *",
    ]
  ) assertEquals(scheduleError(schedule), undefined, schedule);
});

Deno.test("scheduleError() says what is wrong with a schedule", () => {
  const cases: [schedule: string, error: string][] = [
    ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
    ["60 * * * *", "end of range (60) above maximum (59): 60"],
    ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
    ["5-2 * * * *", "beginning of range (5) beyond end of range (2): 5-2"],
    ["*/0 * * * *", "step of range should be a positive number: */0"],
    ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ["@often", "unrecognized descriptor: @often"],
  ];
  for (const [schedule, error] of cases) assertEquals(scheduleError(schedule), error, schedule);
});

Deno.test("isTimeZone() knows the zones of the tz database", () => {
  for (const zone of ["UTC", "Etc/UTC", "Europe/Berlin"]) {
    assertEquals(isTimeZone(zone), true, zone);
  }
  for (const zone of ["Mars/Olympus", "+01:00"]) assertEquals(isTimeZone(zone), false, zone);
});
