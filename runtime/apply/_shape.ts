// What a value is to server-side apply: a scalar, a list or a map, owned
// piece by piece or as a whole. The schema decides; where it leaves that
// open (`any`), the value does. Source: structured-merge-diff typed/helpers.go
// (deduceAtom) and kube-openapi schemaconv.

import type { JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";

/** The shapes values are compared and merged by. */
export type Shape = "scalar" | "list" | "atomicList" | "map" | "atomicMap";

/** A node that leaves everything open. */
export const ANY: SchemaNode = {
  type: "any",
  listType: "atomic",
  mapKeys: [],
  keyDefaults: {},
  mapType: "granular",
  nullable: true,
  preserveUnknown: true,
  embedded: false,
  required: [],
  validators: [],
};

/** Whether only the value tells the shape. */
export function isOpen(node: SchemaNode): boolean {
  return node.type === "any";
}

/** The shape of a value at a node. */
export function shapeOf(node: SchemaNode, value: JsonValue | undefined): Shape {
  switch (node.type) {
    case "object":
    case "map":
      return node.mapType === "atomic" ? "atomicMap" : "map";
    case "rawExtension":
    case "fieldsV1":
      return "atomicMap";
    case "array":
      return node.listType === "atomic" ? "atomicList" : "list";
    case "any":
      if (Array.isArray(value)) return "atomicList";
      if (value !== null && typeof value !== "object" && value !== undefined) return "scalar";
      // What is not known is owned piece by piece only where unknown fields are wanted.
      return node.mapType === "atomic" || !node.preserveUnknown ? "atomicMap" : "map";
    default:
      return "scalar";
  }
}

/** What a member of a map is, as far as the schema knows. */
export function memberNode(node: SchemaNode, name: string): SchemaNode {
  return node.fields?.get(name)?.node ?? valuesOf(node) ?? ANY;
}

/** What all members of a map are. Where only the value tells the shape, the schema says nothing of what is inside. */
export function valuesOf(node: SchemaNode): SchemaNode | undefined {
  return isOpen(node) ? undefined : node.values;
}

/** Whether the schema names this member. */
export function isNamedField(node: SchemaNode, name: string): boolean {
  return node.fields?.has(name) ?? false;
}

/** What the items of a list are. */
export function itemNode(node: SchemaNode): SchemaNode {
  return node.items ?? ANY;
}
