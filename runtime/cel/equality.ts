// Equality and order of values. Source: the CEL language definition: numbers
// of all types compare by value, values of different types are unequal.

import { Type } from "./types.ts";
import {
  CelList,
  CelMap,
  Double,
  Duration,
  fail,
  Opaque,
  Optional,
  Timestamp,
  Uint,
  type Value,
} from "./values.ts";

type Numeric = number | bigint | Double | Uint;

function isNumeric(value: Value): value is Numeric {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Double ||
    value instanceof Uint;
}

/** The JavaScript number or bigint of a number; beside a double all numbers are doubles. */
function plain(value: Numeric, beside: Numeric): number | bigint {
  const own = typeof value === "number" || typeof value === "bigint" ? value : value.value;
  return beside instanceof Double ? Number(own) : own;
}

/** Whether two values are equal. */
export function equal(left: Value, right: Value): boolean {
  if (left === right) return true;
  if (typeof left === "string" || typeof left === "boolean" || left === null) return false;
  if (isNumeric(left)) return isNumeric(right) && compare(left, right) === 0;
  if (left instanceof CelList) return right instanceof CelList && equalLists(left, right);
  if (left instanceof CelMap) return right instanceof CelMap && equalMaps(left, right);
  if (left instanceof Uint8Array) {
    return right instanceof Uint8Array && compareBytes(left, right) === 0;
  }
  if (left instanceof Timestamp) {
    return right instanceof Timestamp && left.seconds === right.seconds &&
      left.nanos === right.nanos;
  }
  if (left instanceof Duration) return right instanceof Duration && left.nanos === right.nanos;
  if (left instanceof Optional) return right instanceof Optional && equalOptionals(left, right);
  if (left instanceof Type) return right instanceof Type && left.name === right.name;
  return left instanceof Opaque && left.equals(right);
}

function equalOptionals(left: Optional, right: Optional): boolean {
  if (left.value === undefined || right.value === undefined) return left.value === right.value;
  return equal(left.value, right.value);
}

function equalLists(left: CelList, right: CelList): boolean {
  const own = left.equalsList(right) ?? right.equalsList(left);
  if (own !== undefined) return own;
  if (left.size !== right.size) return false;
  for (let index = 0; index < left.size; index++) {
    if (!equal(left.at(index), right.at(index))) return false;
  }
  return true;
}

function equalMaps(left: CelMap, right: CelMap): boolean {
  const own = left.equalsMap(right);
  if (own !== undefined) return own;
  if (left.size !== right.size || left.celType.name !== right.celType.name) return false;
  for (const key of left.keys()) {
    const other = right.get(key);
    if (other === undefined || !equal(left.get(key)!, other)) return false;
  }
  return true;
}

/** Order of bytes. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = left[index]! - right[index]!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Order of strings by code point, as Go compares their bytes. */
export function compareStrings(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    let a = left.charCodeAt(index);
    let b = right.charCodeAt(index);
    if (a === b) continue;
    // Surrogates stand for code points above all of the basic plane.
    if (a >= 0xd800 && a <= 0xdfff) a += 0x10000;
    if (b >= 0xd800 && b <= 0xdfff) b += 0x10000;
    return a - b;
  }
  return left.length - right.length;
}

/** Order of two values: negative, zero, positive, or NaN where neither is. Fails for what has no order. */
export function compare(left: Value, right: Value): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return compareStrings(left, right);
  if (isNumeric(left) && isNumeric(right)) {
    const a = plain(left, right);
    const b = plain(right, left);
    // deno-lint-ignore eqeqeq -- a bigint and a number are equal by value only loosely
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : NaN;
  }
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Timestamp && right instanceof Timestamp) {
    return left.seconds - right.seconds || left.nanos - right.nanos;
  }
  if (left instanceof Duration && right instanceof Duration) {
    return left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0;
  }
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right);
  return fail("no such overload");
}
