// Values that are Kubernetes objects themselves must have an apiVersion, a
// kind and proper metadata.
// Source: apiextensions-apiserver, pkg/apiserver/schema/objectmeta.

import { type FieldError, invalid, required } from "../field/error.ts";
import { isDNS1035Label } from "../names.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { contains } from "./_contains.ts";
import type { SchemaNode } from "./node.ts";

/** Checks the metadata of an embedded object. */
export type MetadataCheck = (metadata: JsonValue, field: string) => FieldError[];

const hasEmbedded = contains((node) => node.embedded);

/** Checks all embedded objects in a value. */
export function checkEmbedded(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  checkMetadata: MetadataCheck | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  walk(node, value, field, (object, at) => {
    errors.push(...checkTypeMeta(object, at));
    const { metadata } = object;
    if (metadata === undefined || checkMetadata === undefined) return;
    errors.push(...checkMetadata(metadata, child(at, "metadata")));
  });
  return errors;
}

function child(field: string, name: string): string {
  return field === "" ? name : `${field}.${name}`;
}

/** Calls `visit` for every embedded object, the outer ones first. */
export function walk(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  visit: (object: JsonObject, field: string) => void,
): void {
  if (value === null || typeof value !== "object" || !hasEmbedded(node)) return;
  if (Array.isArray(value)) {
    const { items } = node;
    if (items === undefined) return;
    for (let i = 0; i < value.length; i++) {
      walk(items, value[i] as JsonValue, `${field}[${i}]`, visit);
    }
    return;
  }
  if (node.embedded) visit(value, field);
  for (const name of Object.keys(value)) {
    const named = node.fields?.get(name)?.node;
    const next = named ?? node.values;
    if (next === undefined) continue;
    const at = named === undefined ? `${field}[${name}]` : child(field, name);
    walk(next, value[name] as JsonValue, at, visit);
  }
}

function checkTypeMeta(object: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion, kind } = object;
  const [versionField, kindField] = [child(field, "apiVersion"), child(field, "kind")];
  if (apiVersion === undefined) errors.push(required(versionField));
  if (kind === undefined) errors.push(required(kindField));
  if (apiVersion !== undefined) errors.push(...checkApiVersion(apiVersion, versionField));
  if (kind !== undefined) errors.push(...checkKind(kind, kindField));
  return errors;
}

function checkApiVersion(value: JsonValue, field: string): FieldError[] {
  if (typeof value !== "string") return [invalid(field, value, "must be a string")];
  if (value === "") return [invalid(field, value, "must not be empty")];
  if (value === "/" || value.split("/").length <= 2) return [];
  return [invalid(field, value, `unexpected GroupVersion string: ${value}`)];
}

function checkKind(value: JsonValue, field: string): FieldError[] {
  if (typeof value !== "string") return [invalid(field, value, "must be a string")];
  if (value === "") return [invalid(field, value, "must not be empty")];
  const messages = isDNS1035Label(value.toLowerCase());
  if (messages.length === 0) return [];
  const detail = `may have mixed case, but should otherwise match: ${messages.join(",")}`;
  return [invalid(field, value, detail)];
}
