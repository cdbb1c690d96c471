// Lists that are sets or maps must not hold the same item twice.
// Source: apiextensions-apiserver, pkg/apiserver/schema/listtype.

import { duplicate, type FieldError, invalid } from "../field/error.ts";
import { isObject, type JsonObject, type JsonValue } from "../object.ts";
import { contains } from "./_contains.ts";
import { duplicatedItems, keysOf } from "./_list_items.ts";
import type { SchemaNode } from "./node.ts";

const hasUniqueLists = contains((node) => node.listType !== "atomic");

/** Checks all lists in a value. */
export function checkListTypes(node: SchemaNode, value: JsonValue, field: string): FieldError[] {
  const errors: FieldError[] = [];
  walk(node, value, field, errors);
  return errors;
}

function walk(node: SchemaNode, value: JsonValue, field: string, errors: FieldError[]): void {
  if (value === null || typeof value !== "object" || !hasUniqueLists(node)) return;
  if (Array.isArray(value)) return walkList(node, value, field, errors);
  for (const name of Object.keys(value)) {
    const named = node.fields?.get(name)?.node;
    const child = named ?? node.values;
    if (child === undefined) continue;
    const at = named === undefined ? `${field}[${name}]` : field === "" ? name : `${field}.${name}`;
    walk(child, value[name] as JsonValue, at, errors);
  }
}

function walkList(
  node: SchemaNode,
  list: JsonValue[],
  field: string,
  errors: FieldError[],
): void {
  if (node.listType === "set") {
    for (const i of duplicatedItems(list)) errors.push(duplicate(`${field}[${i}]`, list[i]));
  } else if (node.listType === "map") errors.push(...checkMap(node, list, field));
  if (node.items === undefined) return;
  for (let i = 0; i < list.length; i++) {
    walk(node.items, list[i] as JsonValue, `${field}[${i}]`, errors);
  }
}

function checkMap({ mapKeys }: SchemaNode, list: JsonValue[], field: string): FieldError[] {
  const wrong = list.findIndex((item) => item !== null && !isObject(item));
  if (wrong >= 0) {
    const detail = "must be an object for an array of list-type map";
    return [invalid(`${field}[${wrong}]`, list[wrong], detail)];
  }
  const keys: JsonObject[] = list.map((item) => keysOf(item, mapKeys));
  return duplicatedItems(keys).map((i) => duplicate(`${field}[${i}]`, keys[i]));
}
