// How Go names and prints untyped JSON values (fmt's %v and %T of what
// encoding/json decodes into an empty interface). Error texts that quote
// parts of a patch need it. It is no JSON printer.

import { goNumber } from "../go_text.ts";
import type { JsonValue } from "../object.ts";

/** The word that Go's JSON decoder has for a value: `object`, `array`, `string`, `number`, `bool`, `null`. */
export function goKind(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "number";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** The Go type of a decoded value, as `%T` prints it. */
export function goType(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "%!s(<nil>)";
  if (Array.isArray(value)) return "[]interface {}";
  switch (typeof value) {
    case "object":
      return "map[string]interface {}";
    case "boolean":
      return "bool";
    case "bigint":
      return "int64";
    case "number":
      return Number.isInteger(value) ? "int64" : "float64";
    default:
      return "string";
  }
}

/** A decoded JSON value as Go's `%v` prints it: `map[a:1 b:[x y]]`, members in order of their names. */
export function printGoValue(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "number") return goNumber(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(printGoValue).join(" ")}]`;
  const members = Object.keys(value).filter((key) => value[key] !== undefined)
    .sort();
  return `map[${members.map((key) => `${key}:${printGoValue(value[key])}`).join(" ")}]`;
}
