// Copies fields from one object to another, but for those that are to stay.
// Source: Cluster API's patch utilities.

import {
  clone,
  type JsonObject,
  type JsonValue,
  type KubeObject,
} from "../../../../runtime/object.ts";

/** Names of members from the outside in. */
export type FieldPath = readonly string[];

/** Where a field is, and where it goes. */
export interface CopiedField {
  readonly from: FieldPath;
  readonly to: FieldPath;
}

/**
 * A copy of `object` with the fields that `source` has; `preserved` ones are as they were, where
 * they were there at all.
 *
 * @throws {Error} when a field would be within something that is no object
 */
export function copyFields(
  object: KubeObject,
  source: KubeObject,
  fields: readonly CopiedField[],
  preserved: readonly FieldPath[] = [],
): KubeObject {
  const copy = clone(object);
  const kept = preserved.map((path) => [path, fieldAt(object, path)] as const);
  for (const { from, to } of fields) setField(copy, to, fieldAt(source, from));
  for (const [path, value] of kept) setField(copy, path, value);
  return copy;
}

function fieldAt(object: KubeObject, path: FieldPath): JsonValue | undefined {
  let value: JsonValue | undefined = object as unknown as JsonValue;
  for (const name of path) {
    if (!isMap(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function setField(object: KubeObject, path: FieldPath, value: JsonValue | undefined): void {
  if (value === undefined) return;
  let at = object as unknown as JsonObject;
  for (const [i, name] of path.slice(0, -1).entries()) {
    const inner: JsonValue = at[name] ??= {};
    if (!isMap(inner)) {
      const { kind, metadata: { namespace = "", name: called = "" } } = object;
      throw new Error(
        `failed to set field "${path.join(".")}" on ${kind} ${namespace}/${called}: ` +
          `value cannot be set because .${
            path.slice(0, i + 1).join(".")
          } is not a map[string]interface {}`,
      );
    }
    at = inner;
  }
  at[path.at(-1) as string] = clone(value);
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
