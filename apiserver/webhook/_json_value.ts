// JSON without a schema as CEL values.

import { type DeclaredType, JsonList, JsonMap } from "../../runtime/cel/schema_types.ts";
import { DYN } from "../../runtime/cel/types.ts";
import { Double, type Value } from "../../runtime/cel/values.ts";
import type { JsonValue } from "../../runtime/object.ts";

const ANY: DeclaredType = { type: DYN, sizeMax: 0, jsonMin: 1, valueOf: jsonAsValue };

/** A value of whatever type the JSON is. */
export function jsonAsValue(json: JsonValue): Value {
  if (typeof json === "number") return Number.isInteger(json) ? json : new Double(json);
  if (json === null || typeof json !== "object") return json;
  return Array.isArray(json) ? new JsonList(json, ANY) : new JsonMap(json, undefined, ANY);
}
