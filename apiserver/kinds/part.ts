// A piece of an object that has been decoded against its schema, such as a
// pod spec or a container, and what Go's zero values mean for it: the codec
// leaves out what is empty, so absent, `null` and empty read the same.

import type { Part } from "../../runtime/part.ts";
import { equal } from "../../runtime/object.ts";
import { givenEmpty } from "../../runtime/schema/empties.ts";

export { items, type Part, sortedEntries } from "../../runtime/part.ts";

/** The strings of a list that may be absent. */
export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value : [];
}

/** A list or map as errors print it: empty when it was written so, though it counts as absent. */
export function written(parent: Part | undefined, member: string): unknown {
  return parent?.[member] ?? givenEmpty(parent, member) ?? null;
}

/** Whether a value is what Go calls empty: absent, null, false, 0, "", or without members. */
export function isEmpty(value: unknown): boolean {
  if (
    value === undefined || value === null || value === "" || value === 0 ||
    value === false
  ) {
    return true;
  }
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Equality as apiequality.Semantic has it: absent and empty lists and maps are the same. */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isEmptyContainer(a) && isEmptyContainer(b)) return true;
  if (
    a === null || b === null || typeof a !== "object" || typeof b !== "object"
  ) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
      a.every((item, i) => semanticEqual(item, b[i]));
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key of Object.keys(left)) {
    if (!semanticEqual(left[key], right[key])) return false;
  }
  for (const key of Object.keys(right)) {
    if (left[key] === undefined && !isEmptyContainer(right[key])) return false;
  }
  return true;
}

function isEmptyContainer(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return false;
}

/** Equality of two parts as they are written; absent members do not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  return equal(a, b);
}

/** The member as an object, made when it is absent: a Go struct is always there. */
export function struct(parent: Part, member: string): Part {
  return parent[member] ??= {};
}

/** Copies a member from `old`, or removes it when `old` has none. */
export function restore(object: Part, old: Part, member: string): void {
  if (old[member] === undefined) delete object[member];
  else object[member] = old[member];
}
