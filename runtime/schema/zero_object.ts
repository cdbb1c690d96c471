// What an object of a kind looks like before anything is in it: for built-in
// kinds the fields that Go writes even when they are zero, for custom
// resources nothing. Creation is compared with it, which is why nobody owns
// an empty `spec` and the default number of a plain integer.

import type { JsonObject, JsonValue } from "../object.ts";
import type { SchemaField, SchemaNode } from "./node.ts";

const zeroObjects = new WeakMap<SchemaNode, JsonObject>();

/** The zero object of a node, shared: not to be changed. */
export function zeroObject(node: SchemaNode): JsonObject {
  let zero = zeroObjects.get(node);
  if (zero === undefined) {
    zero = {};
    for (const field of node.fields?.values() ?? []) {
      const value = zeroField(field);
      if (value !== undefined) zero[field.name] = value;
    }
    zeroObjects.set(node, zero);
  }
  return zero;
}

function zeroField(field: SchemaField): JsonValue | undefined {
  const struct = field.node.type === "object" && !field.pointer;
  // omitempty does nothing for structs.
  if (struct && !field.omitZero && (field.always || field.omitEmpty)) return zeroObject(field.node);
  if (!field.always) return undefined;
  switch (field.node.type) {
    case "string":
    case "bytes":
      return "";
    case "integer":
    case "number":
    case "intOrString":
      return 0;
    case "boolean":
      return false;
    case "quantity":
      return "0";
    case "duration":
      return "0s";
    default:
      return null;
  }
}
