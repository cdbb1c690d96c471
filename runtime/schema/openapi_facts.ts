// The shape of the recorded facts that built-in kinds are compiled from:
// OpenAPI components and protobuf messages. Types only; openapi.ts compiles.

import type { JsonValue } from "../object.ts";

/** A schema as OpenAPI publishes it, with the extensions of Kubernetes. `$ref` is the bare name of a component. */
export interface OpenApiSchema {
  /** The bare name of the component that stands here. */
  readonly $ref?: string;
  /** `object`, `array`, `string`, `integer`, `number` or `boolean`. */
  readonly type?: string;
  /** `int32`, `date-time`, `byte`… */
  readonly format?: string;
  /** The default; a zero value often is only Go's. */
  readonly default?: JsonValue;
  /** The values allowed. */
  readonly enum?: readonly JsonValue[];
  /** Fields that must be there. */
  readonly required?: readonly string[];
  /** Fields by name. */
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  /** What the values of a map are. */
  readonly additionalProperties?: OpenApiSchema;
  /** What the items of a list are. */
  readonly items?: OpenApiSchema;
  /** Alternatives. */
  readonly oneOf?: readonly OpenApiSchema[];
  /** `atomic`, `set` or `map`. */
  readonly "x-kubernetes-list-type"?: string;
  /** The keys of a `map` list. */
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  /** `atomic` or `granular`. */
  readonly "x-kubernetes-map-type"?: string;
  /** `merge`, `retainKeys` or both. */
  readonly "x-kubernetes-patch-strategy"?: string;
  /** What identifies the items of a merged list. */
  readonly "x-kubernetes-patch-merge-key"?: string;
  /** The kinds whose objects it describes. */
  readonly "x-kubernetes-group-version-kind"?: readonly {
    /** API group. */
    readonly group: string;
    /** API version. */
    readonly version: string;
    /** Kind. */
    readonly kind: string;
  }[];
  /** Which fields exclude one another. */
  readonly "x-kubernetes-unions"?: JsonValue;
}

/** Components by name, such as `io.k8s.api.core.v1.Pod`. */
export type OpenApiComponents = Readonly<Record<string, OpenApiSchema>>;

/**
 * A field: wire number, JSON name, type, flags (`r` repeated, `m` map, `i`
 * inlined in JSON, `p` pointer, `o` omitempty, `z` omitzero, `-` no JSON name),
 * its name in the .proto file and its Go type, both where they differ.
 */
export type ProtobufFieldFacts = readonly [
  number: number,
  jsonName: string,
  type: string,
  flags?: string,
  protoName?: string,
  goType?: string,
];

/** Messages by full name, such as `k8s.io.api.core.v1.Pod`. */
export type ProtobufMessages = Readonly<Record<string, readonly ProtobufFieldFacts[]>>;
