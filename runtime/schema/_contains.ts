// Whether anything in a schema tree has some property, worked out once per
// node: walks that would find nothing are not begun.

import type { SchemaNode } from "./node.ts";

/** A question about a node and everything below it. Only for trees without recursion (custom resources). */
export function contains(test: (node: SchemaNode) => boolean): (node: SchemaNode) => boolean {
  const known = new WeakMap<SchemaNode, boolean>();
  const ask = (node: SchemaNode): boolean => {
    const answer = known.get(node);
    if (answer !== undefined) return answer;
    // A recursive schema comes back here while it is being asked; `true` only costs a walk.
    known.set(node, true);
    const found = test(node) || children(node).some(ask);
    known.set(node, found);
    return found;
  };
  return ask;
}

function children(node: SchemaNode): SchemaNode[] {
  const list = [...node.fields?.values() ?? []].map((field) => field.node);
  if (node.items !== undefined) list.push(node.items);
  if (node.values !== undefined) list.push(node.values);
  return list;
}
