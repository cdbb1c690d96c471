// Simple dotted paths such as `.spec.replicas`, as `scale` uses them.

import type { JsonObject, JsonValue } from "../../runtime/object.ts";

/** The value at a path; `undefined` where there is none. */
export function readPath(object: JsonObject, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = object;
  for (const part of path.replace(/^\./, "").split(".")) {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
    value = value[part];
  }
  return value;
}

/** Sets a value in place, making the objects on the way. */
export function writePath(object: JsonObject, path: string, value: JsonValue): void {
  const parts = path.replace(/^\./, "").split(".");
  let at = object;
  for (const part of parts.slice(0, -1)) {
    const next = at[part];
    at = (next !== null && typeof next === "object" && !Array.isArray(next)
      ? at[part]
      : (at[part] = {})) as JsonObject;
  }
  at[parts[parts.length - 1]!] = value;
}
