// Component schemas as the two versions of OpenAPI publish them. Source:
// k8s.io/kube-openapi: version 3 wraps references that have a default in
// allOf, version 2 knows neither oneOf nor nullable.

import { isObject, type JsonObject, type JsonValue } from "../../runtime/object.ts";
import type { OpenApiSchema } from "../../runtime/schema/openapi_facts.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Which OpenAPI. */
export type OpenApiVersion = 2 | 3;

/** How a document refers to a component. */
export function reference(component: string, version: OpenApiVersion): string {
  return version === 2 ? `#/definitions/${component}` : `#/components/schemas/${component}`;
}

/**
 * A component of a built-in kind. `used` hears of every component it refers
 * to. `described`: it is a member of an object, which always has a description
 * upstream, and so its reference is wrapped.
 */
export function publishedSchema(
  schema: OpenApiSchema,
  version: OpenApiVersion,
  used: (component: string) => void,
  described = false,
): JsonObject {
  const { $ref, ...rest } = schema;
  if ($ref !== undefined) {
    used($ref);
    const target = { $ref: reference($ref, version) };
    // Beside a reference version 2 knows extensions alone.
    if (version === 2) return { ...extensionsOf(rest as unknown as JsonObject), ...target };
    return Object.keys(rest).length === 0 && !described
      ? target
      : { ...rest as unknown as JsonObject, allOf: [target] };
  }
  const { properties, items, additionalProperties, oneOf, ...plain } = rest;
  if (version === 2) delete plain.default;
  const inner = (child: OpenApiSchema) => publishedSchema(child, version, used);
  return {
    ...plain as unknown as JsonObject,
    // Whatever is an integer or a string is a string to version 2.
    ...(oneOf === undefined
      ? {}
      : version === 3
      ? { oneOf: oneOf.map(inner) }
      : { type: "string" }),
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: inner(additionalProperties) }),
    ...(properties === undefined ? {} : {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [
          name,
          publishedSchema(child, version, used, true),
        ]),
      ),
    }),
  };
}

function extensionsOf(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name.startsWith("x-")));
}

// What version 2 has no words for.
const VERSION_3_ONLY = new Set(["oneOf", "anyOf", "allOf", "not", "nullable", "default"]);

/** A part of a custom resource's schema. Version 2 says less, so as to say nothing wrong. */
export function publishedCustomSchema(schema: JsonObject, version: OpenApiVersion): JsonObject {
  if (version === 3) return spelledOut(schema);
  const out: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined || VERSION_3_ONLY.has(name)) continue;
    out[name] = customMember(name, value);
  }
  if (schema["nullable"] === true || schema["x-kubernetes-int-or-string"] === true) {
    // A type would refuse what the server takes.
    for (const name of ["type", "items", "properties", "additionalProperties", "required"]) {
      delete out[name];
    }
  }
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) {
    for (const name of ["properties", "required"]) delete out[name];
  }
  return out;
}

/** Version 3 says in its own words what Kubernetes' extensions imply. */
function spelledOut(schema: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (value === undefined) continue;
    out[name] = name === "properties" || name === "patternProperties"
      ? Object.fromEntries(
        Object.entries(value as JsonObject).map(([key, child]) => [
          key,
          isObject(child) ? spelledOut(child) : child!,
        ]),
      )
      : (name === "items" || name === "additionalProperties") && isObject(value)
      ? spelledOut(value)
      : value;
  }
  if (
    schema["x-kubernetes-int-or-string"] === true && schema["anyOf"] === undefined &&
    schema["allOf"] === undefined
  ) {
    out["anyOf"] = [{ type: "integer" }, { type: "string" }];
  }
  if (schema["x-kubernetes-embedded-resource"] === true) embed(out);
  return out;
}

/** An embedded resource is an object of its own. */
function embed(schema: JsonObject): void {
  const required = (schema["required"] ?? []) as JsonValue[];
  schema["required"] = [...new Set([...required, "kind", "apiVersion"])];
  schema["properties"] = {
    ...(schema["properties"] as JsonObject ?? {}),
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { allOf: [{ $ref: reference(OBJECT_META, 3) }] },
  };
}

function customMember(name: string, value: JsonValue): JsonValue {
  if (!isObject(value)) return value;
  if (name === "properties" || name === "patternProperties" || name === "definitions") {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        isObject(child) ? publishedCustomSchema(child, 2) : child,
      ]),
    ) as JsonObject;
  }
  return name === "items" || name === "additionalProperties"
    ? publishedCustomSchema(value, 2)
    : value;
}
