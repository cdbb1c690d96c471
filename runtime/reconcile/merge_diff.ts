// The JSON merge patch (RFC 7386) that turns one tree into another. Not
// applying one: that is the server's work.

import { equal, type JsonObject, type JsonValue } from "../object.ts";

/** The merge patch from `before` to `after`, or `undefined` when they are equal. Lists are replaced whole. */
export function mergeDiff(
  before: JsonObject,
  after: JsonObject,
): JsonObject | undefined {
  const patch: JsonObject = {};
  let different = false;
  for (const key of Object.keys(after)) {
    const value = after[key];
    if (value === undefined) continue;
    const old = before[key];
    if (isTree(value) && isTree(old)) {
      const inner = mergeDiff(old, value);
      if (inner === undefined) continue;
      patch[key] = inner;
    } else if (equal(old, value)) continue;
    else patch[key] = value;
    different = true;
  }
  for (const key of Object.keys(before)) {
    if (before[key] === undefined || after[key] !== undefined) continue;
    patch[key] = null;
    different = true;
  }
  return different ? patch : undefined;
}

function isTree(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
