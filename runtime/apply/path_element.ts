// The elements that field paths are made of, in their FieldsV1 spelling:
// `f:name` a field, `k:{…}` an item known by keys, `v:…` an item that is its
// own key. Also how conflicts print them.
// Source: sigs.k8s.io/structured-merge-diff fieldpath/serialize-pe.go.

import { goFloat } from "../go_text.ts";
import { parseJson, stringifyJson } from "../json.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";

const ESCAPED = /[<>&\u2028\u2029]/;

/** A scalar as Go's JSON encoder writes it. */
function encodeScalar(value: JsonValue): string {
  const text = stringifyJson(value);
  if (!ESCAPED.test(text)) return text;
  return text.replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A list item's element, or why it has none (an `error`). */
export type ItemElement = string | { readonly error: string };

/** How the items of a `set` or `map` list are known. */
export function itemElement(list: SchemaNode, item: JsonValue): ItemElement {
  return list.listType === "map" ? keyElement(list, item) : valueElement(item);
}

function valueElement(item: JsonValue): ItemElement {
  if (item === null) {
    return { error: "associative list without keys has an element that's an explicit null" };
  }
  if (Array.isArray(item)) {
    return { error: "not supported: associative list with lists as elements" };
  }
  if (typeof item === "object") {
    return { error: "associative list without keys has an element that's a map type" };
  }
  return `v:${encodeScalar(item)}`;
}

const sortedKeys = new WeakMap<SchemaNode, readonly string[]>();

function keysOf(list: SchemaNode): readonly string[] {
  let keys = sortedKeys.get(list);
  if (keys === undefined) sortedKeys.set(list, keys = [...list.mapKeys].sort());
  return keys;
}

function keyElement(list: SchemaNode, item: JsonValue): ItemElement {
  if (item === null) {
    return { error: "associative list with keys may not have a null element" };
  }
  if (typeof item !== "object" || Array.isArray(item)) {
    return { error: "associative list with keys may not have non-map elements" };
  }
  let encoded = "";
  for (const key of keysOf(list)) {
    const value = (item as JsonObject)[key] ?? list.keyDefaults[key];
    if (value === undefined || value === null) continue;
    encoded += `${encoded === "" ? "" : ","}${encodeScalar(key)}:${encodeScalar(value)}`;
  }
  if (encoded === "" && list.mapKeys.length > 0) {
    const keys = list.mapKeys.map((key) => JSON.stringify(key)).join(" ");
    return {
      error:
        `associative list with keys has an element that omits all key fields [${keys}] (and doesn't have default values for any key fields)`,
    };
  }
  return `k:{${encoded}}`;
}

/** Numbers come out of field sets as floats. */
function printScalar(value: JsonValue): string {
  return typeof value === "number" || typeof value === "bigint"
    ? goFloat(Number(value))
    : JSON.stringify(value);
}

/** An element as messages print it: `.spec`, `[name="main"]`, `[="x"]`, `[0]`. */
export function printElement(element: string): string {
  const rest = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${rest}`;
    case "k": {
      const keys = parseJson(rest, { strict: false }).value as JsonObject;
      const printed = Object.keys(keys).map((key) => `${key}=${printScalar(keys[key] ?? null)}`);
      return `[${printed.join(",")}]`;
    }
    case "v":
      return `[=${printScalar(parseJson(rest, { strict: false }).value)}]`;
    default:
      return `[${rest}]`;
  }
}

/** A whole path as messages print it: `.spec.containers[name="main"].image`. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join("");
}
