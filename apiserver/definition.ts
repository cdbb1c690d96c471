// A kind is one value (design decision 2): everything the server knows of a
// resource. Built-in kinds are made of generated facts plus the judgement in
// kinds/; a CustomResourceDefinition compiles into the same value. Nothing
// else in the server asks which of the two it is.

import type { Clock } from "../runtime/clock.ts";
import type { FieldError } from "../runtime/field/error.ts";
import type { JsonObject, JsonValue, KubeObject } from "../runtime/object.ts";
import type { Random } from "../runtime/random.ts";
import type { SchemaNode } from "../runtime/schema/node.ts";
import type { Store } from "../runtime/store/types.ts";
import type { UserInfo } from "../runtime/user.ts";
import type { Authenticator, Authorizer } from "./auth/types.ts";
import type { Definitions } from "./definitions.ts";

/** What a strategy may look at and use while it works on one request. */
export interface StrategyContext {
  /** Who asks. */
  readonly user: UserInfo;
  /** The request's namespace, `""` for cluster-scoped resources. */
  readonly namespace: string;
  /** The cluster's time. */
  readonly clock: Clock;
  /** The cluster's source of chance. */
  readonly random: Random;
  /** The cluster's data. */
  readonly store: Store;
  /** Go through everything but the write itself. */
  readonly dryRun: boolean;
  /** Adds a `Warning` header (RFC 9110) to the answer. */
  warn(text: string): void;
}

/** What a resource that stores nothing may use beside the store. */
export interface VirtualContext extends StrategyContext {
  /** What the cluster serves. */
  readonly definitions: Definitions;
  /** What finds out who sends a request. */
  readonly authenticators: readonly Authenticator[];
  /** Absent: everybody may everything. */
  readonly authorizer?: Authorizer;
}

/** A resource without objects in the store: its answers are made when it is asked. */
export interface VirtualResource {
  /** Answers a creation, such as a review with its status. `object` is the caller's own. */
  create?(object: KubeObject, context: VirtualContext): KubeObject | Promise<KubeObject>;
  /** The objects that get and list show. */
  list?(context: VirtualContext): readonly KubeObject[];
}

/** A column of the server-side table. */
export interface TableColumn {
  /** The object's name. */
  readonly name: string;
  /** The OpenAPI type of the cells. */
  readonly type: string;
  /** The OpenAPI format of the cells. */
  readonly format: string;
  /** For people. */
  readonly description: string;
  /** 0 is always shown, others with `-o wide`. */
  readonly priority: number;
}

/**
 * How objects of a kind come into being and change, for the main resource or
 * one subresource. Objects passed in are the caller's own copies and may be
 * changed in place by `prepare…` and `canonicalize`; `old` must not be.
 * Names follow k8s.io/apiserver registry/rest.
 */
export interface Strategy {
  /** Clears what the client may not set (status), sets generation, drops disabled fields. */
  prepareForCreate?(object: KubeObject, context: StrategyContext): void;
  /** Errors beside those of metadata, which the registry checks for every kind. */
  validate?(object: KubeObject, context: StrategyContext): FieldError[];
  /** Texts of `Warning` headers for a new object. */
  warningsOnCreate?(object: KubeObject, context: StrategyContext): string[];
  /** Puts back what this endpoint may not change (spec or status), bumps generation. */
  prepareForUpdate?(
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ): void;
  /** Errors of a changed object beside those of metadata. */
  validateUpdate?(
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ): FieldError[];
  /** Texts of `Warning` headers for a changed object. */
  warningsOnUpdate?(
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ): string[];
  /** The last change before storing, after validation. */
  canonicalize?(object: KubeObject): void;
  /** Its own checks see to metadata, or leave it to what all kinds have in common. */
  readonly ownMetadataChecks?: boolean;
  /** Only the name made of a generateName is checked, not the prefix itself. */
  readonly ignoresGenerateName?: boolean;
  /** Checks of `metadata.name`: messages, empty when it is good. Default: RFC 1123 subdomain. `prefix` when it is a generateName; `object` is the one it names. */
  validateName?(name: string, prefix: boolean, object: KubeObject): string[];
  /** Subresources: there is no table of it. Default: of `status` and `scale` there is, of others not. */
  readonly withoutTable?: boolean;
  /** PUT to a name that does not exist creates. Default false. */
  readonly allowCreateOnUpdate?: boolean;
  /** An update without resourceVersion is allowed. Default true for built-ins, false for custom resources. */
  readonly allowUnconditionalUpdate?: boolean;
  /** Field paths (`f:` sets as in FieldsV1) this endpoint never owns or changes: what server-side apply resets. */
  readonly resetFields?: JsonValue;
  /**
   * Deletion with grace: seconds to wait, or undefined to delete at once.
   * May change the object (pods set deletionGracePeriodSeconds).
   */
  gracePeriodSeconds?(
    object: KubeObject,
    requested: number | undefined,
    context: StrategyContext,
  ): number | undefined;
  /** The propagation policy when the request names none. Default `Background`. */
  readonly defaultPropagation?: "Background" | "Orphan" | "Foreground";
  /** A warning on deletions that orphan only because the request names no propagation policy. */
  readonly orphaningWarning?: string;
  /**
   * Claims what lies outside the object (service addresses, node ports) before it is stored,
   * changing the object in place. Throws `StatusError` (or answers field errors) when it cannot.
   * The answer is undone when storing fails or the request is a dry run.
   */
  allocate?(
    object: KubeObject,
    old: KubeObject | undefined,
    context: StrategyContext,
  ): FieldError[] | undefined;
  /** Lets go of what `allocate` claimed, once the object has been removed. Never called for a dry run. */
  release?(object: KubeObject, context: StrategyContext): void;
}

