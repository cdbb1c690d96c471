// JSON objects as Go writes structs whose members may be left out when they
// are empty.

import type { JsonObject, JsonValue } from "../../runtime/object.ts";

/** Without members that are `undefined`, empty texts or empty lists. */
export function compactObject(members: Record<string, JsonValue | undefined>): JsonObject {
  const object: JsonObject = {};
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === "") continue;
    if (Array.isArray(value) && value.length === 0) continue;
    object[name] = value;
  }
  return object;
}
