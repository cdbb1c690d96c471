// Defaults in a schema must be good values themselves: known to the schema
// and valid. Source: apiextensions-apiserver
// apiserver/schema/defaulting/validation.go.

import { type FieldError, invalid } from "../field/error.ts";
import { clone, equal, type JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { prune } from "../schema/prune.ts";
import { compileStructural } from "../schema/structural.ts";
import { type MetadataCheck, validateEmbedded, validateKeywords } from "../schema/validate.ts";
import { evaluateRules, ruleTree } from "../cel/rules/mod.ts";
import { childSchema, hasDefault, type JsonSchema, schemaHas } from "./json_schema.ts";
import { fieldPathOf } from "./rule_errors.ts";

const META: ReadonlySet<string> = new Set(["metadata", "apiVersion", "kind"]);

/** What a schema is of, and what its defaults must be. */
export interface DefaultsOptions {
  /** Defaults may not have members that the schema does not know. */
  readonly requirePruned: boolean;
  /** The schema is that of a whole resource, with apiVersion, kind and metadata. */
  readonly isResource: boolean;
  /** Checks the metadata of embedded objects. Without it they are not looked at. */
  readonly metadata?: MetadataCheck;
}

/** The errors of all defaults in a schema. */
export function defaultsErrors(
  field: string,
  schema: JsonSchema,
  options: DefaultsOptions,
): FieldError[] {
  const errors: FieldError[] = [];
  if (schemaHas(schema, hasDefault)) {
    // Upstream does not check the types of values that may be integers or strings here.
    const loose = withoutIntOrString(schema) as JsonSchema;
    const node = compileStructural(
      options.isResource ? { ...loose, "x-kubernetes-embedded-resource": true } : loose,
    );
    check(errors, schema, node, field, { ...options, insideMeta: false });
  }
  return errors;
}

interface Place extends DefaultsOptions {
  /** Below apiVersion, kind or metadata of a resource. */
  readonly insideMeta: boolean;
}

function check(
  errors: FieldError[],
  schema: JsonSchema,
  node: SchemaNode,
  field: string,
  outer: Place,
): void {
  const place = node.embedded ? { ...outer, insideMeta: false } : outer;
  if (node.default !== undefined) {
    const found = defaultErrors(node, node.default, `${field}.default`, place);
    errors.push(
      ...(found.length > 0 ? found : ruleErrors(schema, node.default, `${field}.default`)),
    );
  }
  const items = childSchema(schema["items"]);
  if (items !== undefined && node.items !== undefined) {
    check(errors, items, node.items, `${field}.items`, place);
  }
  const properties = childSchema(schema["properties"]) ?? {};
  for (const name of Object.keys(properties).sort()) {
    const child = node.fields?.get(name)?.node;
    if (child === undefined) continue;
    const insideMeta = place.insideMeta || (node.embedded && META.has(name));
    check(errors, childSchema(properties[name]) ?? {}, child, `${field}.properties[${name}]`, {
      ...place,
      insideMeta,
    });
  }
}

/** What the rules find wrong with a default: as a value that stays as it is, and as a new one. */
function ruleErrors(schema: JsonSchema, value: JsonValue, field: string): FieldError[] {
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const tree = ruleTree(schema, fieldPathOf, embedded);
  if (tree === undefined) return [];
  const unchanged = evaluateRules(tree, value, field, value, () => {}, false);
  return unchanged.length > 0 ? unchanged : evaluateRules(tree, value, field, undefined, () => {});
}

function defaultErrors(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  { requirePruned, insideMeta, metadata }: Place,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!insideMeta && requirePruned) {
    const pruned = clone(value);
    prune(node, pruned, { root: node.embedded });
    if (!equal(pruned, value)) errors.push(invalid(field, value, "must not have unknown fields"));
  }
  if (metadata !== undefined) errors.push(...validateEmbedded(node, value, field, metadata));
  errors.push(...validateKeywords(node, value, field));
  return errors;
}

function withoutIntOrString(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return schema.map(withoutIntOrString);
  if (schema === null || typeof schema !== "object") return schema;
  return Object.fromEntries(
    Object.keys(schema)
      .filter((name) => name !== "x-kubernetes-int-or-string")
      .map((
        name,
      ) => [name, name === "default" ? schema[name] : withoutIntOrString(schema[name] ?? null)]),
  );
}
