// Numbers of whatever was given, and sprig's arithmetic on them: what is no
// number counts as zero. Source: sprig's documentation, "Math Functions".

import { fixed, type Functions, variadic } from "./function.ts";
import { checkSize } from "./limits.ts";
import { parseFloatText, parseInteger } from "./literals.ts";
import { CallError, GoInt, GoList, int, type Value } from "./values.ts";

const INT64_MIN = -(2n ** 63n);

/** A float64 cut off to an int64. */
function truncate(value: number): bigint {
  if (!(Math.abs(value) < 2 ** 63)) return INT64_MIN;
  return BigInt(Math.trunc(value));
}

/** Any value as an int64. */
export function toInt64(value: Value): bigint {
  if (value instanceof GoInt) return BigInt.asIntN(64, value.value);
  if (typeof value === "number") return truncate(value);
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value !== "string") return 0n;
  const parsed = parseInteger(value.replace(/\.0+$/, "")) ?? 0n;
  return BigInt.asIntN(64, parsed) === parsed ? parsed : 0n;
}

/** Any value as a float64. */
export function toFloat64(value: Value): number {
  if (value instanceof GoInt) return Number(value.value);
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "string" ? parseFloatText(value) ?? 0 : 0;
}

function int64(value: bigint): GoInt {
  return new GoInt(value, "int64");
}

function divisor(value: Value): bigint {
  const number = toInt64(value);
  if (number === 0n) throw new CallError("runtime error: integer divide by zero");
  return number;
}

/** The numbers from `start` up or down to before `stop`. */
export function untilStep(start: number, stop: number, step: number): GoList {
  const up = stop >= start;
  const items: Value[] = [];
  if (up ? step > 0 : step < 0) {
    checkSize(Math.abs(stop - start) / Math.abs(step));
    for (let i = start; up ? i < stop : i > stop; i += step) items.push(int(i));
  }
  return new GoList(items, "int");
}

function seq(...params: number[]): string {
  const [start, stop] = params.length === 1 ? [1, params[0]] : [params[0], params.at(-1)];
  if (start === undefined || stop === undefined || params.length > 3) return "";
  const direction = stop < start ? -1 : 1;
  const step = params.length === 3 ? params[1] ?? 1 : direction;
  if (direction < 0 && step > 0) return "";
  const { items } = untilStep(start, stop + direction, step);
  return items.map((item) => String((item as GoInt).value)).join(" ");
}

function round(value: Value, places: number, on = 0.5): number {
  const scale = 10 ** places;
  const scaled = scale * toFloat64(value);
  const part = scaled - Math.trunc(scaled);
  return (part >= on ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
}

const max = variadic(
  ["interface {}"],
  "interface {}",
  (...values) => int64(values.map(toInt64).reduce((a, b) => b > a ? b : a)),
);

/** The functions. */
export const NUMBER_FUNCTIONS: Functions = {
  int: fixed(["interface {}"], (value) => new GoInt(toInt64(value))),
  int64: fixed(["interface {}"], (value) => int64(toInt64(value))),
  float64: fixed(["interface {}"], toFloat64),
  atoi: fixed(["string"], (text) => {
    if (!/^[+-]?\d+$/.test(text)) return int(0);
    const value = BigInt(text.replace(/^\+/, ""));
    const [low, high] = [INT64_MIN, -INT64_MIN - 1n];
    return int(value < low ? low : value > high ? high : value);
  }),
  toDecimal: fixed(["interface {}"], (value) => {
    const text = value instanceof GoInt ? String(value.value) : String(value);
    const digits = /^([+-]?)([0-7]+)$/.exec(text);
    if (digits === null) return int64(0n);
    const size = BigInt(`0o${digits[2]}`);
    return int64(size >= -INT64_MIN ? 0n : digits[1] === "-" ? -size : size);
  }),
  add: variadic(
    [],
    "interface {}",
    (...values) => int64(values.reduce((sum: bigint, value) => sum + toInt64(value), 0n)),
  ),
  add1: fixed(["interface {}"], (value) => int64(toInt64(value) + 1n)),
  sub: fixed(["interface {}", "interface {}"], (a, b) => int64(toInt64(a) - toInt64(b))),
  mul: variadic(
    ["interface {}"],
    "interface {}",
    (...values) =>
      int64(
        values.reduce((product: bigint, value) => BigInt.asIntN(64, product * toInt64(value)), 1n),
      ),
  ),
  div: fixed(["interface {}", "interface {}"], (a, b) => int64(toInt64(a) / divisor(b))),
  mod: fixed(["interface {}", "interface {}"], (a, b) => int64(toInt64(a) % divisor(b))),
  max,
  biggest: max,
  min: variadic(
    ["interface {}"],
    "interface {}",
    (...values) => int64(values.map(toInt64).reduce((a, b) => b < a ? b : a)),
  ),
  maxf: variadic(
    ["interface {}"],
    "interface {}",
    (...values) => Math.max(...values.map(toFloat64)),
  ),
  minf: variadic(
    ["interface {}"],
    "interface {}",
    (...values) => Math.min(...values.map(toFloat64)),
  ),
  floor: fixed(["interface {}"], (value) => Math.floor(toFloat64(value))),
  ceil: fixed(["interface {}"], (value) => Math.ceil(toFloat64(value))),
  round: variadic(["interface {}", "int"], "float64", round),
  until: fixed(["int"], (count) => untilStep(0, count, count < 0 ? -1 : 1)),
  untilStep: fixed(["int", "int", "int"], untilStep),
  seq: variadic([], "int", seq),
};
