// Setting members whose names clients choose: a member named __proto__ must
// become an ordinary one, not the object's prototype.

import type { JsonObject, JsonValue } from "../object.ts";

/** `object[name] = value`, whatever the name. */
export function setMember(object: JsonObject, name: string, value: JsonValue): void {
  if (name !== "__proto__") object[name] = value;
  else {
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

/** `object[name]` if it is the object's own. */
export function ownMember(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
