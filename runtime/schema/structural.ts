// The schema of a custom resource as a node of the schema tree, compiled once
// and shared: equal schemas exist once in the process. The schema is taken to
// be structural already (CustomResourceDefinitions are checked elsewhere).

import { parseJson } from "../json.ts";
import { createHash } from "node:crypto";
import { isObject, type JsonObject, type JsonValue } from "../object.ts";
import { childOf } from "./_check.ts";
import { makeNode, type NodeParts } from "./_node.ts";
import { register } from "./_structurals.ts";
import type { NodeType, SchemaField, SchemaNode, Validator } from "./node.ts";

export { schemaOf } from "./_structurals.ts";

/** What {@linkcode compileStructural} may be given beside the schema. */
export interface StructuralOptions {
  /**
   * Makes validators of what the OpenAPI keywords do not cover: the seam for
   * `x-kubernetes-validations`. Called once for every subschema with the path
   * to it (`spec.items[*].name`, map values as `[*]`); they run after all
   * other validation, and only when that found nothing that blocks them.
   */
  readonly rules?: (schema: JsonObject, path: string) => readonly Validator[];
}

function typeOf(schema: JsonObject): NodeType {
  if (schema["x-kubernetes-int-or-string"] === true) return "intOrString";
  switch (schema.type) {
    case "object":
      // A map's values may be anything when additionalProperties is just `true`.
      return schema.properties === undefined && schema.additionalProperties !== undefined &&
          schema.additionalProperties !== false
        ? "map"
        : "object";
    case "array":
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return schema.type;
    default:
      return "any";
  }
}

function strings(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Compiles `openAPIV3Schema` of a CustomResourceDefinition's version. Children compile on demand. */
export function compileStructural(
  openAPIV3Schema: JsonObject,
  options: StructuralOptions = {},
): SchemaNode {
  return compile(openAPIV3Schema, options, "");
}

function compile(schema: JsonObject, options: StructuralOptions, path: string): SchemaNode {
  const type = typeOf(schema);
  const properties = childOf(schema, "properties");
  const values = childOf(schema, "additionalProperties");
  const items = childOf(schema, "items");
  const listType = schema["x-kubernetes-list-type"];
  const rules = options.rules?.(schema, path);
  const { default: declared } = schema;
  const parts: NodeParts = {
    type,
    fields: properties === undefined && type !== "object"
      ? undefined
      : () => compileFields(properties ?? {}, options, path),
    values: values === undefined ? undefined : () => compile(values, options, `${path}[*]`),
    items: items === undefined ? undefined : () => compile(items, options, `${path}[*]`),
    listType: listType === "map" || listType === "set" ? listType : "atomic",
    mapKeys: strings(schema["x-kubernetes-list-map-keys"]),
    keyDefaults: () => keyDefaults(schema),
    mapType: schema["x-kubernetes-map-type"] === "atomic" ? "atomic" : "granular",
    nullable: schema.nullable === true,
    preserveUnknown: schema["x-kubernetes-preserve-unknown-fields"] === true,
    embedded: schema["x-kubernetes-embedded-resource"] === true,
    default: declared === null ? undefined : declared,
    required: strings(schema.required),
    format: typeof schema.format === "string" ? schema.format : undefined,
    validators: rules === undefined || rules.length === 0 ? undefined : rules,
  };
  const node = makeNode(parts);
  register(node, schema);
  return node;
}

function compileFields(
  properties: JsonObject,
  options: StructuralOptions,
  path: string,
): ReadonlyMap<string, SchemaField> {
  const fields = new Map<string, SchemaField>();
  for (const [name, schema] of Object.entries(properties)) {
    if (!isObject(schema)) continue;
    const node = compile(schema, options, path === "" ? name : `${path}.${name}`);
    fields.set(name, {
      name,
      node,
      omitEmpty: false,
      omitZero: false,
      pointer: false,
      always: false,
    });
  }
  return fields;
}

function keyDefaults(schema: JsonObject): Record<string, JsonValue> {
  const items = childOf(schema, "items");
  const properties = items === undefined ? undefined : childOf(items, "properties");
  const defaults: Record<string, JsonValue> = {};
  for (const name of strings(schema["x-kubernetes-list-map-keys"])) {
    const value = properties === undefined ? undefined : childOf(properties, name)?.default;
    if (value !== undefined && value !== null) defaults[name] = value;
  }
  return defaults;
}

type Rules = StructuralOptions["rules"];

const shared = new Map<Rules, Map<string, WeakRef<SchemaNode>>>();
const abandoned = new FinalizationRegistry<{ rules: Rules; key: string }>(({ rules, key }) => {
  const nodes = shared.get(rules);
  // It may have been compiled anew in between.
  if (nodes?.get(key)?.deref() !== undefined) return;
  nodes?.delete(key);
  if (nodes?.size === 0) shared.delete(rules);
});

/** The node of a schema given as JSON text. Equal texts give the same node for as long as anybody holds it. */
export function sharedSchema(text: string, options: StructuralOptions = {}): SchemaNode {
  const { rules } = options;
  let nodes = shared.get(rules);
  if (nodes === undefined) shared.set(rules, nodes = new Map());
  const key = createHash("sha256").update(text).digest("base64");
  const known = nodes.get(key)?.deref();
  if (known !== undefined) return known;
  const node = compileStructural(parseJson(text, { strict: false }).value as JsonObject, options);
  nodes.set(key, new WeakRef(node));
  abandoned.register(node, { rules, key });
  return node;
}
