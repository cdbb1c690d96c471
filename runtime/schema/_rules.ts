// Runs the validators that nodes carry beside their keywords, parents before
// children, each with the value that stood in its place before an update.

import type { FieldError } from "../field/error.ts";
import type { JsonValue } from "../object.ts";
import { contains } from "./_contains.ts";
import { itemFinder } from "./_list_items.ts";
import type { SchemaNode } from "./node.ts";

/** Whether a node or anything below it has validators. */
export const hasRules: (node: SchemaNode) => boolean = contains((node) =>
  node.validators.length > 0
);

/** Everything the validators of a value find. */
export function runRules(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  old: JsonValue | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  walk(node, value, field, old, errors);
  return errors;
}

function walk(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  old: JsonValue | undefined,
  errors: FieldError[],
): void {
  if (!hasRules(node)) return;
  for (const validate of node.validators) errors.push(...validate(value, field, old));
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) return walkList(node, value, field, old, errors);
  const before = old !== null && typeof old === "object" && !Array.isArray(old) ? old : {};
  for (const name of Object.keys(value)) {
    const named = node.fields?.get(name)?.node;
    const child = named ?? node.values;
    if (child === undefined) continue;
    const at = named === undefined ? `${field}[${name}]` : field === "" ? name : `${field}.${name}`;
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    walk(child, value[name] as JsonValue, at, was, errors);
  }
}

function walkList(
  node: SchemaNode,
  list: JsonValue[],
  field: string,
  old: JsonValue | undefined,
  errors: FieldError[],
): void {
  const { items } = node;
  if (items === undefined || !hasRules(items)) return;
  const match = matcher(node, old);
  for (let i = 0; i < list.length; i++) {
    const item = list[i] as JsonValue;
    walk(items, item, `${field}[${i}]`, match(item), errors);
  }
}

/** Only items of map lists have a former self. */
function matcher(
  { listType, mapKeys }: SchemaNode,
  old: JsonValue | undefined,
): (item: JsonValue) => JsonValue | undefined {
  if (listType !== "map" || !Array.isArray(old)) return () => undefined;
  return itemFinder(old, mapKeys);
}
