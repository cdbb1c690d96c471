// Reading and writing members of JSON objects by names a client chose:
// `__proto__` and inherited names are ordinary members here.

import type { JsonObject, JsonValue } from "../object.ts";

/** Sets an own member, whatever its name. */
export function setMember(
  object: JsonObject,
  name: string,
  value: JsonValue,
): void {
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

/** An own member, `undefined` when there is none. */
export function getMember(
  object: JsonObject,
  name: string,
): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
