// Looking into an OpenAPI v3 schema of a definition as JSON: typed access
// to its members and a walk over everything below it. Source: the type
// JSONSchemaProps of apiextensions.k8s.io.

import type { JsonObject, JsonValue } from "../object.ts";

/** A schema, decoded. */
export type JsonSchema = JsonObject;

/** A member that is a schema. */
export function childSchema(value: JsonValue | undefined): JsonSchema | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
}

/** A member that is a list of schemas. */
export function schemaList(value: JsonValue | undefined): JsonSchema[] {
  return Array.isArray(value) ? value.map((item) => childSchema(item) ?? {}) : [];
}

/** A member that maps names to schemas, by name. */
export function schemaMap(value: JsonValue | undefined): [string, JsonSchema][] {
  const map = childSchema(value);
  if (map === undefined) return [];
  return Object.keys(map).sort().map((name) => [name, childSchema(map[name]) ?? {}]);
}

/** A member's text, `""` when it is not there. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A list of texts. */
export function textList(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Whether the schema or one below it (anywhere) is one of those. */
export function schemaHas(
  schema: JsonSchema | undefined,
  predicate: (schema: JsonSchema) => boolean,
): boolean {
  if (schema === undefined) return false;
  if (predicate(schema)) return true;
  const below = [
    childSchema(schema["items"]),
    ...schemaList(schema["items"]),
    ...schemaList(schema["allOf"]),
    ...schemaList(schema["anyOf"]),
    ...schemaList(schema["oneOf"]),
    childSchema(schema["not"]),
    ...schemaMap(schema["properties"]).map(([, child]) => child),
    childSchema(schema["additionalProperties"]),
    ...schemaMap(schema["patternProperties"]).map(([, child]) => child),
    childSchema(schema["additionalItems"]),
    ...schemaMap(schema["definitions"]).map(([, child]) => child),
    ...schemaMap(schema["dependencies"]).map(([, child]) => child),
  ];
  return below.some((child) => schemaHas(child, predicate));
}

/** Whether a default is set. Null counts as none. */
export function hasDefault(schema: JsonSchema): boolean {
  return schema["default"] !== undefined && schema["default"] !== null;
}
