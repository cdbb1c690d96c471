// The fields an applied configuration names, and sets completed with the
// fields on the way to their paths. Source: structured-merge-diff
// typed/tofieldset.go and fieldpath EnsureNamedFieldsAreMembers.

import type { JsonObject, JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { isNamedField, itemNode, memberNode, shapeOf } from "./_shape.ts";
import { childOf, EMPTY, type FieldSet, isMember, LEAF, makeChild, SELF } from "./field_set.ts";
import { itemElement } from "./path_element.ts";

/** The set of all fields of an object. */
export function fieldSetOf(node: SchemaNode, object: JsonObject): FieldSet {
  return childrenOf(node, object) ?? EMPTY;
}

/** Paths below a value; `undefined` when it is owned as a whole. */
function childrenOf(node: SchemaNode, value: JsonValue): FieldSet | undefined {
  const shape = shapeOf(node, value);
  if (shape === "map") {
    return value === null || typeof value !== "object" || Array.isArray(value)
      ? EMPTY
      : mapChildren(node, value);
  }
  if (shape === "list") return Array.isArray(value) ? listChildren(node, value) : EMPTY;
  return undefined;
}

function mapChildren(node: SchemaNode, map: JsonObject): FieldSet {
  const set: FieldSet = {};
  for (const name of Object.keys(map)) {
    const value = map[name];
    if (value === undefined) continue;
    const below = childrenOf(memberNode(node, name), value);
    const member = below === undefined || value === null || isEmptyMap(value) ||
      !isNamedField(node, name);
    const child = makeChild(member, below);
    if (child !== undefined) set[`f:${name}`] = child;
  }
  return set;
}

function isEmptyMap(value: JsonValue): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value) &&
    Object.keys(value).length === 0;
}

function listChildren(node: SchemaNode, list: readonly JsonValue[]): FieldSet {
  const set: FieldSet = {};
  const twice = new Set<string>();
  for (const item of list) {
    const element = itemElement(node, item);
    if (typeof element !== "string") continue;
    if (set[element] !== undefined) twice.add(element);
    set[element] = makeChild(true, childrenOf(itemNode(node), item))!;
  }
  // Items of one key are known together only.
  for (const element of twice) set[element] = LEAF;
  return set;
}

/** The set and, of the fields that the schema names, those on the way to its paths. */
export function withNamedFields(set: FieldSet, node: SchemaNode): FieldSet {
  const result: FieldSet = {};
  for (const element in set) {
    if (element === SELF) continue;
    const child = childOf(set, element)!;
    const name = element.startsWith("f:") ? element.slice(2) : undefined;
    const below = name === undefined ? itemNode(node) : memberNode(node, name);
    const member = isMember(child) || (name !== undefined && isNamedField(node, name));
    result[element] = makeChild(member, withNamedFields(child, below))!;
  }
  return result;
}
