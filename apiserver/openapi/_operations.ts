// Operations of paths in both versions of OpenAPI, made of the recorded
// facts of built-in resources or of what a custom resource's definition
// implies. Source: k8s.io/apiserver/pkg/endpoints/installer.go.

import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import type { OperationFacts, OperationsFacts } from "../generated/mod.ts";
import { operationId, type PathParts, tagOf } from "./_paths.ts";
import { type OpenApiVersion, reference } from "./_schemas.ts";

/** What a path's kind is called. */
export interface PathKind {
  /** The parent resource's kind: operations are named after it. */
  readonly kind: string;
  readonly namespaced: boolean;
  /** What `x-kubernetes-group-version-kind` tells: the subresource's kind where it differs. */
  readonly group: string;
  readonly version: string;
  readonly ofKind: string;
}

/** What operations are rendered with. */
export interface RenderOptions {
  readonly version: OpenApiVersion;
  readonly facts: OperationsFacts;
  /** Of a custom resource, which takes what it gives. */
  readonly custom?: boolean;
  /** Hears of every component that is referred to. */
  used(component: string): void;
}

/** The item of one path: its methods and parameters. */
export function pathItem(
  path: string,
  methods: Readonly<Record<string, OperationFacts>>,
  parts: PathParts,
  kind: PathKind | undefined,
  options: RenderOptions,
): JsonObject {
  const item: JsonObject = {};
  for (const [method, facts] of Object.entries(methods)) {
    item[method] = operation(method, facts, parts, kind, options);
  }
  const parameters = pathParameters(path, kind, options.version);
  if (parameters.length > 0) item["parameters"] = parameters;
  return item;
}

function pathParameters(
  path: string,
  kind: PathKind | undefined,
  version: OpenApiVersion,
): JsonValue[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
  return names.map((name) => ({
    name,
    in: "path",
    required: true,
    ...(name === "name" && kind !== undefined ? { description: `name of the ${kind.kind}` } : {}),
    ...typed({ type: "string", uniqueItems: true }, version),
  }));
}

function typed(schema: JsonObject, version: OpenApiVersion): JsonObject {
  return version === 2 ? schema : { schema };
}

/** Media types as the server's routes list them. */
const TYPE_ORDER = [
  "application/json",
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/yaml",
  "application/vnd.kubernetes.protobuf",
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];

function inOrder(types: readonly string[]): string[] {
  const rank = (type: string) => (TYPE_ORDER.indexOf(type) + 1) || TYPE_ORDER.length + 1;
  return [...types].sort((a, b) => rank(a) - rank(b));
}

function operation(
  method: string,
  facts: OperationFacts,
  parts: PathParts,
  kind: PathKind | undefined,
  options: RenderOptions,
): JsonObject {
  const [action, requestTypes, responseTypes, query, codes, bodySchema, resultSchema] = facts;
  const { version, facts: all } = options;
  const produces = inOrder(all.types[responseTypes] ?? []);
  const consumes = version === 2 && method !== "patch"
    ? kind === undefined || options.custom ? produces : ["*/*"]
    : inOrder(all.types[requestTypes] ?? []);
  const parameters: JsonValue[] = (all.parameters[query] ?? []).map((name) => ({
    name,
    in: "query",
    ...typed({ ...all.parameterSchemas[name] } as JsonObject, version),
  }));
  const body = bodySchema === "" ? undefined : schemaOf(bodySchema, options);
  // Deletions may leave their body out.
  const required = body !== undefined && action !== "delete" && action !== "deletecollection";
  if (version === 2 && body !== undefined) {
    parameters.push({
      name: "body",
      in: "body",
      ...(required ? { required } : {}),
      schema: body,
    });
  }
  return {
    tags: [tagOf(parts)],
    operationId: operationId(parts, method, action, kind?.kind ?? "", kind?.namespaced ?? false),
    ...(version === 2
      ? {
        ...(consumes.length === 0 ? {} : { consumes }),
        ...(produces.length === 0 ? {} : { produces }),
        schemes: ["https"],
      }
      : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(version === 3 && body !== undefined
      ? { requestBody: { content: content(consumes, body), ...(required ? { required } : {}) } }
      : {}),
    responses: responses(codes, produces, resultSchema, options),
    ...(action === "" ? {} : { "x-kubernetes-action": action }),
    ...(kind === undefined ? {} : {
      "x-kubernetes-group-version-kind": {
        group: kind.group,
        kind: kind.ofKind,
        version: kind.version,
      },
    }),
  };
}

function content(types: readonly string[], schema: JsonObject): JsonObject {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function schemaOf(name: string, options: RenderOptions): JsonObject {
  if (!name.includes(".")) return { type: name };
  options.used(name);
  return { $ref: reference(name, options.version) };
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  401: "Unauthorized",
};

function responses(
  codes: readonly number[],
  produces: readonly string[],
  resultSchema: string,
  options: RenderOptions,
): JsonObject {
  return Object.fromEntries(codes.map((code) => {
    const description = REASONS[code] ?? String(code);
    if (code === 401 || resultSchema === "") return [code, { description }];
    const schema = schemaOf(resultSchema, options);
    return [
      code,
      options.version === 2
        ? { description, schema }
        : { description, content: content(produces, schema) },
    ];
  }));
}
