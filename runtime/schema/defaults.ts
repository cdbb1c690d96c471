// Defaults of custom resources, and nulls that are not allowed: those with a
// default become it, the others go. In place: callers pass a copy.
// Source: apiextensions-apiserver, pkg/apiserver/schema/defaulting.

import { clone, type JsonObject, type JsonValue } from "../object.ts";
import { contains } from "./_contains.ts";
import { setMember } from "./_member.ts";
import type { SchemaNode } from "./node.ts";

/** Removes nulls whose schema neither allows nor replaces them, in place. Runs before pruning's counterpart, {@linkcode applyDefaults}. */
export function dropNulls(node: SchemaNode | undefined, value: JsonValue): void {
  if (node === undefined || value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(node.items, item);
    return;
  }
  for (const name of Object.keys(value)) {
    const child = node.fields?.get(name)?.node ?? node.values;
    if (child === undefined) continue;
    const member = value[name] as JsonValue;
    if (member !== null) dropNulls(child, member);
    else if (!child.nullable && child.default === undefined) delete value[name];
  }
}

/** Fills in defaults, in place, at every level that is there after its parent's defaults. */
export function applyDefaults(node: SchemaNode, value: JsonValue): void {
  if (value === null || typeof value !== "object") return;
  if (!hasDefaults(node)) return;
  if (Array.isArray(value)) defaultItems(node, value);
  else defaultMembers(node, value);
}

function defaultItems({ items }: SchemaNode, list: JsonValue[]): void {
  if (items === undefined) return;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === null && !items.nullable && items.default !== undefined) {
      list[i] = clone(items.default);
    }
    applyDefaults(items, list[i] as JsonValue);
  }
}

function defaultMembers(node: SchemaNode, object: JsonObject): void {
  for (const [name, { node: child }] of node.fields ?? []) {
    if (child.default === undefined) continue;
    const present = Object.hasOwn(object, name) && object[name] !== undefined;
    if (!present || (object[name] === null && !child.nullable)) {
      setMember(object, name, clone(child.default));
    }
  }
  for (const name of Object.keys(object)) {
    const field = node.fields?.get(name)?.node;
    const child = field ?? node.values;
    if (child === undefined) continue;
    if (field === undefined && object[name] === null && !child.nullable) {
      if (child.default !== undefined) setMember(object, name, clone(child.default));
    }
    applyDefaults(child, object[name] as JsonValue);
  }
}

const hasDefaults = contains((node) => node.default !== undefined);
