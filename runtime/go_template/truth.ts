// What holds of values: truth, order and equality, as text/template's
// builtins and reflect.DeepEqual have them.

import { compareGo } from "../go_text.ts";
import { Walk } from "./limits.ts";
import { CallError, GoInt, GoList, GoMap, GoObject, typeOf, type Value } from "./values.ts";
import { formatValue } from "./format.ts";
import { printf } from "./printf.ts";

/** Whether a value is not the zero of its type. */
export function isTrue(value: Value): boolean {
  if (value instanceof GoInt) return value.value !== 0n;
  if (value instanceof GoList) return value.items.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  if (typeof value === "number") return value !== 0;
  return value !== null && value !== false && value !== "";
}

type Basic = "bool" | "int" | "uint" | "float" | "string" | undefined;

function basicKind(value: Value): Basic {
  if (value instanceof GoInt) return value.type.startsWith("u") ? "uint" : "int";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return "float";
  return typeof value === "string" ? "string" : undefined;
}

function isInteger(kind: Basic): boolean {
  return kind === "int" || kind === "uint";
}

function isNil(value: Value): boolean {
  return value === null || (value instanceof GoList || value instanceof GoMap) && value.isNil;
}

/** `eq` of two values; the kinds of number do not mix. */
export function isEqual(a: Value, b: Value): boolean {
  const [left, right] = [basicKind(a), basicKind(b)];
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  if (left !== right) {
    if (a === null || b === null) return false;
    throw new CallError(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
  }
  if (left !== undefined) return a === b;
  if (isNil(a) || isNil(b)) {
    requireSameKind(a, b);
    return isNil(a) === isNil(b);
  }
  requireSameKind(a, b);
  if (b instanceof GoList || b instanceof GoMap) {
    throw new CallError(`non-comparable type ${printf("%s", [b])}: ${typeOf(b)}`);
  }
  return a === b;
}

function requireSameKind(a: Value, b: Value): void {
  if (a === null || b === null) return;
  const kind = (value: Value) => value?.constructor;
  if (kind(a) === kind(b)) return;
  throw new CallError(
    `non-comparable types ${printf("%s", [a])}: ${typeOf(a)}, ${typeOf(b)}: ${formatValue(b)}`,
  );
}

/** `lt` of two values. */
export function isLess(a: Value, b: Value): boolean {
  const [left, right] = [basicKind(a), basicKind(b)];
  if (left === undefined || right === undefined) {
    throw new CallError("invalid type for comparison");
  }
  if (a instanceof GoInt && b instanceof GoInt) return a.value < b.value;
  if (left !== right && !(isInteger(left) && isInteger(right))) {
    throw new CallError(`incompatible types for comparison: ${typeOf(a)} and ${typeOf(b)}`);
  }
  if (left === "bool") throw new CallError("invalid type for comparison");
  if (typeof a === "string" && typeof b === "string") return compareGo(a, b) < 0;
  return (a as number) < (b as number);
}

/** Whether two values are of one type and alike throughout. */
export function isDeepEqual(a: Value, b: Value, walk: Walk = new Walk(), depth = 0): boolean {
  walk.enter(depth);
  if (typeOf(a) !== typeOf(b)) return false;
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value;
  if (a instanceof GoList && b instanceof GoList) {
    return a.isNil === b.isNil && a.items.length === b.items.length &&
      a.items.every((item, i) => isDeepEqual(item, b.items[i] ?? null, walk, depth + 1));
  }
  if (a instanceof GoMap && b instanceof GoMap) {
    return a.isNil === b.isNil && a.entries.size === b.entries.size &&
      [...a.entries].every(([name, item]) =>
        b.entries.has(name) && isDeepEqual(item, b.entries.get(name) ?? null, walk, depth + 1)
      );
  }
  if (a instanceof GoObject && b instanceof GoObject) return a.text === b.text;
  return a === b;
}
