// What goes into the handler chain and what comes out, before any encoding
// (design decision 1): verbs on resources with decoded options. The registry
// (registry/) carries them out; http/ makes them of HTTP requests; the
// in-process client makes them directly.

import type { JsonValue, KubeObject } from "../runtime/object.ts";
import type { Entry } from "../runtime/store/types.ts";
import type { UserInfo } from "../runtime/user.ts";
import type { ResourceDefinition, SubresourceDefinition } from "./definition.ts";

/** What a request is about. */
export interface Target {
  readonly definition: ResourceDefinition;
  readonly subresource?: SubresourceDefinition;
  /** `""` for cluster-scoped resources and for requests across all namespaces. */
  readonly namespace: string;
  /** `""` for requests on the collection. */
  readonly name: string;
}

/** Who asks, and what rides along. */
export interface RequestContext {
  readonly user: UserInfo;
  readonly userAgent: string;
  /** Adds a `Warning` header. */
  warn(text: string): void;
  readonly signal?: AbortSignal;
}

/** How unknown and duplicate fields are treated. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** Options of create, update and patch, already validated. */
export interface WriteRequestOptions {
  readonly dryRun: boolean;
  /** `""`: derived from the user agent. */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** Only apply patches: `undefined` when not given. */
  readonly force?: boolean;
}

/** `meta/v1` DeleteOptions, decoded and validated. */
export interface DeleteRequestOptions {
  readonly dryRun: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly orphanDependents?: boolean;
  readonly preconditions?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

/** `meta/v1` ListOptions as they came; the registry parses and checks selectors and versions. */
export interface ListRequestOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly limit: number;
  readonly continue: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents?: boolean;
  /** Seconds; 0 or undefined: the server's choice. */
  readonly timeoutSeconds?: number;
}

/** A patch body, parsed but not yet applied. */
export interface PatchRequest {
  readonly kind: "json" | "merge" | "strategic" | "apply";
  readonly body: JsonValue;
  /** The body as it came, for errors that quote it. Default: `body` as JSON. */
  readonly text?: string;
  /** Problems that a strict decoder found in the body's text (duplicate members). */
  readonly strictErrors: readonly string[];
}

/** An object in the version that was asked for, with the entry that it is of (for shared encodings) when nothing was converted. */
export interface ObjectResult {
  readonly object: KubeObject;
  readonly entry?: Entry;
  /** 201 rather than 200. */
  readonly created?: boolean;
}

/** A list in the version that was asked for. */
export interface ListResult {
  readonly items: readonly ObjectResult[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** An event of a watch in the version that was asked for. */
export interface WatchResult {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  /** For ERROR a Status. */
  readonly object: KubeObject;
  readonly entry?: Entry;
}

/** An open watch. Pull it; it holds no queue. */
export interface WatchStream {
  /** The next batch of events, or `undefined` at its end (timeout, abort, store closed). */
  next(): Promise<readonly WatchResult[] | undefined>;
  close(): void;
}

/** What a deletion answers: the object when it is still there or was a graceful one, otherwise a Success status. */
export type DeleteResult =
  | {
    readonly kind: "object";
    readonly result: ObjectResult; /** 202 rather than 200. */
    readonly accepted?: boolean;
  }
  | {
    readonly kind: "status";
    readonly name: string;
    readonly uid: string;
    readonly accepted?: boolean;
  };

/** The verbs. All failures are `StatusError`s. Authorization has been done; admission happens inside. */
export interface Registry {
  get(
    context: RequestContext,
    target: Target,
    resourceVersion: string,
  ): Promise<ObjectResult>;
  list(
    context: RequestContext,
    target: Target,
    options: ListRequestOptions,
  ): Promise<ListResult>;
  watch(
    context: RequestContext,
    target: Target,
    options: ListRequestOptions,
  ): Promise<WatchStream>;
  create(
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  update(
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  patch(
    context: RequestContext,
    target: Target,
    patch: PatchRequest,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  delete(
    context: RequestContext,
    target: Target,
    options: DeleteRequestOptions,
  ): Promise<DeleteResult>;
  deleteCollection(
    context: RequestContext,
    target: Target,
    options: DeleteRequestOptions,
    list: ListRequestOptions,
  ): Promise<ListResult>;
}
