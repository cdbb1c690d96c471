// Structural schemas as CEL types, and JSON as values of them. JSON is looked
// at only where an expression does. Source: k8s.io/apiserver/pkg/cel/common.

import { stringifyJson } from "../json.ts";
import { decodeBase64 } from "../base64.ts";
import { equal as sameJson, isObject, type JsonObject, type JsonValue } from "../object.ts";
import { durationOfText, timestampOfText } from "./conversions.ts";
import type { Range, SizeEstimator } from "./cost_model.ts";
import type { TypeProvider } from "./environment.ts";
import { equal } from "./equality.ts";
import { escapeFieldName, findField } from "./field_names.ts";
import * as types from "./types.ts";
import type { Type } from "./types.ts";
import { CelList, CelMap, Double, fail, intValue, type Value } from "./values.ts";

/** A request may be that long. */
const REQUEST_BYTES_MAX = 3 * 1024 * 1024;

/** A type that a schema declares. */
export interface DeclaredType {
  readonly type: Type;
  /** Of objects: by the names that expressions use. */
  readonly fields?: ReadonlyMap<string, DeclaredField>;
  /** Of lists and maps: what they hold. */
  readonly items?: DeclaredType;
  /** How long a value may be. */
  readonly sizeMax: number;
  /** How short its JSON may be. */
  readonly jsonMin: number;
  /** A value of the type. Throws for JSON that is none. */
  readonly valueOf: (json: JsonValue) => Value;
}

/** A field of an object. */
export interface DeclaredField {
  /** In JSON. */
  readonly name: string;
  readonly declared: DeclaredType;
}

const number = (value: JsonValue | undefined): number | undefined =>
  typeof value === "number" ? Math.max(0, value) : undefined;

function isText(schema: JsonValue | undefined): boolean {
  return isObject(schema) && schema.type === "string";
}

/** Whether the schema says by itself what every object has. */
function hasMeta({ kind, apiVersion, metadata }: JsonObject): boolean {
  if (!isText(kind) || !isText(apiVersion)) return false;
  if (!isObject(metadata) || metadata.type !== "object") return false;
  const names = metadata.properties;
  return isObject(names) && isText(names.name) && isText(names.generateName);
}

/** Kind, version and the names of every object. */
function withMeta(schema: JsonObject): JsonObject {
  const text: JsonObject = { type: "string" };
  const properties = isObject(schema.properties) ? schema.properties : {};
  if (hasMeta(properties)) return schema;
  return {
    ...schema,
    type: "object",
    properties: {
      ...properties,
      kind: text,
      apiVersion: text,
      metadata: { type: "object", properties: { name: text, generateName: text } },
    },
  };
}

/** The type of a schema under a name for its objects; `undefined` for schemas that expressions cannot see. */
export function declareSchema(
  schema: JsonObject,
  name: string,
  isResource: boolean,
): DeclaredType | undefined {
  const declared = declareShape(schema, name, isResource);
  if (declared === undefined) return undefined;
  const nullable = schema.nullable === true;
  const { valueOf } = declared;
  return {
    ...declared,
    valueOf: (json) => {
      if (json !== null) return valueOf(json);
      return nullable ? null : fail("invalid data, got null for schema with nullable=false");
    },
  };
}

function declareShape(
  schema: JsonObject,
  name: string,
  isResource: boolean,
): DeclaredType | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) {
    const max = number(schema.maxLength);
    return {
      type: types.DYN,
      sizeMax: max === undefined ? REQUEST_BYTES_MAX - 2 : max * 4,
      jsonMin: 1,
      valueOf: (json) =>
        typeof json === "string" || (typeof json === "number" && Number.isInteger(json))
          ? json
          : fail("invalid data, expected XIntOrString value to be either a string or integer"),
    };
  }
  const shape = isResource ? withMeta(schema) : schema;
  switch (shape.type) {
    case "array":
      return declareList(shape, name);
    case "object":
      return declareObject(shape, name);
    case "string":
      return declareText(shape);
    case "boolean":
      return scalar(
        types.BOOL,
        4,
        (json) => typeof json === "boolean" ? json : wrong("bool", json),
      );
    case "number":
      return scalar(
        types.DOUBLE,
        1,
        (json) =>
          typeof json === "number" || typeof json === "bigint"
            ? new Double(Number(json))
            : wrong("float", json),
      );
    case "integer":
      return scalar(types.INT, 1, integerOf);
    default:
      return undefined;
  }
}

