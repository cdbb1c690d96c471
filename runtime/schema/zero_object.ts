// What an object of a kind looks like before anything is in it: for built-in
// kinds the fields that Go writes even when they are zero, for custom
// resources nothing. Creation is compared with it, which is why nobody owns
// an empty `spec` and the default number of a plain integer.

import type { JsonObject } from "../object.ts";
import { zeroOf } from "./_go_plan.ts";
import type { SchemaNode } from "./node.ts";

const zeroObjects = new WeakMap<SchemaNode, JsonObject>();

/** The zero object of an `object` node, shared: not to be changed. */
export function zeroObject(node: SchemaNode): JsonObject {
  let zero = zeroObjects.get(node);
  if (zero === undefined) zeroObjects.set(node, zero = zeroOf(node) as JsonObject);
  return zero;
}
