// Conversions between types: int(), uint(), double(), string(), bytes(),
// bool(), timestamp(), duration(). Source: the CEL language definition, with
// the error texts of cel-go.

import { DurationError, parseDuration } from "../duration.ts";
import { goFloat } from "../go_text.ts";
import { parseTime, TimeError } from "../time.ts";
import { Type } from "./types.ts";
import {
  Double,
  Duration,
  EvaluationError,
  fail,
  intValue,
  isInt,
  Timestamp,
  typeOf,
  Uint,
  type Value,
} from "./values.ts";

const SECONDS_MIN = -62135596800;
const SECONDS_MAX = 253402300799;

function cannot(value: Value, to: string): never {
  return fail(`type conversion error from '${typeOf(value).name}' to '${to}'`);
}

/** `int(value)`. */
export function toInt(value: Value): Value {
  if (isInt(value)) return value;
  if (value instanceof Uint) {
    if (value.value > 2n ** 63n - 1n) fail("integer overflow");
    return intValue(value.value);
  }
  if (value instanceof Double) {
    const { value: number } = value;
    if (!Number.isFinite(number) || number <= -(2 ** 63) || number >= 2 ** 63) {
      fail("integer overflow");
    }
    return intValue(BigInt(Math.trunc(number)));
  }
  if (typeof value === "string" && /^[+-]?[0-9]+$/.test(value)) {
    const number = BigInt(value.replace(/^\+/, ""));
    if (BigInt.asIntN(64, number) === number) return intValue(number);
  }
  if (value instanceof Timestamp) return value.seconds;
  if (value instanceof Duration) return intValue(value.nanos);
  return cannot(value, "int");
}

/** `uint(value)`. */
export function toUint(value: Value): Value {
  if (value instanceof Uint) return value;
  if (isInt(value)) {
    if (value < 0) fail("unsigned integer overflow");
    return new Uint(BigInt(value));
  }
  if (value instanceof Double) {
    const { value: number } = value;
    if (!Number.isFinite(number) || number < 0 || number >= 2 ** 64) {
      fail("unsigned integer overflow");
    }
    return new Uint(BigInt(Math.trunc(number)));
  }
  if (typeof value === "string" && /^[0-9]+$/.test(value)) {
    const number = BigInt(value);
    if (BigInt.asUintN(64, number) === number) return new Uint(number);
  }
  return cannot(value, "uint");
}

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** A float as Go's strconv.ParseFloat reads it; `undefined` for what is none. */
export function parseFloat64(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const number = Number(text);
    return Number.isFinite(number) ? number : undefined;
  }
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (word === null) return undefined;
  if (word[2]!.toLowerCase() === "nan") return word[1] === "" ? NaN : undefined;
  return word[1] === "-" ? -Infinity : Infinity;
}

/** `double(value)`. */
export function toDouble(value: Value): Value {
  if (value instanceof Double) return value;
  if (isInt(value)) return new Double(Number(value));
  if (value instanceof Uint) return new Double(Number(value.value));
  if (typeof value === "string") {
    const number = parseFloat64(value);
    if (number !== undefined) return new Double(number);
  }
  return cannot(value, "double");
}

/** `bool(value)`. */
export function toBool(value: Value): Value {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (/^(?:1|t|T|TRUE|true|True)$/.test(value)) return true;
    if (/^(?:0|f|F|FALSE|false|False)$/.test(value)) return false;
  }
  return cannot(value, "bool");
}

/** `bytes(value)`. */
export function toBytes(value: Value): Value {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return new TextEncoder().encode(value);
  return cannot(value, "bytes");
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `string(value)`. */
export function toText(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || isInt(value)) return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Double) return printDouble(value.value);
  if (value instanceof Timestamp) return printTimestamp(value);
  if (value instanceof Duration) return printDuration(value);
  if (value instanceof Uint8Array) {
    try {
      return UTF8.decode(value);
    } catch {
      return fail("invalid UTF-8 in bytes, cannot convert to string");
    }
  }
  return cannot(value, "string");
}

/** As Go's %g prints it. */
function printDouble(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isFinite(value)) return goFloat(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

/** RFC 3339 with as many digits of the second as there are. */
export function printTimestamp({ seconds, nanos }: Timestamp): string {
  const date = new Date(seconds * 1000);
  const fraction = nanos === 0 ? "" : `.${pad(nanos, 9).replace(/0+$/, "")}`;
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1, 2)}-${
    pad(date.getUTCDate(), 2)
  }`;
  return `${day}T${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${
    pad(date.getUTCSeconds(), 2)
  }${fraction}Z`;
}

/** Seconds with an `s`. */
export function printDuration({ nanos }: Duration): string {
  const seconds = Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9;
  return `${plainFloat(seconds)}s`;
}

/** A float without an exponent. */
export function plainFloat(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(text);
  if (match === null) return text;
  const [, sign, whole, fraction = "", exponent] = match;
  const digits = whole! + fraction;
  const point = whole!.length + Number(exponent);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, "0");
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A timestamp from RFC 3339 text; `undefined` for what is none. */
export function timestampOfText(text: string): Timestamp | undefined {
  let seconds: number;
  let nanos: number;
  try {
    const moment = parseTime(text);
    seconds = moment?.seconds ?? SECONDS_MIN;
    nanos = moment?.nanos ?? 0;
  } catch (error) {
    if (error instanceof TimeError) return undefined;
    throw error;
  }
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) fail("timestamp overflow");
  return new Timestamp(seconds, nanos);
}

/** `timestamp(value)`. */
export function toTimestamp(value: Value): Value {
  if (value instanceof Timestamp) return value;
  if (isInt(value)) {
    const seconds = Number(value);
    if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) fail("timestamp overflow");
    return new Timestamp(seconds, 0);
  }
  if (typeof value === "string") {
    const timestamp = timestampOfText(value);
    if (timestamp !== undefined) return timestamp;
  }
  return cannot(value, "google.protobuf.Timestamp");
}

/** A duration from Go's text; `undefined` for what is none. */
export function durationOfText(text: string): Duration | undefined {
  try {
    return new Duration(parseDuration(text));
  } catch (error) {
    if (error instanceof DurationError) return undefined;
    throw error;
  }
}

/** `duration(value)`. */
export function toDuration(value: Value): Value {
  if (value instanceof Duration) return value;
  if (typeof value === "string") {
    const duration = durationOfText(value);
    if (duration !== undefined) return duration;
  }
  return cannot(value, "google.protobuf.Duration");
}

/** Runs a conversion; `undefined` where it fails. */
export function converted(convert: (value: Value) => Value, value: Value): Value | undefined {
  try {
    return convert(value);
  } catch (error) {
    if (error instanceof EvaluationError) return undefined;
    throw error;
  }
}

/** `type(value)`. */
export function toType(value: Value): Value {
  return value instanceof Type ? typeOf(value) : typeOf(value);
}
