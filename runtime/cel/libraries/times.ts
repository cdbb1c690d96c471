// Parts of timestamps and durations: getFullYear() and its kin, in UTC or a
// time zone. Source: the CEL language definition.

import { declare, type FunctionDeclaration } from "../declarations.ts";
import { type Duration, fail, intValue, Timestamp, type Value } from "../values.ts";

/** A date whose UTC members are those of the zone. */
type Local = Date;

const zones = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = zones.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        hourCycle: "h23",
        era: "short",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch {
      return fail(`unknown time zone ${zone}`);
    }
    zones.set(zone, format);
  }
  return format;
}

function atoi(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    fail(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

function local(time: Timestamp, zone: string): Local {
  const ms = time.seconds * 1000;
  if (zone === "UTC" || zone === "") return new Date(ms);
  const colon = zone.indexOf(":");
  if (colon >= 0) {
    const hours = atoi(zone.slice(0, colon));
    const minutes = atoi(zone.slice(colon + 1));
    const offset = zone.startsWith("-") ? hours * 60 - minutes : hours * 60 + minutes;
    return new Date(ms + offset * 60_000);
  }
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(zone).formatToParts(new Date(ms))) parts[type] = value;
  const year = parts.era === "BC" ? 1 - Number(parts.year) : Number(parts.year);
  const date = new Date(0);
  date.setUTCFullYear(year, Number(parts.month) - 1, Number(parts.day));
  date.setUTCHours(Number(parts.hour), Number(parts.minute), Number(parts.second));
  return date;
}

function dayOfYear(date: Local): number {
  const start = new Date(date);
  start.setUTCMonth(0, 1);
  return Math.round((date.getTime() - start.getTime()) / 86_400_000);
}

type Part = (date: Local, time: Timestamp) => number;

const PARTS: readonly (readonly [string, string, Part, string?])[] = [
  ["getFullYear", "timestamp_to_year", (date) => date.getUTCFullYear()],
  ["getMonth", "timestamp_to_month", (date) => date.getUTCMonth()],
  ["getDayOfYear", "timestamp_to_day_of_year", dayOfYear],
  ["getDayOfMonth", "timestamp_to_day_of_month", (date) => date.getUTCDate() - 1],
  ["getDate", "timestamp_to_day_of_month_1_based", (date) => date.getUTCDate()],
  ["getDayOfWeek", "timestamp_to_day_of_week", (date) => date.getUTCDay()],
  ["getHours", "timestamp_to_hours", (date) => date.getUTCHours(), "duration_to_hours"],
  ["getMinutes", "timestamp_to_minutes", (date) => date.getUTCMinutes(), "duration_to_minutes"],
  ["getSeconds", "timestamp_to_seconds", (date) => date.getUTCSeconds(), "duration_to_seconds"],
  [
    "getMilliseconds",
    "timestamp_to_milliseconds",
    (_date, time) => Math.floor(time.nanos / 1e6),
    "duration_to_milliseconds",
  ],
];

const UNITS: Readonly<Record<string, bigint>> = {
  getHours: 3_600_000_000_000n,
  getMinutes: 60_000_000_000n,
  getSeconds: 1_000_000_000n,
  getMilliseconds: 1_000_000n,
};

/** The functions that give parts of times. */
export const TIME_FUNCTIONS: readonly FunctionDeclaration[] = PARTS.map(
  ([name, id, part, ofDuration]) => {
    const compute = (value: Value, zone?: Value): Value => {
      if (!(value instanceof Timestamp)) return fail("no such overload");
      return part(local(value, zone === undefined ? "UTC" : zone as string), value);
    };
    const zoned = id === "timestamp_to_seconds" ? `${id}_tz` : `${id}_with_tz`;
    return declare(name, [
      [id, "timestamp.() -> int", (value) => compute(value!)],
      [zoned, "timestamp.(string) -> int", (value, zone) => compute(value!, zone)],
      ...(ofDuration === undefined ? [] : [[
        ofDuration,
        "duration.() -> int",
        (value: Value | undefined) => intValue((value as Duration).nanos / UNITS[name]!),
      ]] as [string, string, (value: Value | undefined) => Value][]),
    ]);
  },
);