function integerOf(json: JsonValue): Value {
  if (typeof json === "bigint" || Number.isSafeInteger(json)) return json as number | bigint;
  return typeof json === "number" ? intValue(BigInt(json)) : wrong("int", json);
}

function wrong(expected: string, json: JsonValue): never {
  return fail(`invalid data, expected ${expected}, got ${goType(json)}`);
}

function goType(json: JsonValue): string {
  if (Array.isArray(json)) return "[]interface {}";
  switch (typeof json) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "bigint":
      return "int64";
    case "number":
      return Number.isInteger(json) ? "int64" : "float64";
    default:
      return "map[string]interface {}";
  }
}

function scalar(type: Type, jsonMin: number, valueOf: (json: JsonValue) => Value): DeclaredType {
  return { type, sizeMax: 0, jsonMin, valueOf };
}

function declareText(schema: JsonObject): DeclaredType {
  const max = number(schema.maxLength);
  const text = (
    type: Type,
    jsonMin: number,
    sizeMax: number,
    parse: (text: string) => Value,
  ): DeclaredType => ({
    type,
    jsonMin,
    sizeMax,
    valueOf: (json) => typeof json === "string" ? parse(json) : wrong("string", json),
  });
  const invalid = (what: string, value: string) => fail(`Invalid ${what} ${value}`);
  switch (schema.format) {
    case "byte":
      return text(types.BYTES, 2, max ?? REQUEST_BYTES_MAX - 2, bytesOf);
    case "duration":
      return text(
        types.DURATION,
        3,
        32,
        (value) => durationOfText(value) ?? invalid("duration", value),
      );
    case "date":
      return text(
        types.TIMESTAMP,
        12,
        12,
        (value) => timestampOfText(`${value}T00:00:00Z`) ?? invalid("date formatted string", value),
      );
    case "date-time":
      return text(
        types.TIMESTAMP,
        21,
        32,
        (value) =>
          timestampOfText(value.toUpperCase().replace(" ", "T")) ??
            invalid("date-time formatted string", value),
      );
    default:
      return text(
        types.STRING,
        2,
        max === undefined ? enumLength(schema) ?? REQUEST_BYTES_MAX - 2 : max * 4,
        (value) => value,
      );
  }
}

