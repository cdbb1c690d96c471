// Lists and maps that a client wrote as empty. Go keeps them apart from absent
// ones until an object is stored, and it shows: in what errors print, in a few
// defaults, and in who owns the field. Objects here never hold them, so that
// nothing has to look twice; what was written is remembered beside the object.

import type { JsonObject, JsonValue } from "../object.ts";

/** An empty list or map. */
export type Empty = readonly [] | Readonly<Record<string, never>>;

/** A list or map that was given as empty. */
export interface EmptyField {
  /** The members and indices that lead to it. */
  readonly path: readonly (string | number)[];
  /** What was written. */
  readonly value: Empty;
  /** The field is always written: it is null in the object. */
  readonly always: boolean;
}

const ofMember = new WeakMap<object, Map<string, Empty>>();
const ofObject = new WeakMap<object, readonly EmptyField[]>();

function parentOf(object: object, { path }: EmptyField): JsonObject | undefined {
  let parent: unknown = object;
  for (const step of path.slice(0, -1)) {
    if (parent === null || typeof parent !== "object") return undefined;
    parent = (parent as Record<string | number, unknown>)[step];
  }
  return parent !== null && typeof parent === "object" ? parent as JsonObject : undefined;
}

/** Remembers what of an object was given as empty. */
export function noteEmpties(object: object, fields: readonly EmptyField[]): void {
  ofObject.set(object, fields);
  for (const field of fields) {
    const parent = parentOf(object, field);
    if (parent === undefined) continue;
    let members = ofMember.get(parent);
    if (members === undefined) ofMember.set(parent, members = new Map());
    members.set(String(field.path.at(-1)), field.value);
  }
}

/** Remembers the same of a copy. */
export function copyEmpties(from: object, to: object): void {
  const fields = ofObject.get(from);
  if (fields !== undefined) noteEmpties(to, fields);
}

/** What was written, if a member that is absent or null was given as an empty list or map. */
export function givenEmpty(parent: object | undefined, member: string): Empty | undefined {
  return parent === undefined ? undefined : ofMember.get(parent)?.get(member);
}

/** Whether anything below a member of an object was given as empty and still is. */
export function givesEmpties(object: object, member: string): boolean {
  return ofObject.get(object)?.some((field) => {
    if (field.path[0] !== member) return false;
    const parent = parentOf(object, field);
    return parent !== undefined && (parent[String(field.path.at(-1))] ?? null) === null;
  }) ?? false;
}

/** Puts back what was given as empty where `object` says null; the answer undoes it. */
export function withEmpties(object: object): (() => void) | undefined {
  const fields = ofObject.get(object)?.filter(({ always }) => always);
  if (fields === undefined || fields.length === 0) return undefined;
  const changed: [JsonObject, string][] = [];
  for (const field of fields) {
    const parent = parentOf(object, field);
    const member = String(field.path.at(-1));
    if (parent?.[member] !== null) continue;
    parent[member] = (Array.isArray(field.value) ? [] : {}) as JsonValue;
    changed.push([parent, member]);
  }
  return () => {
    for (const [parent, member] of changed) parent[member] = null;
  };
}
