// What is wrong with a tree that is to become a Go struct without being
// text in between, as a strategic merge patch's result is.
// Source: k8s.io/apimachinery runtime.DefaultUnstructuredConverter.

import { Base64Error, canonicalBase64 } from "../../runtime/base64.ts";
import type { JsonValue } from "../../runtime/object.ts";
import type { NodeType, SchemaNode } from "../../runtime/schema/node.ts";

/** The Go kind of a decoded JSON value. */
function kindOf(value: JsonValue): string {
  if (Array.isArray(value)) return "slice";
  switch (typeof value) {
    case "object":
      return "map";
    case "bigint":
      return "int64";
    case "number":
      return Number.isInteger(value) ? "int64" : "float64";
    case "boolean":
      return "bool";
    default:
      return "string";
  }
}

const SCALARS: ReadonlySet<NodeType> = new Set(["string", "integer", "number", "boolean"]);

function fits(type: NodeType, kind: string): boolean {
  if (type === "string") return kind === "string";
  if (type === "boolean") return kind === "bool";
  return kind === "int64" || kind === "float64";
}

/** The first problem, or nothing when the types would do. */
export function unstructuredProblem(node: SchemaNode, value: JsonValue): string | undefined {
  if (value === null) return undefined;
  const kind = kindOf(value);
  if (SCALARS.has(node.type)) {
    if (kind === "float64" && node.type === "integer") {
      return `cannot convert float64 to ${node.goType ?? "int64"}`;
    }
    if (fits(node.type, kind)) return undefined;
    // Go could convert this one, to a character.
    if (kind === "int64" && node.type === "string") {
      return `cannot convert int64 to ${node.goType ?? "string"}`;
    }
    // Of a named type only what it is made of is told.
    return `unrecognized type: ${node.type === "string" ? "string" : node.goType ?? node.type}`;
  }
  switch (node.type) {
    case "map":
      return kind === "map" ? inMembers(node, value) : `cannot restore map from ${kind}`;
    case "array":
      return kind === "slice" ? inItems(node, value) : `cannot restore slice from ${kind}`;
    case "object":
      return kind === "map" ? inMembers(node, value) : `cannot restore struct from: ${kind}`;
    case "bytes":
      return kind === "string"
        ? bytesProblem(value as string)
        : `cannot restore slice from ${kind}`;
    case "time":
    case "microTime":
    case "duration":
      return kind === "string" ? undefined : codecProblem(value, "string");
    case "intOrString":
      return kind === "string" || typeof value === "number"
        ? undefined
        : codecProblem(value, "int32");
    default:
      // Types with a codec of their own are decoded from text here as well.
      return undefined;
  }
}

/** What a type's own codec says of JSON of the wrong kind. */
function codecProblem(value: JsonValue, goType: string): string {
  const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return `json: cannot unmarshal ${kind} into Go value of type ${goType}`;
}

function bytesProblem(text: string): string | undefined {
  try {
    canonicalBase64(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof Base64Error)) throw error;
    return `error decoding from json: ${error.message}`;
  }
}

function inMembers(node: SchemaNode, value: JsonValue): string | undefined {
  const members = value as Record<string, JsonValue>;
  const names = node.fields === undefined ? Object.keys(members) : node.fields.keys();
  for (const name of names) {
    const child = node.fields?.get(name)?.node ?? node.values;
    const member = members[name];
    if (child === undefined || member === undefined) continue;
    const problem = unstructuredProblem(child, member);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function inItems(node: SchemaNode, value: JsonValue): string | undefined {
  if (node.items === undefined) return undefined;
  for (const item of value as JsonValue[]) {
    const problem = unstructuredProblem(node.items, item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
