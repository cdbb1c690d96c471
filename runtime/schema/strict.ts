// The texts of strict decoding: unknown fields and members given twice, in
// the order in which Go's decoder meets them, which matters only when a body
// has both.

import { goQuote } from "../go_text.ts";
import { type JsonDocument, readDocument } from "../_json_document.ts";
import type { SchemaNode } from "./node.ts";

/** What decoding found that a strict decoder reports. */
export interface StrictFindings {
  /** The JSON text. */
  readonly text: string;
  /** Of `parseJson`. */
  readonly duplicates: readonly string[];
  /** Of `decodeTyped`, or of `coerceObject`. */
  readonly unknown: readonly string[];
  /** The node that was decoded into; absent for custom resources. */
  readonly node?: SchemaNode;
}

/** More are not reported. */
const ERRORS_MAX = 100;

/** `unknown field "spec.foo"` and `duplicate field "spec.bar"`, in order. */
export function strictErrors({ text, duplicates, unknown, node }: StrictFindings): string[] {
  const unknownTexts = unknown.map((path) => `unknown field ${goQuote(path)}`);
  if (duplicates.length === 0) return unknownTexts;
  if (node === undefined) {
    return [...duplicates.map((path) => `duplicate field ${goQuote(path)}`), ...unknownTexts];
  }
  const found = new Set<string>();
  visit(node, readDocument(text), "", found);
  return [...found].slice(0, ERRORS_MAX);
}

/** Only what is decoded into structs, lists and maps is looked at: what types decode themselves is not. */
function visit(
  node: SchemaNode,
  document: JsonDocument,
  path: string,
  found: Set<string>,
): void {
  if (document.kind === "array") {
    if (node.type !== "array" || node.items === undefined) return;
    for (const [i, item] of document.items.entries()) {
      visit(node.items, item, `${path}[${i}]`, found);
    }
    return;
  }
  if (document.kind !== "object" || (node.type !== "object" && node.type !== "map")) return;
  const seen = new Set<string>();
  for (const [name, member] of document.members) {
    const at = path === "" ? name : `${path}.${name}`;
    const child = node.type === "map" ? node.values : node.fields?.get(name)?.node;
    if (child === undefined) {
      if (node.type === "object") found.add(`unknown field ${goQuote(at)}`);
      continue;
    }
    if (seen.has(name)) found.add(`duplicate field ${goQuote(at)}`);
    seen.add(name);
    visit(child, member, at, found);
  }
}
