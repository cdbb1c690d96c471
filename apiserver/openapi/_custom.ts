// The paths and components of custom resources. Source:
// k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder.

import type { JsonObject } from "../../runtime/object.ts";
import { apiVersionOf } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";
import { type OperationFacts, operations, type OperationsFacts } from "../generated/mod.ts";
import { componentsOf, type Part } from "./_builtin.ts";
import { pathItem, type PathKind } from "./_operations.ts";
import { pathParts } from "./_paths.ts";
import { type OpenApiVersion, publishedCustomSchema, reference } from "./_schemas.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** The component of a custom kind: its group's domain turned round, the version, the kind. */
export function customComponent(definition: ResourceDefinition): string {
  const { component, group, version, kind } = definition;
  return component ?? `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** The paths of a custom resource and what they need. */
export function customPart(definition: ResourceDefinition, version: OpenApiVersion): Part {
  const facts = customFacts();
  const needed = new Set<string>();
  const used = (component: string) => void needed.add(component);
  const paths: JsonObject = {};
  for (const [path, methods] of pathsOf(definition, facts)) {
    const parts = pathParts(path);
    paths[path] = shared(
      pathItem(path, methods, parts, kindOf(definition), { version, facts, used, custom: true }),
    );
  }
  const component = customComponent(definition);
  needed.add(META + "ObjectMeta").add(META + "ListMeta");
  return {
    paths,
    components: {
      ...componentsOf(needed, version),
      [component]: kindSchema(definition, version),
      [`${component}List`]: listSchema(definition, component, version),
    },
  };
}

/** Operations of subresources, too, tell the kind that they are a part of. */
function kindOf({ group, version, kind, namespaced }: ResourceDefinition): PathKind {
  return { kind, namespaced, group, version, ofKind: kind };
}

/** A path whose parameters that all operations have stand with the path itself. */
function shared(item: JsonObject): JsonObject {
  const { parameters: own = [], ...operations } = item as Record<string, JsonObject> & {
    parameters?: JsonObject[];
  };
  const lists = Object.values(operations).map((operation) =>
    (operation["parameters"] ?? []) as JsonObject[]
  );
  const common = new Set(
    (lists[0] ?? []).map(({ name }) => name).filter((name) =>
      name !== "body" && lists.every((list) => list.some((other) => other["name"] === name))
    ),
  );
  const lifted = (lists[0] ?? []).filter(({ name }) => common.has(name));
  const out: JsonObject = {};
  for (const [method, operation] of Object.entries(operations)) {
    const { parameters, ...rest } = operation;
    const left = ((parameters ?? []) as JsonObject[]).filter(({ name }) => !common.has(name));
    out[method] = left.length === 0 ? rest : { ...rest, parameters: left };
  }
  const all = [...own, ...lifted].sort((a, b) => String(a["name"]) < String(b["name"]) ? -1 : 1);
  return all.length === 0 ? out : { ...out, parameters: all };
}

type Methods = Record<string, OperationFacts>;

function* pathsOf(
  definition: ResourceDefinition,
  facts: OperationsFacts,
): Generator<[path: string, methods: Methods]> {
  const { group, version, resource, namespaced } = definition;
  const root = `/apis/${group}/${version}`;
  const collection = `${root}/${namespaced ? "namespaces/{namespace}/" : ""}${resource}`;
  // The built-in resource of the same scope tells types and parameters.
  const like = namespaced
    ? "/api/v1/namespaces/{namespace}/configmaps"
    : "/apis/rbac.authorization.k8s.io/v1/clusterroles";
  const component = customComponent(definition);
  const of = (path: string, subject: string, list: string) =>
    renamed(facts.paths.get(path) ?? {}, facts, subject, list);
  if (namespaced) {
    yield [`${root}/${resource}`, of("/api/v1/configmaps", component, `${component}List`)];
  }
  yield [collection, of(like, component, `${component}List`)];
  yield [`${collection}/{name}`, of(`${like}/{name}`, component, component)];
  for (const { name } of definition.subresources.values()) {
    const subject = name === "scale" ? "io.k8s.api.autoscaling.v1.Scale" : component;
    yield [
      `${collection}/{name}/${name}`,
      of("/apis/apps/v1/namespaces/{namespace}/deployments/{name}/status", subject, subject),
    ];
  }
}

const CUSTOM_TYPES = ["application/json", "application/yaml"];

// No strategic merge patch: kubectl looks here before it sends one.
const CUSTOM_PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];

/** The recorded facts, with the media types and parameters of custom resources at the end. */
function customFacts(): OperationsFacts {
  const facts = operations();
  return {
    ...facts,
    types: [...facts.types, CUSTOM_PATCH_TYPES, CUSTOM_TYPES],
    parameters: [...facts.parameters, ["pretty", "resourceVersion"]],
  };
}

/** The operations of another resource, with this one's schemas. */
function renamed(
  methods: Readonly<Record<string, OperationFacts>>,
  facts: OperationsFacts,
  subject: string,
  list: string,
): Methods {
  const types = facts.types.length - 1;
  const reading = facts.parameters.length - 1;
  const listing = methods["get"]?.[3];
  const out: Methods = {};
  for (const [method, operation] of Object.entries(methods)) {
    const [action, requestTypes, , query, codes, given, result] = operation;
    const collection = action === "deletecollection";
    // Collections are deleted by selection alone.
    const body = collection ? "" : given;
    out[method] = [
      action,
      action === "patch" ? types - 1 : body === "" ? requestTypes : types,
      types,
      action === "get" ? reading : collection ? listing ?? query : query,
      action === "patch" ? codes.filter((code) => code !== 201) : codes,
      body === "" || body.startsWith(META) ? body : subject,
      result.startsWith(META) ? result : action === "list" ? list : subject,
    ];
  }
  return out;
}

function kindSchema(definition: ResourceDefinition, version: OpenApiVersion): JsonObject {
  const published = definition.published === undefined
    ? { type: "object" }
    : publishedCustomSchema(definition.published, version);
  const { group, version: gv, kind } = definition;
  const own = published["properties"];
  return {
    ...published,
    type: "object",
    ...(definition.published?.["x-kubernetes-preserve-unknown-fields"] === true && version === 2
      ? {}
      : {
        properties: { ...(own as JsonObject ?? {}), ...typeMeta(), metadata: objectMeta(version) },
      }),
    "x-kubernetes-group-version-kind": [{ group, kind, version: gv }],
    ...selectableFields(definition),
  };
}

/** What fields of the kind may be selected by, beside name and namespace. */
function selectableFields({ fieldLabels, custom }: ResourceDefinition): JsonObject {
  const own = fieldLabels.filter((label) => !label.startsWith("metadata."));
  if (!custom || own.length === 0) return {};
  return { "x-kubernetes-selectable-fields": own.map((fieldPath) => ({ fieldPath })) };
}

function typeMeta(): JsonObject {
  return {
    apiVersion: {
      description: "The version of the schema that this object follows.",
      type: "string",
    },
    kind: { description: "The kind of this object.", type: "string" },
  };
}

function objectMeta(version: OpenApiVersion): JsonObject {
  const target = { $ref: reference(META + "ObjectMeta", version) };
  return version === 2 ? target : { allOf: [target] };
}

function listSchema(
  definition: ResourceDefinition,
  component: string,
  version: OpenApiVersion,
): JsonObject {
  const { group, version: gv, listKind } = definition;
  return {
    description: `${listKind} is a list of ${definition.kind}`,
    type: "object",
    required: ["items"],
    properties: {
      ...typeMeta(),
      items: {
        description: `List of ${definition.resource} of ${apiVersionOf(definition)}`,
        type: "array",
        items: { $ref: reference(component, version) },
      },
      metadata: version === 2
        ? { $ref: reference(META + "ListMeta", version) }
        : { allOf: [{ $ref: reference(META + "ListMeta", version) }] },
    },
    "x-kubernetes-group-version-kind": [{ group, kind: listKind, version: gv }],
    ...selectableFields(definition),
  };
}
