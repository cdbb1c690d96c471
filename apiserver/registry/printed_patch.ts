// A patched document as errors quote it. Upstream's patch library keeps what
// a patch does not touch as the bytes they were and sorts the members of
// what it does; the start of that is what clients see.

import { stringifyJson } from "../../runtime/json.ts";
import { isObject, type JsonObject, type JsonValue } from "../../runtime/object.ts";
import type { SchemaNode } from "../../runtime/schema/node.ts";

/** Stands where a patch has put a value: it stays as it was written. */
const PUT = true;

/** What a JSON patch's paths lead through, as a tree. */
export function pointedAt(operations: JsonValue): JsonValue {
  const root: JsonObject = {};
  for (const operation of Array.isArray(operations) ? operations : []) {
    const { op, path, from } = (operation ?? {}) as JsonObject;
    if (typeof from === "string") leadThrough(root, from);
    if (typeof path === "string") leadThrough(root, path, op === "test" ? {} : PUT);
  }
  return root;
}

function leadThrough(root: JsonObject, path: string, last?: JsonValue): void {
  let at = root;
  const parts = path.split("/").slice(1).map((part) =>
    part.replaceAll("~1", "/").replaceAll("~0", "~")
  );
  parts.forEach((name, i) => {
    if (i === parts.length - 1) {
      if (last !== undefined) at[name] = last;
      return;
    }
    if (typeof at[name] !== "object") at[name] = {};
    at = at[name] as JsonObject;
  });
}

/** The document's JSON: touched objects with sorted members, the others as Go writes them. */
export function printPatched(
  node: SchemaNode,
  document: JsonValue,
  touched: JsonValue | undefined,
): string {
  return stringifyJson(arrange(node, document, touched));
}

function arrange(
  node: SchemaNode | undefined,
  value: JsonValue,
  touched: JsonValue | undefined,
): JsonValue {
  if (!isObject(value)) return value;
  if (touched === PUT) return value;
  if (!isObject(touched)) return inGoOrder(node, value);
  const arranged: JsonObject = {};
  for (const name of Object.keys(value).sort()) {
    const child = node?.fields?.get(name)?.node ?? node?.values;
    arranged[name] = arrange(child, value[name] as JsonValue, touched[name]);
  }
  return arranged;
}

/** As Go writes it: members of structs in their order, of maps by name. */
function inGoOrder(node: SchemaNode | undefined, value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => inGoOrder(node?.items, item));
  if (!isObject(value)) return value;
  const fields = node?.fields;
  const names = fields === undefined
    ? Object.keys(value).sort()
    : [...fields.keys()].filter((name) => value[name] !== undefined);
  const ordered: JsonObject = {};
  for (const name of names) {
    const child = fields?.get(name)?.node ?? node?.values;
    ordered[name] = inGoOrder(child, value[name] as JsonValue);
  }
  return ordered;
}