/** A subresource: `status`, `scale`, `eviction`… */
export interface SubresourceDefinition {
  /** The object's name. */
  readonly name: string;
  /** What it can do: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verbs: readonly string[];
  /** Of the body, when it differs from the parent's. */
  readonly group: string;
  /** The API version. */
  readonly version: string;
  /** The kind, such as `Deployment`. */
  readonly kind: string;
  /** `status`-like ones read and write the parent's object through their own strategy. */
  readonly strategy?: Strategy;
  /** The schema of the body, when it differs from the parent's. */
  readonly schema?: SchemaNode;
  /** Further kinds that a body may be of. */
  readonly acceptedTypes?: readonly {
    group: string;
    version: string;
    kind: string;
  }[];
}

/** Everything the server knows of one resource in one version. */
export interface ResourceDefinition {
  /** The API group; `""` is the core group. */
  readonly group: string;
  /** The API version. */
  readonly version: string;
  /** Plural, lower case. */
  readonly resource: string;
  /** The singular name, lower case. */
  readonly singular: string;
  /** The kind, such as `Deployment`. */
  readonly kind: string;
  /** The kind of its lists. */
  readonly listKind: string;
  /** Whether its objects live in namespaces. */
  readonly namespaced: boolean;
  /** What it can do: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verbs: readonly string[];
  /** Abbreviations, such as `po`. */
  readonly shortNames: readonly string[];
  /** Groups of resources that kubectl names together, such as `all`. */
  readonly categories: readonly string[];
  /** Where its objects lie: `group/resource`, the same for all versions (and for events of both groups). */
  readonly storage: string;
  /** Converts an object of this version to the one that is stored, and back. Absent: they are the same. */
  readonly conversion?: {
    toStorage(object: KubeObject): KubeObject | Promise<KubeObject>;
    /** `fresh` asks again about an object of which something is known already. */
    fromStorage(object: KubeObject, fresh?: boolean): KubeObject | Promise<KubeObject>;
    /** Many objects of the store, where that takes less than one after the other. */
    fromStorageAll?(
      objects: readonly KubeObject[],
    ): readonly KubeObject[] | Promise<readonly KubeObject[]>;
    /** Custom resources: an object of another version in this one, as it is: not given defaults, not pruned. */
    between?(object: KubeObject): KubeObject | Promise<KubeObject>;
  };
  /** The storage version's `apiVersion`, when it differs. */
  readonly storageApiVersion?: string;
  /** What its objects look like. */
  readonly schema: SchemaNode;
  /** Custom resources keep and prune JSON as it is; built-in ones go through the Go codec (nulls, zero values, quantities). */
  readonly custom: boolean;
  /**
   * Custom resources: brings a parsed object into the schema's shape, in place, and gives back the
   * paths of unknown fields. Throws `DecodeError`. Absent: the Go codec does it.
   */
  coerce?(object: JsonObject): string[];
  /** Fills in defaults in place, after the schema's own. */
  setDefaults?(object: KubeObject): void;
  /** Runs on objects read from the store where nothing is converted (custom resources default on read). */
  defaultOnRead?(object: KubeObject): KubeObject;
  /** How its objects come into being and change. */
  readonly strategy: Strategy;
  /** Present when nothing is stored. */
  readonly virtual?: VirtualResource;
  /** Its subresources by name. */
  readonly subresources: ReadonlyMap<string, SubresourceDefinition>;
  /** Kept out of the watch cache, as events are: reads come from etcd. */
  readonly uncached?: boolean;
  /** Columns of the server-side table. */
  readonly columns: readonly TableColumn[];
  /** Printed by the server's default converter, which leaves the rows of an empty table null. */
  readonly plainTable?: boolean;
  /** The cells of one row, as many as there are columns. */
  cells(object: KubeObject, now_ms: number): JsonValue[];
  /** The fields that field selectors know, beside metadata.name and metadata.namespace: label → value of this object. */
  selectableFields?(object: KubeObject): Record<string, string>;
  /** Which labels field selectors may name. */
  readonly fieldLabels: readonly string[];
  /** The error text of a field selector with a label not listed; `%s` is the label. */
  readonly fieldLabelError?: string;
  /** Custom resources: the schema as its author wrote it (openAPIV3Schema), for publication. */
  readonly published?: JsonObject;
  /** The OpenAPI component of the kind. */
  readonly component?: string;
  /** Full protobuf message name, when the kind has a protobuf form. */
  readonly protobuf?: string;
  /** A `Warning` on every use of this version. */
  readonly deprecationWarning?: string;
  /** Deletion answers the object itself rather than a Status. */
  readonly returnDeletedObject?: boolean;
  /** Deletion never adds or removes the garbage collector's finalizers (events). */
  readonly ignoresPropagation?: boolean;
  /** Where `scale` finds its numbers. Dotted paths such as `.spec.replicas`. */
  readonly scale?: {
    specReplicas: string;
    statusReplicas: string;
    labelSelector?: string;
  };
}
