// The one schema tree (design decision 3): what the fields of a kind are and
// how they behave. Pruning, defaulting, validation, decoding, field
// validation, strategic merge, server-side apply, protobuf and OpenAPI all
// walk it. Built-in kinds compile into it from generated data
// (openapi.ts), custom resources from their structural schema
// (structural.ts).

import type { JsonValue } from "../object.ts";
import type { FieldError } from "../field/error.ts";

/**
 * What a node holds. `object` has named fields (a Go struct), `map` free keys,
 * `any` is arbitrary JSON. The scalars from `quantity` on have their own Go
 * codec for built-in kinds: they are strings (or, for `intOrString`, numbers)
 * in JSON.
 */
export type NodeType =
  | "object"
  | "map"
  | "array"
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "any"
  | "bytes"
  | "intOrString"
  | "quantity"
  | "time"
  | "microTime"
  | "duration"
  /** runtime.RawExtension: any object. */
  | "rawExtension"
  /** metav1.FieldsV1: any object, kept as it is. */
  | "fieldsV1";

/** A named field of an `object` node. */
export interface SchemaField {
  /** Its name in JSON. */
  readonly name: string;
  /** What its value is. */
  readonly node: SchemaNode;
  /** Built-in kinds: how Go writes it. Custom resources: both false, so nothing is dropped or added. */
  readonly omitEmpty: boolean;
  /** Go `omitzero`: an empty struct is left out as well. */
  readonly omitZero: boolean;
  /** A Go pointer: absent and zero differ. */
  readonly pointer: boolean;
  /** Always written, even when zero, since the Go tag has no omitempty and it is no pointer (built-in kinds only). */
  readonly always: boolean;
  /** Its way from the struct in decoding errors, where it stands in an embedded one: `VolumeSource.configMap`. */
  readonly goPath?: string;
  /** Wire number and type (kube-api/protobuf.json), for built-in kinds. */
  readonly protobuf?: ProtobufField;
}

/** How a field travels in protobuf. */
export interface ProtobufField {
  /** The number it is tagged with. */
  readonly number: number;
  /** `string`, `int32`, `bool`, `bytes`, a full message name, `map<k,v>`. */
  readonly type: string;
  /** It may occur any number of times. */
  readonly repeated: boolean;
  /** The message's fields stand in the parent's JSON object. */
  readonly inlined: boolean;
}

/** How strategic merge treats a field (x-kubernetes-patch-strategy and -merge-key). */
export interface PatchStrategy {
  /** Lists are merged item by item instead of being replaced. */
  readonly merge: boolean;
  /** Members that the patch does not name are dropped. */
  readonly retainKeys: boolean;
  /** The member that identifies the items of a merged list. */
  readonly mergeKey?: string;
}

/** Looks at a value during validation. `old` is the value at the same place before an update. */
export type Validator = (
  value: JsonValue,
  field: string,
  old: JsonValue | undefined,
) => FieldError[];

/** A node of the tree. Nodes may be shared and recursive: children are reached through getters that compile on demand. */
export interface SchemaNode {
  /** What the node holds. */
  readonly type: NodeType;
  /** The OpenAPI component a built-in node comes from, such as `io.k8s.api.core.v1.PodSpec`. */
  readonly component?: string;
  /** The Go type that decoding errors name, such as `v1.PodSpec` or `int32`. */
  readonly goType?: string;
  /** `object`: its fields by JSON name, in schema order. */
  readonly fields?: ReadonlyMap<string, SchemaField>;
  /** `map`: what the values are. Also additionalProperties beside fields in custom resources. */
  readonly values?: SchemaNode;
  /** `array`: what the items are. */
  readonly items?: SchemaNode;
  /** `array`: server-side apply's view. Default `atomic`. */
  readonly listType: "atomic" | "set" | "map";
  /** The keys of a `map` list, in order. */
  readonly mapKeys: readonly string[];
  /** Defaults of map keys that an item may leave out (`protocol: TCP`). */
  readonly keyDefaults: Readonly<Record<string, JsonValue>>;
  /** `object` and `map`: `atomic` ones are owned as a whole by server-side apply. */
  readonly mapType: "granular" | "atomic";
  /** Strategic merge. */
  readonly patch?: PatchStrategy;
  /** Whether `null` is a value of its own here. */
  readonly nullable: boolean;
  /** x-kubernetes-preserve-unknown-fields. */
  readonly preserveUnknown: boolean;
  /** x-kubernetes-embedded-resource: the value is itself a Kubernetes object. */
  readonly embedded: boolean;
  /** The schema's default, if any. Callers copy it. */
  readonly default?: JsonValue;
  /** Fields that must be there. */
  readonly required: readonly string[];
  /** `int32`, `int64`, `date-time`, `byte`… */
  readonly format?: string;
  /** Checks of this node alone (bounds, patterns, enums, rules), not of its children. */
  readonly validators: readonly Validator[];
}
