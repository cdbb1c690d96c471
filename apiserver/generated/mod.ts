// Facts about the built-in kinds of Kubernetes 1.36, written by
// tools/generate.ts, with their precise types. Data only: what follows from
// it is in apiserver/builtin.ts and runtime/schema.

import bootstrapJson from "./bootstrap.json" with { type: "json" };
import fieldSelectorsJson from "./field-selectors.json" with { type: "json" };
import operationsJson from "./operations.json" with { type: "json" };
import protobufJson from "./protobuf.json" with { type: "json" };
import resourcesJson from "./resources.json" with { type: "json" };
import schemasJson from "./schemas.json" with { type: "json" };
import tablesJson from "./tables.json" with { type: "json" };

import type { KubeObject } from "../../runtime/object.ts";
import type { OpenApiComponents, ProtobufMessages } from "../../runtime/schema/openapi_facts.ts";

/** A subresource as discovery names it. */
export interface SubresourceFacts {
  /** The kind of the objects. */
  readonly kind: string;
  /** What may be done with it. */
  readonly verbs: readonly string[];
  /** Group and version of the kind, where they differ from the resource's. */
  readonly kindGV?: readonly [group: string, version: string];
  /** Kinds of other versions that the body may be of. */
  readonly acceptedTypes?: readonly Readonly<Record<string, string>>[];
}

/** A resource as discovery names it. */
export interface ResourceFacts {
  /** Singular name, lower case. */
  readonly singular: string;
  /** The kind of the objects. */
  readonly kind: string;
  /** Whether objects lie in namespaces. */
  readonly namespaced: boolean;
  /** What may be done with it. */
  readonly verbs: readonly string[];
  /** Abbreviations. */
  readonly shortNames?: readonly string[];
  /** Groups such as `all`. */
  readonly categories?: readonly string[];
  /** Group and version of the kind, where they differ from the resource's. */
  readonly kindGV?: readonly [group: string, version: string];
  /** By name. */
  readonly subresources?: Readonly<Record<string, SubresourceFacts>>;
}

/** An API group: name, preferred version, all versions, in discovery order. */
export type GroupFacts = readonly [
  group: string,
  preferredVersion: string,
  versions: readonly string[],
];

/** A column of the server-side table. */
export type ColumnFacts = readonly [name: string, type: string, format: string, priority: number];

/** The labels that field selectors may name, and the error that others get (`%s` is the label). */
export type FieldSelectorFacts = readonly [accepted: readonly string[], error: string];

/**
 * An operation of a path: verb, request and response types (indices of
 * `$types`), query parameters (index of `$params`), status codes, and the
 * schemas of the body and the result.
 */
export type OperationFacts = readonly [
  action: string,
  requestTypes: number,
  responseTypes: number,
  queryParameters: number,
  statusCodes: readonly number[],
  bodySchema: string,
  resultSchema: string,
];

/** The operations that OpenAPI lists. */
export interface OperationsFacts {
  /** Lists of media types. */
  readonly types: readonly (readonly string[])[];
  /** Lists of query parameters. */
  readonly parameters: readonly (readonly string[])[];
  /** The schema of each query parameter. */
  readonly parameterSchemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Path → method → operation. */
  readonly paths: ReadonlyMap<string, Readonly<Record<string, OperationFacts>>>;
}

const { groups, ...byGroupVersion } = resourcesJson as unknown as
  & { groups: readonly GroupFacts[] }
  & Record<string, Readonly<Record<string, ResourceFacts>>>;

/** The API groups in discovery order. */
export const apiGroups: readonly GroupFacts[] = groups;

/** `group/version` (just the version for the core group) → plural name → resource. */
export const resources: Readonly<Record<string, Readonly<Record<string, ResourceFacts>>>> =
  byGroupVersion;

/** `group/version/resource` → columns of the table; `$crdDefault` for custom resources without printer columns. */
export const tables: Readonly<Record<string, readonly ColumnFacts[]>> = tablesJson as unknown as
  Record<string, readonly ColumnFacts[]>;

/** `group/version/resource` → what field selectors may name; `$crdDefault` for custom resources. */
export const fieldSelectors: Readonly<Record<string, FieldSelectorFacts>> =
  fieldSelectorsJson as unknown as Record<string, FieldSelectorFacts>;

/** The OpenAPI components by name, `$ref` holding the bare name. */
export const openApiComponents: OpenApiComponents = schemasJson as unknown as OpenApiComponents;

const { $wrappers, ...messages } = protobufJson as unknown as
  & { $wrappers: Readonly<Record<string, string>> }
  & ProtobufMessages;

/** The protobuf messages by full name. */
export const protobufMessages: ProtobufMessages = messages;

/** Full names of the messages whose JSON form is a bare list. */
export const protobufWrappers: ReadonlySet<string> = new Set(Object.keys($wrappers));

/**
 * The objects that are there after start-up, without uid, resourceVersion,
 * creationTimestamp and managed fields. `<time>` and
 * `<microtime>` stand for the time of the start.
 */
export const bootstrapObjects: readonly KubeObject[] = bootstrapJson as unknown as KubeObject[];

let operationsFacts: OperationsFacts | undefined;

/** The operations that OpenAPI lists. */
export function operations(): OperationsFacts {
  return operationsFacts ??= readOperations();
}

function readOperations(): OperationsFacts {
  const { $types, $params, $paramSchemas, ...paths } = operationsJson as unknown as {
    $types: string[][];
    $params: string[][];
    $paramSchemas: Record<string, Record<string, unknown>>;
  } & Record<string, Record<string, OperationFacts>>;
  return {
    types: $types,
    parameters: $params,
    parameterSchemas: $paramSchemas,
    paths: new Map(
      Object.entries(paths as unknown as Record<string, Record<string, OperationFacts>>),
    ),
  };
}
