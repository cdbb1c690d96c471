// Arithmetic of CEL: 64-bit integers with errors on overflow, doubles, times,
// and the joining of strings, bytes and lists.

import {
  CelList,
  Double,
  Duration,
  fail,
  intValue,
  isInt,
  Timestamp,
  Uint,
  type Value,
} from "./values.ts";

const INT_OVERFLOW = "integer overflow";
const UINT_OVERFLOW = "unsigned integer overflow";
const DURATION_OVERFLOW = "integer overflow";
const TIMESTAMP_OVERFLOW = "timestamp overflow";
/** 0001-01-01T00:00:00Z. */
const SECONDS_MIN = -62135596800;
/** 9999-12-31T23:59:59Z. */
const SECONDS_MAX = 253402300799;

const noOverload = (): never => fail("no such overload");

/** An int from a bigint, within 64 bits. */
export function checkedInt(value: bigint, message = INT_OVERFLOW): number | bigint {
  if (BigInt.asIntN(64, value) !== value) fail(message);
  return intValue(value);
}

/** A uint from a bigint, within 64 bits. */
export function checkedUint(value: bigint, message = UINT_OVERFLOW): Uint {
  if (BigInt.asUintN(64, value) !== value) fail(message);
  return new Uint(value);
}

function checkedDuration(nanos: bigint): Duration {
  if (BigInt.asIntN(64, nanos) !== nanos) fail(DURATION_OVERFLOW);
  return new Duration(nanos);
}

/** A timestamp from nanoseconds since 1970, between the years 1 and 9999. */
export function timestampOfNanos(nanos: bigint): Timestamp {
  let seconds = nanos / 1_000_000_000n;
  let rest = nanos % 1_000_000_000n;
  if (rest < 0n) {
    rest += 1_000_000_000n;
    seconds -= 1n;
  }
  if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) fail(TIMESTAMP_OVERFLOW);
  return new Timestamp(Number(seconds), Number(rest));
}

/** `left + right`. */
export function add(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") {
    const sum = left + right;
    return Number.isSafeInteger(sum) ? sum : checkedInt(BigInt(left) + BigInt(right));
  }
  if (typeof left === "string") return typeof right === "string" ? left + right : noOverload();
  if (isInt(left)) return isInt(right) ? checkedInt(BigInt(left) + BigInt(right)) : noOverload();
  if (left instanceof Double) {
    return right instanceof Double ? new Double(left.value + right.value) : noOverload();
  }
  if (left instanceof CelList) return right instanceof CelList ? left.concat(right) : noOverload();
  if (left instanceof Uint) {
    return right instanceof Uint ? checkedUint(left.value + right.value) : noOverload();
  }
  return addOthers(left, right);
}

function addOthers(left: Value, right: Value): Value {
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    const joined = new Uint8Array(left.length + right.length);
    joined.set(left);
    joined.set(right, left.length);
    return joined;
  }
  if (left instanceof Duration) {
    if (right instanceof Duration) return checkedDuration(left.nanos + right.nanos);
    if (right instanceof Timestamp) return timestampOfNanos(right.totalNanos + left.nanos);
  }
  if (left instanceof Timestamp && right instanceof Duration) {
    return timestampOfNanos(left.totalNanos + right.nanos);
  }
  return noOverload();
}

/** `left - right`. */
export function subtract(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") {
    const difference = left - right;
    return Number.isSafeInteger(difference) ? difference : checkedInt(BigInt(left) - BigInt(right));
  }
  if (isInt(left)) return isInt(right) ? checkedInt(BigInt(left) - BigInt(right)) : noOverload();
  if (left instanceof Double && right instanceof Double) {
    return new Double(left.value - right.value);
  }
  if (left instanceof Uint && right instanceof Uint) return checkedUint(left.value - right.value);
  if (left instanceof Duration && right instanceof Duration) {
    return checkedDuration(left.nanos - right.nanos);
  }
  if (left instanceof Timestamp) {
    if (right instanceof Duration) return timestampOfNanos(left.totalNanos - right.nanos);
    if (right instanceof Timestamp) return checkedDuration(left.totalNanos - right.totalNanos);
  }
  return noOverload();
}

/** `left * right`. */
export function multiply(left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") {
    const product = left * right;
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product;
    return checkedInt(BigInt(left) * BigInt(right));
  }
  if (isInt(left)) return isInt(right) ? checkedInt(BigInt(left) * BigInt(right)) : noOverload();
  if (left instanceof Double && right instanceof Double) {
    return new Double(left.value * right.value);
  }
  if (left instanceof Uint && right instanceof Uint) return checkedUint(left.value * right.value);
  return noOverload();
}

/** `left / right`. */
export function divide(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) {
    // deno-lint-ignore eqeqeq -- a number or a bigint
    if (right == 0) fail("division by zero");
    if (typeof left === "number" && typeof right === "number") return Math.trunc(left / right) || 0;
    return checkedInt(BigInt(left) / BigInt(right));
  }
  if (left instanceof Double && right instanceof Double) {
    return new Double(left.value / right.value);
  }
  if (left instanceof Uint && right instanceof Uint) {
    if (right.value === 0n) fail("division by zero");
    return new Uint(left.value / right.value);
  }
  return noOverload();
}

/** `left % right`. */
export function modulo(left: Value, right: Value): Value {
  if (isInt(left) && isInt(right)) {
    // deno-lint-ignore eqeqeq -- a number or a bigint
    if (right == 0) fail("modulus by zero");
    if (typeof left === "number" && typeof right === "number") return (left % right) || 0;
    if (BigInt(left) === -(2n ** 63n) && BigInt(right) === -1n) fail(INT_OVERFLOW);
    return checkedInt(BigInt(left) % BigInt(right));
  }
  if (left instanceof Uint && right instanceof Uint) {
    if (right.value === 0n) fail("modulus by zero");
    return new Uint(left.value % right.value);
  }
  return noOverload();
}

/** `-value`. */
export function negate(value: Value): Value {
  if (typeof value === "number") return value === 0 ? 0 : -value;
  if (typeof value === "bigint") return checkedInt(-value);
  if (value instanceof Double) return new Double(-value.value);
  if (value instanceof Duration) return checkedDuration(-value.nanos);
  return noOverload();
}
