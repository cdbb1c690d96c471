// Whether an applied configuration fits the schema at all: no unknown
// fields, no values of the wrong type, no list items of the same key.
// Source: structured-merge-diff typed/validate.go; the odd way values are
// printed is Go's.

import type { JsonObject, JsonValue } from "../object.ts";
import { goType, printGoValue } from "../patch/go_value.ts";
import type { SchemaNode } from "../schema/node.ts";
import { isOpen, itemNode, shapeOf, valuesOf } from "./_shape.ts";
import { itemElement, printElement } from "./path_element.ts";

/** Errors kept; a configuration with more is as wrong as one with these. */
const ERRORS_MAX = 100;

/** The errors in one text as upstream prints them, `undefined` when there are none. */
export function invalidTyped(node: SchemaNode, object: JsonObject): string | undefined {
  const errors: string[] = [];
  validateMap(node, object, "", errors);
  if (errors.length === 0) return undefined;
  return errors.length === 1 ? errors[0] : `errors:\n${errors.map((e) => `  ${e}`).join("\n")}`;
}

function report(errors: string[], path: string, message: string): void {
  if (errors.length < ERRORS_MAX) errors.push(path === "" ? message : `${path}: ${message}`);
}

function validate(node: SchemaNode, value: JsonValue, path: string, errors: string[]): void {
  if (value === null) return;
  switch (shapeOf(node, value)) {
    case "map":
    case "atomicMap":
      if (typeof value !== "object" || Array.isArray(value)) {
        return report(errors, path, `expected map, got &{${printGoValue(value)}}`);
      }
      return validateMap(node, value, path, errors);
    case "list":
    case "atomicList":
      if (!Array.isArray(value)) {
        return report(errors, path, `expected list, got &{${printGoValue(value)}}`);
      }
      return validateList(node, value, path, errors);
    default:
      if (isOpen(node)) return;
      return validateScalar(node, value, path, errors);
  }
}

function validateMap(node: SchemaNode, map: JsonObject, path: string, errors: string[]): void {
  for (const name of Object.keys(map)) {
    const value = map[name];
    if (value === undefined) continue;
    const child = node.fields?.get(name)?.node ?? valuesOf(node);
    const below = `${path}.${name}`;
    if (child === undefined) {
      if (node.preserveUnknown || node.fields === undefined) continue;
      return report(errors, below, "field not declared in schema");
    }
    validate(child, value, below, errors);
  }
}

function validateList(
  node: SchemaNode,
  list: readonly JsonValue[],
  path: string,
  errors: string[],
): void {
  const seen = new Set<string>();
  for (const [i, item] of list.entries()) {
    let element: string = `i:${i}`;
    if (node.type === "array" && node.listType !== "atomic") {
      const found = itemElement(node, item);
      if (typeof found !== "string") return report(errors, path, `element ${i}: ${found.error}`);
      element = found;
      if (seen.has(element)) {
        report(errors, path, `duplicate entries for key ${printElement(element)}`);
      }
      seen.add(element);
    }
    validate(itemNode(node), item, path + printElement(element), errors);
  }
}

function validateScalar(node: SchemaNode, value: JsonValue, path: string, errors: string[]): void {
  switch (node.type) {
    case "integer":
    case "number":
      if (typeof value === "number" || typeof value === "bigint") return;
      return report(errors, path, `expected numeric (int or float), got ${goType(value)}`);
    case "boolean":
      if (typeof value === "boolean") return;
      return report(errors, path, `expected boolean, got &{${printGoValue(value)}}`);
    case "string":
    case "bytes":
    case "duration":
      // Strings of a known format may be any scalar.
      if (typeof value === "string") return;
      if (node.type === "string" && node.format !== undefined && typeof value !== "object") return;
      return report(
        errors,
        path,
        node.type === "string" && node.format !== undefined
          ? `expected any scalar, got &{${printGoValue(value)}}`
          : `expected string, got &value.valueUnstructured{Value:${printGoSyntax(value)}}`,
      );
    default:
      if (typeof value !== "object") return;
      return report(errors, path, `expected any scalar, got &{${printGoValue(value)}}`);
  }
}

/** A value as Go's `%#v` prints it. */
function printGoSyntax(value: JsonValue): string {
  if (value === null) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(printGoSyntax).join(", ")}}`;
  if (typeof value !== "object") {
    return typeof value === "string" ? JSON.stringify(value) : printGoValue(value);
  }
  const members = Object.keys(value).sort().map((name) =>
    `${JSON.stringify(name)}:${printGoSyntax(value[name] ?? null)}`
  );
  return `map[string]interface {}{${members.join(", ")}}`;
}
