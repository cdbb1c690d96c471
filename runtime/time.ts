// RFC 3339 times as Go parses and prints them: metav1.Time (whole seconds)
// and metav1.MicroTime (exactly six fraction digits), with the error texts
// of Go's time.Parse. The zero time is `undefined` here and `null` in JSON.

import { quoteTime } from "./_quote_time.ts";

/** A moment: seconds since the Unix epoch and nanoseconds of that second. */
export interface Moment {
  /** Whole seconds since the Unix epoch, rounded down. */
  readonly seconds: number;
  /** Nanoseconds of that second. */
  readonly nanos: number;
}

/** The text is no time. `message` is Go's. */
export class TimeError extends Error {
  /** Carries Go's text. */
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

const SECONDS_LAYOUT = "2006-01-02T15:04:05Z07:00";
const MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00";
const MICRO_DIGITS = 6;
/** 0001-01-01T00:00:00Z, Go's zero time. */
const ZERO_SECONDS = -62_135_596_800;

class Cursor {
  rest: string;
  range = "";
  readonly #text: string;
  readonly #layout: string;

  constructor(text: string, layout: string) {
    this.rest = text;
    this.#text = text;
    this.#layout = layout;
  }

  fail(element: string, rest = this.rest): never {
    throw new TimeError(
      `parsing time ${quoteTime(this.#text)} as ${quoteTime(this.#layout)}: cannot parse ${
        quoteTime(rest)
      } as ${quoteTime(element)}`,
    );
  }

  refuse(what: string): never {
    throw new TimeError(`parsing time ${quoteTime(this.#text)}${what}`);
  }

  literal(char: string): void {
    if (!this.rest.startsWith(char)) this.fail(char);
    this.rest = this.rest.slice(1);
  }

  number(element: string, pattern: RegExp, low: number, high: number, name: string): number {
    const digits = pattern.exec(this.rest)?.[0];
    if (digits === undefined) this.fail(element);
    this.rest = this.rest.slice(digits.length);
    const value = Number(digits);
    if (value < low || value > high) this.refuse(`: ${name} out of range`);
    return value;
  }
}

const FOUR = /^[0-9]{4}/;
const TWO = /^[0-9]{2}/;
const ONE_OR_TWO = /^[0-9]{1,2}/;

function parse(text: string, micro: boolean): Moment {
  const at = new Cursor(text, micro ? MICRO_LAYOUT : SECONDS_LAYOUT);
  const year = at.number("2006", FOUR, 0, 9999, "year");
  at.literal("-");
  const month = at.number("01", TWO, 1, 12, "month");
  at.literal("-");
  const day = at.number("02", TWO, 0, 99, "day");
  at.literal("T");
  const hour = at.number("15", ONE_OR_TWO, 0, 23, "hour");
  at.literal(":");
  const minute = at.number("04", TWO, 0, 59, "minute");
  at.literal(":");
  const second = at.number("05", TWO, 0, 59, "second");
  const nanos = parseFraction(at, micro);
  const offset = parseZone(at);
  if (at.rest !== "") at.refuse(`: extra text: ${quoteTime(at.rest)}`);
  const ms = new Date(0).setUTCFullYear(year, month - 1, day);
  if (day < 1 || new Date(ms).getUTCDate() !== day) at.refuse(": day out of range");
  return { seconds: ms / 1000 + hour * 3600 + minute * 60 + second - offset, nanos };
}

function parseFraction(at: Cursor, micro: boolean): number {
  // A fraction may follow the seconds even where the layout has none.
  const pattern = micro ? /^[.,][0-9]{6}/ : /^[.,][0-9]+/;
  const fraction = pattern.exec(at.rest)?.[0];
  if (fraction === undefined) return micro ? at.fail(".000000") : 0;
  at.rest = at.rest.slice(fraction.length);
  return Number(fraction.slice(1, 10).padEnd(9, "0"));
}

/** Seconds east of UTC. */
function parseZone(at: Cursor): number {
  if (at.rest.startsWith("Z")) {
    at.rest = at.rest.slice(1);
    return 0;
  }
  const zone = /^([^])([0-9]{2}):([0-9]{2})/.exec(at.rest);
  if (zone === null) return at.fail("Z07:00");
  const [whole, sign, hours, minutes] = zone;
  if (Number(hours) > 24) at.refuse(": time zone offset hour out of range");
  if (Number(minutes) > 60) at.refuse(": time zone offset minute out of range");
  if (sign !== "-" && sign !== "+") return at.fail("Z07:00");
  at.rest = at.rest.slice(whole.length);
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
}

function unlessZero(moment: Moment): Moment | undefined {
  return moment.seconds === ZERO_SECONDS && moment.nanos === 0 ? undefined : moment;
}

/** The moment of a metav1.Time, or `undefined` for the zero time. Throws {@linkcode TimeError}. */
export function parseTime(text: string): Moment | undefined {
  return unlessZero(parse(text, false));
}

/** The moment of a metav1.MicroTime, or `undefined` for the zero time. Throws {@linkcode TimeError}. */
export function parseMicroTime(text: string): Moment | undefined {
  return unlessZero(parse(text, true));
}

function dateTime(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return text.slice(0, text.lastIndexOf("."));
}

/** A metav1.Time in UTC: `2026-01-01T00:00:00Z`. */
export function formatTime(moment: Moment): string {
  return `${dateTime(moment.seconds)}Z`;
}

/** A metav1.MicroTime in UTC: `2026-01-01T00:00:00.000000Z`. */
export function formatMicroTime(moment: Moment): string {
  const micros = Math.floor(moment.nanos / 1000).toString().padStart(MICRO_DIGITS, "0");
  return `${dateTime(moment.seconds)}.${micros}Z`;
}

const CANONICAL = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;

/** A metav1.Time in canonical form, `null` for the zero time. Throws {@linkcode TimeError}. */
export function canonicalTime(text: string): string | null {
  if (CANONICAL.test(text) && text !== "0001-01-01T00:00:00Z") {
    const ms = Date.parse(text);
    // Platforms accept 24:00:00 and 30 February; those go the long way.
    if (!Number.isNaN(ms) && dateTime(ms / 1000) === text.slice(0, -1)) return text;
  }
  const moment = parseTime(text);
  return moment === undefined ? null : formatTime(moment);
}

/** A metav1.MicroTime in canonical form, `null` for the zero time. Throws {@linkcode TimeError}. */
export function canonicalMicroTime(text: string): string | null {
  const moment = parseMicroTime(text);
  return moment === undefined ? null : formatMicroTime(moment);
}
