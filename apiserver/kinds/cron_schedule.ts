// Parses cron schedules as far as their errors go. Source:
// github.com/robfig/cron/v3 ParseStandard, whose texts clients see.

import { DurationError, parseDuration } from "../../runtime/duration.ts";

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
];

const DESCRIPTORS = new Set([
  "@yearly",
  "@annually",
  "@monthly",
  "@weekly",
  "@daily",
  "@midnight",
  "@hourly",
]);

/** Whether a time zone is known: an IANA name, or one of Go's own. */
export function isTimeZone(name: string): boolean {
  if (name === "UTC" || name === "") return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a schedule, or `undefined`. */
export function scheduleError(text: string): string | undefined {
  if (text === "") return "empty spec string";
  let spec = text;
  if (spec.startsWith("TZ=") || spec.startsWith("CRON_TZ=")) {
    const space = spec.indexOf(" ");
    // Upstream fails on its own slice here; what is left is no schedule anyway.
    if (space < 0) return "empty spec string";
    const zone = spec.slice(spec.indexOf("=") + 1, space);
    if (!isTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
    spec = spec.slice(space).trim();
  }
  if (spec.startsWith("@")) return descriptorError(spec);
  const fields = spec.trim().split(/\s+/).filter((field) => field !== "");
  if (fields.length !== FIELDS.length) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`;
  }
  for (const [i, field] of fields.entries()) {
    for (const expression of field.split(",").filter((part) => part !== "")) {
      const problem = rangeError(expression, FIELDS[i] as Bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function descriptorError(spec: string): string | undefined {
  if (DESCRIPTORS.has(spec)) return undefined;
  const every = "@every ";
  if (!spec.startsWith(every)) return `unrecognized descriptor: ${spec}`;
  try {
    parseDuration(spec.slice(every.length));
    return undefined;
  } catch (error) {
    if (error instanceof DurationError) return `failed to parse duration ${spec}: ${error.message}`;
    throw error;
  }
}

function numberOf(text: string, names: readonly string[]): number | string {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return names === MONTHS ? named + 1 : named;
  if (!/^[+-]?[0-9]+$/.test(text)) {
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${
      JSON.stringify(text)
    }: invalid syntax`;
  }
  const value = Number(text);
  return value < 0 ? `negative number (${value}) not allowed: ${text}` : value;
}

function rangeError(expression: string, { min, max, names }: Bounds): string | undefined {
  const [range = "", stepText, ...moreSteps] = expression.split("/");
  const [low = "", high, ...moreRanges] = range.split("-");
  let start = min;
  let end = max;
  if (low !== "*" && low !== "?") {
    const first = numberOf(low, names);
    if (typeof first === "string") return first;
    start = first;
    end = first;
    if (moreRanges.length > 0) return `too many hyphens: ${expression}`;
    if (high !== undefined) {
      const last = numberOf(high, names);
      if (typeof last === "string") return last;
      end = last;
    }
  }
  let step = 1;
  if (moreSteps.length > 0) return `too many slashes: ${expression}`;
  if (stepText !== undefined) {
    const given = numberOf(stepText, []);
    if (typeof given === "string") return given;
    step = given;
    if (high === undefined && low !== "*" && low !== "?") end = max;
  }
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${expression}`;
  if (end > max) return `end of range (${end}) above maximum (${max}): ${expression}`;
  if (start > end) {
    return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  }
  return step === 0 ? `step of range should be a positive number: ${expression}` : undefined;
}
