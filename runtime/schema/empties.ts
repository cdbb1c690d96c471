// Lists and maps that a client wrote as empty. Go keeps them apart from absent
// ones until an object is stored, and it shows: in what errors print, in a few
// defaults, and in who owns the field. Objects here never hold them, so that
// nothing has to look twice; what was written is remembered beside the object
// and lost with every copy.

import type { JsonObject, JsonValue } from "../object.ts";

/** An empty list or map. */
export type Empty = readonly [] | Readonly<Record<string, never>>;

/** A list or map that is always written, and was given as empty. */
interface EmptyField {
  readonly parent: JsonObject;
  readonly member: string;
}

const given = new WeakMap<object, Map<string, Empty>>();
const always = new WeakMap<object, readonly EmptyField[]>();

/** Remembers that a member of `parent` was written as empty. */
export function noteEmpty(parent: JsonObject, member: string, value: JsonValue): void {
  let members = given.get(parent);
  if (members === undefined) given.set(parent, members = new Map());
  members.set(member, Array.isArray(value) ? [] : {});
}

/** What was written, if a member that is absent or null was given as an empty list or map. */
export function givenEmpty(parent: object | undefined, member: string): Empty | undefined {
  return parent === undefined ? undefined : given.get(parent)?.get(member);
}

/** Remembers the members of an object, at any depth, that are null although they were given as empty. */
export function noteAlwaysWritten(object: JsonObject, fields: readonly EmptyField[]): void {
  always.set(object, fields);
}

/** Puts back what was given as empty where `object` says null; the answer undoes it. */
export function withEmpties(object: object): (() => void) | undefined {
  const fields = always.get(object);
  if (fields === undefined) return undefined;
  const changed = fields.filter(({ parent, member }) => parent[member] === null);
  for (const { parent, member } of changed) {
    parent[member] = given.get(parent)?.get(member) as JsonValue;
  }
  return () => {
    for (const { parent, member } of changed) parent[member] = null;
  };
}
