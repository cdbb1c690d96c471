// Brings field sets in line with a schema that has changed since they were
// written: a list or map that is now owned as a whole is no longer owned in
// pieces. Source: structured-merge-diff typed/reconcile_schema.go.

import type { SchemaNode } from "../schema/node.ts";
import { isOpen, itemNode, memberNode, shapeOf } from "./_shape.ts";
import {
  childOf,
  type FieldSet,
  hasChildren,
  isMember,
  LEAF,
  makeChild,
  SELF,
} from "./field_set.ts";

// The schema a set is known to agree with. Sets are shared by the versions of an object.
const reconciled = new WeakMap<FieldSet, SchemaNode>();

/** The set as the schema would have it now; the same one when nothing is to change. */
export function reconcileSet(set: FieldSet, node: SchemaNode): FieldSet {
  if (set === LEAF || reconciled.get(set) === node) return set;
  const result = reconcileBelow(set, node);
  if (result !== LEAF) reconciled.set(result, node);
  return result;
}

function reconcileBelow(set: FieldSet, node: SchemaNode): FieldSet {
  let result: FieldSet | undefined;
  for (const element in set) {
    if (element === SELF) continue;
    const child = childOf(set, element)!;
    if (!hasChildren(child)) continue;
    const below = element.startsWith("f:")
      ? node.fields !== undefined || node.values !== undefined
        ? memberNode(node, element.slice(2))
        : undefined
      : itemNode(node);
    if (below === undefined || isOpen(below)) continue;
    const shape = shapeOf(below, undefined);
    const changed = shape === "atomicList" || shape === "atomicMap"
      ? LEAF
      : makeChild(isMember(child), reconcileBelow(child, below))!;
    if (changed === child) continue;
    result ??= { ...set };
    result[element] = changed;
  }
  return result ?? set;
}
