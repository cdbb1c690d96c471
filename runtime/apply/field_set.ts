// Sets of field paths, kept in the form in which they stand in
// managedFields (FieldsV1): an object whose members are path elements; `{}`
// or a member "." says that the path up to here is itself in the set. Sets
// are never changed; operations share what they can with their inputs.
// Source: sigs.k8s.io/structured-merge-diff fieldpath.Set.

import type { JsonObject, JsonValue } from "../object.ts";

/** A set of field paths in FieldsV1 form. */
export type FieldSet = JsonObject;

/** The mark for "the path up to here is in the set". */
export const SELF = ".";
/** What stands at a path that is in the set and has nothing below. */
export const LEAF: FieldSet = Object.freeze({});
/** The set of nothing. */
export const EMPTY: FieldSet = LEAF;

/** Whether nothing is in it. Only good for whole sets: below a path element `{}` means the path itself. */
export function isEmptySet(set: FieldSet): boolean {
  for (const element in set) if (element !== SELF) return false;
  return true;
}

/** What a set holds at one element, as an object. */
export function childOf(set: FieldSet, element: string): FieldSet | undefined {
  return set[element] as FieldSet | undefined;
}

/** Whether the path that leads to this child is itself in the set. */
export function isMember(child: FieldSet | undefined): boolean {
  if (child === undefined) return false;
  return child[SELF] !== undefined || isEmptySet(child);
}

/** Whether there are paths below this child. */
export function hasChildren(child: FieldSet | undefined): boolean {
  return child !== undefined && !isEmptySet(child);
}

/** Puts a child together; `undefined` when neither its path nor anything below is in the set. */
export function makeChild(member: boolean, below: FieldSet | undefined): FieldSet | undefined {
  if (below === undefined || isEmptySet(below)) return member ? LEAF : undefined;
  if (!member) {
    if (below[SELF] === undefined) return below;
    const { [SELF]: _, ...rest } = below;
    return rest;
  }
  return below[SELF] !== undefined ? below : { [SELF]: LEAF, ...below };
}

/** All paths of both. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let result: FieldSet | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const left = childOf(a, element);
    const right = childOf(b, element)!;
    const child = left === undefined ? right : unionChild(left, right);
    if (child === left) continue;
    result ??= { ...a };
    result[element] = child;
  }
  return result ?? a;
}

function unionChild(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const member = isMember(a) || isMember(b);
  const below = union(a, b);
  if (below === a && isMember(a) === member) return a;
  return makeChild(member, below)!;
}

/** The paths of `a` that are not in `b`. What is below a path of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false);
}

/** The paths of `a` that neither are in `b` nor lie below one that is. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true);
}

function subtract(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet {
  let result: FieldSet | undefined;
  for (const element in b) {
    if (element === SELF) continue;
    const left = childOf(a, element);
    if (left === undefined) continue;
    const child = subtractChild(left, childOf(b, element)!, recursive);
    if (child === left) continue;
    result ??= { ...a };
    if (child === undefined) delete result[element];
    else result[element] = child;
  }
  return result ?? a;
}

function subtractChild(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet | undefined {
  const taken = isMember(b);
  if (taken && recursive) return undefined;
  const member = isMember(a);
  const below = subtract(a, b, recursive);
  if (below === a && !(member && taken)) return a;
  return makeChild(member && !taken, below);
}

/** The paths in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const element in b) {
    if (element === SELF) continue;
    const left = childOf(a, element);
    if (left === undefined) continue;
    const right = childOf(b, element)!;
    const child = makeChild(isMember(left) && isMember(right), intersection(left, right));
    if (child !== undefined) result[element] = child;
  }
  return result;
}

/** Whether a path, given by its elements, is in the set. */
export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let child: FieldSet | undefined = set;
  for (const element of path) {
    child = childOf(child, element);
    if (child === undefined) return false;
  }
  return isMember(child);
}

/** Every path of the set: those of a level before those below it, each level in order. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<string[]> {
  const elements = Object.keys(set).filter((element) => element !== SELF).sort(compareElements);
  for (const element of elements) {
    if (isMember(childOf(set, element))) yield [...prefix, element];
  }
  for (const element of elements) {
    yield* pathsOf(childOf(set, element)!, [...prefix, element]);
  }
}

const KIND_ORDER: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** The order of path elements: fields, keys, values, indices. */
export function compareElements(a: string, b: string): number {
  const kind = (KIND_ORDER[a[0]!] ?? 4) - (KIND_ORDER[b[0]!] ?? 4);
  return kind !== 0 ? kind : a < b ? -1 : a > b ? 1 : 0;
}

/** The same set with its members in the order in which the real server writes them. */
export function sortSet(set: FieldSet): FieldSet {
  const elements = Object.keys(set);
  if (elements.length === 0) return LEAF;
  const result: FieldSet = {};
  if (set[SELF] !== undefined && elements.length > 1) result[SELF] = LEAF;
  for (const element of elements.sort(compareElements)) {
    if (element !== SELF) result[element] = sortSet(childOf(set, element)!);
  }
  return result;
}

/**
 * Why a value that a client sent is no set, or `undefined` when it is one.
 * Bounds its depth: sets are walked recursively.
 */
export function invalidSet(value: JsonValue | undefined, depth = 0): string | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return "expected an object";
  }
  if (depth > 200) return "too deep";
  for (const element in value) {
    if (element === SELF) continue;
    const wrong = invalidElement(element) ?? invalidSet(value[element], depth + 1);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function invalidElement(element: string): string | undefined {
  if (element.length < 2) return "key must be 2 characters long:";
  if (element[1] !== ":") return `missing colon: ${element}`;
  const rest = element.slice(2);
  switch (element[0]) {
    case "f":
      return undefined;
    case "i":
      return /^[+-]?\d+$/.test(rest) ? undefined : `invalid index: ${rest}`;
    case "k":
    case "v":
      try {
        const parsed = JSON.parse(rest) as JsonValue;
        const keyed = parsed !== null && typeof parsed === "object" && !Array.isArray(parsed);
        return element[0] === "k" && !keyed ? `invalid key: ${rest}` : undefined;
      } catch {
        return `invalid value: ${rest}`;
      }
    default:
      return "unknown path element type";
  }
}
