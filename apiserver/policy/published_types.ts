// The published schema of a kind as a CEL type, references followed: what
// expressions about its objects are checked against. Source: k8s.io/apiserver
// cel/openapi/resolver.

import { type DeclaredType, declareSchema } from "../../runtime/cel/schema_types.ts";
import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";
import { openApiComponents } from "../generated/mod.ts";
import { publishedSchema } from "../openapi/mod.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

const known = new WeakMap<ResourceDefinition, { type: DeclaredType | undefined }>();

/** The type of the resource's objects; `undefined` when nothing is known of them. */
export function publishedType(definition: ResourceDefinition): DeclaredType | undefined {
  let found = known.get(definition);
  if (found === undefined) {
    const schema = schemaOf(definition);
    const type = schema && declareSchema(schema, definition.kind, true);
    known.set(definition, found = { type });
  }
  return found.type;
}

function schemaOf({ custom, published, component }: ResourceDefinition): JsonObject | undefined {
  if (!custom) return component === undefined ? undefined : resolve(component, new Set());
  if (published === undefined) return undefined;
  const properties = (published.properties ?? {}) as JsonObject;
  const text: JsonObject = { type: "string" };
  const metadata = resolve(META, new Set())!;
  return { ...published, properties: { ...properties, kind: text, apiVersion: text, metadata } };
}

/** A component with everything it refers to in its place; where it comes round to itself, any object. */
function resolve(component: string, above: ReadonlySet<string>): JsonObject | undefined {
  const schema = openApiComponents[component];
  if (schema === undefined) return undefined;
  if (above.has(component)) return { type: "object" };
  const inside = new Set([...above, component]);
  return populate(publishedSchema(schema, 3, () => {}), inside) as JsonObject;
}

function populate(value: JsonValue, above: ReadonlySet<string>): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => populate(item, above));
  const component = referenceOf(value)?.split("/").at(-1);
  const resolved = component === undefined ? undefined : resolve(component, above);
  if (resolved !== undefined) return resolved;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) out[name] = populate(member, above);
  }
  // Built-in types say by their format what custom ones say by an extension.
  if (out.format === "int-or-string") out["x-kubernetes-int-or-string"] = true;
  return out;
}

/** References that have a default or a description are wrapped. */
function referenceOf({ $ref, allOf }: JsonObject): string | undefined {
  if (typeof $ref === "string") return $ref;
  const [only] = Array.isArray(allOf) ? allOf as JsonObject[] : [];
  return typeof only?.$ref === "string" ? only.$ref : undefined;
}
