// An object without the fields of a set. What is owned as a whole is only
// removed as a whole. Source: structured-merge-diff typed/remove.go.

import type { JsonObject, JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { itemNode, memberNode, shapeOf } from "./_shape.ts";
import { childOf, type FieldSet, hasChildren, isEmptySet, isMember } from "./field_set.ts";
import { itemElement } from "./path_element.ts";

/** The object without those fields; itself when it has none of them. */
export function removeFields<T extends JsonObject>(node: SchemaNode, object: T, set: FieldSet): T {
  if (isEmptySet(set)) return object;
  return (removeBelow(node, object, set) ?? {}) as T;
}

/** What is left of a value; null when nothing is. */
function removeBelow(node: SchemaNode, value: JsonValue, set: FieldSet): JsonValue {
  const shape = shapeOf(node, value);
  if (shape === "map" && value !== null && typeof value === "object" && !Array.isArray(value)) {
    return removeFromMap(node, value, set);
  }
  if (shape === "list" && Array.isArray(value)) return removeFromList(node, value, set);
  return shape === "scalar" ? value : null;
}

function removeFromMap(node: SchemaNode, map: JsonObject, set: FieldSet): JsonValue {
  let result: JsonObject | undefined;
  for (const name of Object.keys(map)) {
    const child = childOf(set, `f:${name}`);
    if (child === undefined) continue;
    const value = map[name]!;
    if (isMember(child)) {
      result ??= { ...map };
      delete result[name];
      continue;
    }
    const left = removeBelow(memberNode(node, name), value, child);
    if (left === value) continue;
    result ??= { ...map };
    result[name] = left;
  }
  if (result === undefined) return map;
  for (const _ in result) return result;
  return null;
}

function removeFromList(node: SchemaNode, list: JsonValue[], set: FieldSet): JsonValue {
  const result: JsonValue[] = [];
  let changed = false;
  for (const item of list) {
    const element = itemElement(node, item);
    const child = typeof element === "string" ? childOf(set, element) : undefined;
    if (child !== undefined && isMember(child)) {
      changed = true;
      continue;
    }
    const left = hasChildren(child) ? removeBelow(itemNode(node), item, child!) : item;
    changed ||= left !== item;
    result.push(left);
  }
  if (!changed) return list;
  return result.length === 0 ? null : result;
}
