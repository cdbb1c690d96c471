// Reading members: fields, keys and indices, plain, optional and tested.

import {
  CelList,
  CelMap,
  Double,
  fail,
  isInt,
  mapKey,
  Opaque,
  Optional,
  typeOf,
  Uint,
  type Value,
} from "./values.ts";

/** `target.field`. */
export function selectField(target: Value, field: string): Value {
  if (target instanceof CelMap) {
    const value = target.get(field);
    return value === undefined ? fail(`no such key: ${field}`) : value;
  }
  if (target instanceof Optional) return optionalMember(target, field);
  if (target instanceof Opaque) {
    return target.field(field) ?? fail(`no such field '${field}'`);
  }
  return fail("no such overload");
}

/** `has(target.field)`. */
export function testField(target: Value, field: string): boolean {
  if (target instanceof CelMap) return target.has(field);
  if (target instanceof Optional) {
    return target.value !== undefined && testField(target.value, field);
  }
  if (target instanceof Opaque) return target.field(field) !== undefined;
  return fail("no such overload");
}

/** A key as errors print it. */
export function printKey(key: Value): string {
  if (key instanceof Uint || key instanceof Double) return String(key.value);
  return String(key);
}

/** The index of a list; `undefined` when it is none. */
function listIndex(index: Value): number | bigint | undefined {
  if (isInt(index)) return index;
  if (index instanceof Uint) return index.value;
  if (index instanceof Double && Number.isInteger(index.value)) return index.value;
  return undefined;
}

/** `target[index]`. */
export function indexValue(target: Value, index: Value): Value {
  if (target instanceof CelList) {
    const at = listIndex(index);
    if (at === undefined) return unsupportedIndex(index);
    if (at < 0 || at >= target.size) return fail(`index out of bounds: ${at}`);
    return target.at(Number(at));
  }
  if (target instanceof CelMap) {
    const value = target.get(index);
    if (value !== undefined) return value;
    if (mapKey(index) === undefined && !(index instanceof Double)) return fail("no such overload");
    return fail(`no such key: ${printKey(index)}`);
  }
  if (target instanceof Optional) return optionalMember(target, index);
  return fail("no such overload");
}

function unsupportedIndex(index: Value): never {
  return fail(`unsupported index type '${typeOf(index).name}' in list`);
}

/** `target.?field` and `target[?index]`, and both on optionals. */
export function optionalMember(target: Value, index: Value): Optional {
  if (target instanceof Optional) {
    return target.value === undefined ? Optional.NONE : optionalMember(target.value, index);
  }
  if (target instanceof CelMap) {
    const value = target.get(index);
    return value === undefined ? Optional.NONE : Optional.of(value);
  }
  if (target instanceof CelList) {
    const at = listIndex(index);
    if (at === undefined) return unsupportedIndex(index);
    return at < 0 || at >= target.size ? Optional.NONE : Optional.of(target.at(Number(at)));
  }
  if (target instanceof Opaque && typeof index === "string") {
    const value = target.field(index);
    return value === undefined ? Optional.NONE : Optional.of(value);
  }
  return fail("no such overload");
}