function bytesOf(text: string): Value {
  try {
    return decodeBase64(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return fail(`Invalid byte formatted string ${text}: ${message}`);
  }
}

function enumLength(schema: JsonObject): number | undefined {
  if (!Array.isArray(schema.enum) || schema.enum.length === 0) return undefined;
  const lengths = schema.enum.map((value) =>
    typeof value === "string" ? new TextEncoder().encode(value).length : 0
  );
  return Math.max(0, ...lengths);
}

function declareList(schema: JsonObject, name: string): DeclaredType | undefined {
  if (!isObject(schema.items)) return undefined;
  const embedded = schema.items["x-kubernetes-embedded-resource"] === true;
  const items = declareSchema(schema.items, `${name}.@idx`, embedded);
  if (items === undefined) return undefined;
  const kind = schema["x-kubernetes-list-type"];
  const keys = Array.isArray(schema["x-kubernetes-list-map-keys"])
    ? schema["x-kubernetes-list-map-keys"].filter((key) => typeof key === "string")
    : [];
  return {
    type: types.listType(items.type),
    items,
    sizeMax: number(schema.maxItems) ??
      Math.floor((REQUEST_BYTES_MAX - 2) / (items.jsonMin + 1)),
    jsonMin: 2,
    valueOf: (json) => {
      if (!Array.isArray(json)) {
        return fail("invalid data, expected an array for the provided schema with type=array");
      }
      if (kind === "set") return new SetList(json, items);
      return kind === "map" ? new MapList(json, items, keys) : new JsonList(json, items);
    },
  };
}

function declareObject(schema: JsonObject, name: string): DeclaredType | undefined {
  const notAnObject = () =>
    fail("invalid data, expected a map for the provided schema with type=object");
  if (isObject(schema.additionalProperties) && !isObject(schema.properties)) {
    const values = schema.additionalProperties;
    const embedded = values["x-kubernetes-embedded-resource"] === true;
    const items = declareSchema(values, `${name}.@elem`, embedded);
    if (items === undefined) return undefined;
    return {
      type: types.mapType(types.STRING, items.type),
      items,
      sizeMax: number(schema.maxProperties) ??
        Math.floor((REQUEST_BYTES_MAX - 2) / (items.jsonMin + 6)),
      jsonMin: 2,
      valueOf: (json) => isObject(json) ? new JsonMap(json, undefined, items) : notAnObject(),
    };
  }
  const fields = new Map<string, DeclaredField>();
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  let jsonMin = 2;
  for (const [key, property] of Object.entries(properties)) {
    if (!isObject(property)) continue;
    const escaped = escapeFieldName(key);
    const embedded = property["x-kubernetes-embedded-resource"] === true;
    const declared = declareSchema(property, `${name}.${escaped ?? key}`, embedded);
    if (declared === undefined) continue;
    if (escaped !== undefined) fields.set(escaped, { name: key, declared });
    if (required.includes(key) && property.default === undefined) {
      jsonMin += key.length + declared.jsonMin + 4;
    }
  }
  return {
    type: types.structType(name),
    fields,
    sizeMax: 0,
    jsonMin,
    valueOf: (json) => isObject(json) ? new JsonMap(json, fields, undefined) : notAnObject(),
  };
}

/** A list in JSON. */
export class JsonList extends CelList {
  #values: (Value | undefined)[] | undefined;

  constructor(readonly json: readonly JsonValue[], readonly items: DeclaredType) {
    super();
  }
  get size(): number {
    return this.json.length;
  }
  at(index: number): Value {
    const json = this.json[index]!;
    if (json === null || typeof json !== "object") return this.items.valueOf(json);
    this.#values ??= new Array(this.json.length);
    return this.#values[index] ??= this.items.valueOf(json);
  }
}

/** A list whose items stand in no order. */
class SetList extends JsonList {
  override equalsList(other: CelList): boolean {
    if (other.size !== this.size) return false;
    return [...other].every((item) => [...this].some((own) => equal(own, item)));
  }
  override concat(other: CelList): CelList {
    const own = [...this];
    const added = [...other].filter((item) => !own.some((held) => equal(held, item)));
    return new JoinedSet([...own, ...added]);
  }
}

class JoinedSet extends CelList {
  constructor(readonly values: readonly Value[]) {
    super();
  }
  get size(): number {
    return this.values.length;
  }
  at(index: number): Value {
    return this.values[index]!;
  }
  override equalsList(other: CelList): boolean {
    if (other.size !== this.size) return false;
    return [...other].every((item) => this.values.some((own) => equal(own, item)));
  }
  override concat(other: CelList): CelList {
    const added = [...other].filter((item) => !this.values.some((held) => equal(held, item)));
    return new JoinedSet([...this.values, ...added]);
  }
}

/** A list of objects that keys tell apart. */
class MapList extends JsonList {
  constructor(json: readonly JsonValue[], items: DeclaredType, readonly keys: readonly string[]) {
    super(json, items);
  }
  #keyOf(value: JsonValue): string {
    return stringifyJson(this.keys.map((key) => isObject(value) ? value[key] ?? null : null));
  }
  override equalsList(other: CelList): boolean | undefined {
    if (!(other instanceof JsonList)) return undefined;
    if (other.size !== this.size) return false;
    const own = new Map(this.json.map((item, index) => [this.#keyOf(item), index]));
    return other.json.every((item, index) => {
      const at = own.get(this.#keyOf(item));
      return at !== undefined && equal(this.at(at), other.at(index));
    });
  }
  override concat(other: CelList): CelList {
    if (!(other instanceof JsonList)) return super.concat(other);
    const joined = [...this.json];
    const places = new Map(joined.map((item, index) => [this.#keyOf(item), index]));
    for (const item of other.json) {
      const at = places.get(this.#keyOf(item));
      if (at === undefined) joined.push(item);
      else joined[at] = item;
    }
    return new MapList(joined, this.items, this.keys);
  }
}

/** An object or map in JSON. */
export class JsonMap extends CelMap {
  #values: Map<string, Value> | undefined;

  constructor(
    readonly json: JsonObject,
    readonly fields: ReadonlyMap<string, DeclaredField> | undefined,
    readonly items: DeclaredType | undefined,
  ) {
    super();
  }

  get size(): number {
    if (this.fields === undefined) return Object.keys(this.json).length;
    let size = 0;
    for (const { name } of this.fields.values()) if (Object.hasOwn(this.json, name)) size++;
    return size;
  }

  get(key: Value): Value | undefined {
    if (typeof key !== "string") return undefined;
    const field = this.fields && findField(this.fields, key);
    const name = this.fields === undefined ? key : field?.name;
    if (name === undefined || !Object.hasOwn(this.json, name)) return undefined;
    const json = this.json[name]!;
    // A field that is null is absent; a value of a map is not.
    if (json === null && field !== undefined) return undefined;
    const declared = field?.declared ?? this.items!;
    if (json === null || typeof json !== "object") return declared.valueOf(json);
    this.#values ??= new Map();
    let value = this.#values.get(name);
    if (value === undefined) this.#values.set(name, value = declared.valueOf(json));
    return value;
  }

  override has(key: string): boolean {
    const name = this.fields === undefined ? key : findField(this.fields, key)?.name;
    if (name === undefined || !Object.hasOwn(this.json, name)) return false;
    return this.fields === undefined || this.json[name] !== null;
  }

  *keys(): Generator<Value> {
    if (this.fields === undefined) {
      yield* Object.keys(this.json).sort();
      return;
    }
    for (const [key, { name }] of this.fields) if (Object.hasOwn(this.json, name)) yield key;
  }

  override equalsMap(other: CelMap): boolean | undefined {
    if (this.fields === undefined || !(other instanceof JsonMap)) return undefined;
    const known = new Set<string>();
    for (const [key, { name }] of this.fields) {
      known.add(name);
      const own = this.get(key);
      const theirs = other.get(key);
      if (own === undefined || theirs === undefined) {
        if (own !== theirs) return false;
      } else if (!equal(own, theirs)) return false;
    }
    const rest = (json: JsonObject) =>
      Object.fromEntries(Object.entries(json).filter(([name]) => !known.has(name)));
    return sameJson(rest(this.json), rest(other.json));
  }
}

/** Knows the object types below some declared types. */
export class SchemaTypes implements TypeProvider {
  readonly #types = new Map<string, DeclaredType>();

  constructor(roots: Iterable<DeclaredType>) {
    for (const root of roots) this.#add(root);
  }

  #add(declared: DeclaredType): void {
    if (declared.items !== undefined) this.#add(declared.items);
    if (declared.fields === undefined || this.#types.has(declared.type.name)) return;
    this.#types.set(declared.type.name, declared);
    for (const field of declared.fields.values()) this.#add(field.declared);
  }

  hasType(name: string): boolean {
    return this.#types.has(name);
  }

  fieldType(typeName: string, field: string): Type | undefined {
    const fields = this.#types.get(typeName)?.fields;
    return fields && findField(fields, field)?.declared.type;
  }
}

const KEY_SIZE: Range = { min: 0, max: 0 };

/** The sizes of what is below variables that have declared types. */
export class DeclaredSizes implements SizeEstimator {
  constructor(readonly roots: (variable: string) => DeclaredType | undefined) {}

  estimateSize(path: readonly string[]): Range | undefined {
    const [variable, ...rest] = path;
    let current = variable === undefined ? undefined : this.roots(variable);
    if (current === undefined) return undefined;
    for (const part of rest) {
      if (part === "@keys") return current.items === undefined ? undefined : KEY_SIZE;
      current = part === "@items" || part === "@values"
        ? current.items
        : current.fields?.get(part)?.declared;
      if (current === undefined) return undefined;
    }
    return { min: 0, max: current.sizeMax };
  }
}
