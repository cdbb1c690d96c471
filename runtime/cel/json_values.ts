// JSON without a schema as CEL values, and CEL values as JSON. Maps and lists
// are looked at only where an expression does.

import { encodeBase64 } from "../base64.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { printDuration, printTimestamp } from "./conversions.ts";
import { type DeclaredType, JsonList, JsonMap } from "./schema_types.ts";
import { DYN } from "./types.ts";
import {
  CelList,
  CelMap,
  Double,
  Duration,
  fail,
  intValue,
  Optional,
  Timestamp,
  typeOf,
  Uint,
  type Value,
} from "./values.ts";

const DYNAMIC: DeclaredType = { type: DYN, sizeMax: 0, jsonMin: 1, valueOf: dynamicValue };

/** A value of whatever type the JSON is. */
export function dynamicValue(json: JsonValue): Value {
  if (typeof json === "number") return Number.isSafeInteger(json) ? json : new Double(json);
  if (json === null || typeof json !== "object") return json;
  return Array.isArray(json) ? new JsonList(json, DYNAMIC) : new JsonMap(json, undefined, DYNAMIC);
}

/** A value as JSON. Fails for what has none. */
export function valueAsJson(value: Value): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (value instanceof Double) return value.value;
  if (value instanceof Uint) return integerAsJson(value.value);
  if (value instanceof Uint8Array) return encodeBase64(value);
  if (value instanceof Timestamp) return printTimestamp(value);
  if (value instanceof Duration) return printDuration(value);
  if (value instanceof JsonList) return value.json as JsonValue;
  if (value instanceof JsonMap) return value.json;
  if (value instanceof CelList) return Array.from(value, valueAsJson);
  if (value instanceof CelMap) return mapAsJson(value);
  if (value instanceof Optional && value.value !== undefined) return valueAsJson(value.value);
  return fail(`unsupported conversion of ${typeOf(value)} to JSON`);
}

/** An unsigned integer; beyond int64 JSON readers make a float64 of it. */
function integerAsJson(value: bigint): JsonValue {
  return BigInt.asIntN(64, value) === value ? intValue(value) : Number(value);
}

function mapAsJson(map: CelMap): JsonObject {
  const json: JsonObject = {};
  for (const key of map.keys()) {
    if (typeof key !== "string") return fail("unsupported key of a JSON object");
    const value = map.get(key)!;
    // An optional without a value leaves its field out.
    if (value instanceof Optional && value.value === undefined) continue;
    json[key] = valueAsJson(value);
  }
  return json;
}
