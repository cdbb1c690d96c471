// What goes into the handler chain and what comes out, before any encoding
// (design decision 1): verbs on resources with decoded options. The registry
// (registry/) carries them out; http/ makes them of HTTP requests; the
// in-process client makes them directly.

import type { NumberLiterals } from "../runtime/json.ts";
import type { JsonValue, KubeObject } from "../runtime/object.ts";
import type { StatusError } from "../runtime/status.ts";
import type { Entry } from "../runtime/store/types.ts";
import type { UserInfo } from "../runtime/user.ts";
import type { ResourceDefinition, SubresourceDefinition } from "./definition.ts";

/** What a request is about. */
export interface Target {
  /** The resource. */
  readonly definition: ResourceDefinition;
  /** The subresource; absent for the object itself. */
  readonly subresource?: SubresourceDefinition;
  /** `""` for cluster-scoped resources and for requests across all namespaces. */
  readonly namespace: string;
  /** `""` for requests on the collection. */
  readonly name: string;
}

/** Who asks, and what rides along. */
export interface RequestContext {
  /** Who asks. */
  readonly user: UserInfo;
  /** What the client calls itself. */
  readonly userAgent: string;
  /** Adds a `Warning` header. */
  warn(text: string): void;
  /** Adds to the request's audit event; what was said first stays. Absent where nobody listens. */
  annotate?(key: string, value: string): void;
  /** Told how long a webhook was waited for. Absent where nobody listens. */
  waited?(duration_ms: number): void;
  /** Fires when the client is gone. */
  readonly signal?: AbortSignal;
}

/** How unknown and duplicate fields are treated. */
export type FieldValidation = "Ignore" | "Warn" | "Strict";

/** Options of create, update and patch, already validated. */
export interface WriteRequestOptions {
  /** Go through everything but the write itself. */
  readonly dryRun: boolean;
  /** `""`: derived from the user agent. */
  readonly fieldManager: string;
  /** What becomes of unknown and duplicate fields. */
  readonly fieldValidation: FieldValidation;
  /** The request says so itself; otherwise `fieldValidation` is the default. */
  readonly fieldValidationGiven?: boolean;
  /** Only apply patches: `undefined` when not given. */
  readonly force?: boolean;
}

/** `meta/v1` DeleteOptions, decoded and validated. */
export interface DeleteRequestOptions {
  /** Go through everything but the write itself. */
  readonly dryRun: boolean;
  /** Seconds to end gracefully; 0 is at once. */
  readonly gracePeriodSeconds?: number;
  /** What becomes of dependents. */
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** The older form of the propagation policy. */
  readonly orphanDependents?: boolean;
  /** Only when these still hold. */
  readonly preconditions?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
}

/** `meta/v1` ListOptions as they came; the registry parses and checks selectors and versions. */
export interface ListRequestOptions {
  /** As it came; `""` selects everything. */
  readonly labelSelector: string;
  /** As it came; `""` selects everything. */
  readonly fieldSelector: string;
  /** At most so many. */
  readonly limit: number;
  /** Where a page starts, as a list answered it. */
  readonly continue: string;
  /** The version of the whole list, or the one asked for. */
  readonly resourceVersion: string;
  /** How `resourceVersion` is meant. */
  readonly resourceVersionMatch: string;
  /** Whether BOOKMARK events are wanted. */
  readonly allowWatchBookmarks: boolean;
  /** Whether a watch starts with what exists (WatchList). */
  readonly sendInitialEvents?: boolean;
  /** Seconds; 0 or undefined: the server's choice. */
  readonly timeoutSeconds?: number;
}

/** A patch body, parsed but not yet applied. */
export interface PatchRequest {
  /** What the patch is. */
  readonly kind: "json" | "merge" | "strategic" | "apply";
  /** The patch itself. */
  readonly body: JsonValue;
  /** The body as it came, for errors that quote it. Default: `body` as JSON. */
  readonly text?: string;
  /** Problems that a strict decoder found in the body's text (duplicate members). */
  readonly strictErrors: readonly string[];
  /** How the numbers in the body were written. */
  readonly literals?: NumberLiterals;
  /** Why the body is no patch of its kind: said once there is an object to patch. */
  readonly problem?: StatusError;
}

/** An object in the version that was asked for, with the entry that it is of (for shared encodings) when nothing was converted. */
export interface ObjectResult {
  /** In the version that was asked for. */
  readonly object: KubeObject;
  /** What it is stored as, when nothing was converted. */
  readonly entry?: Entry;
  /** 201 rather than 200. */
  readonly created?: boolean;
}

/** A list in the version that was asked for. */
export interface ListResult {
  /** The objects, in the order of namespace and name. */
  readonly items: readonly ObjectResult[];
  /** The version of the whole list, or the one asked for. */
  readonly resourceVersion: string;
  /** Where a page starts, as a list answered it. */
  readonly continue?: string;
  /** How many objects come after this page. */
  readonly remainingItemCount?: number;
}

/** An event of a watch in the version that was asked for. */
export interface WatchResult {
  /** What happened. */
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  /** For ERROR a Status. */
  readonly object: KubeObject;
  /** What it is stored as, when nothing was converted. */
  readonly entry?: Entry;
}

/** An open watch. Pull it; it holds no queue. */
export interface WatchStream {
  /** The next batch of events, or `undefined` at its end (timeout, abort, store closed). */
  next(): Promise<readonly WatchResult[] | undefined>;
  /** What there is now: `[]` when nothing is, a promise where objects have to be converted first, `undefined` at the end. */
  take(): readonly WatchResult[] | Promise<readonly WatchResult[]> | undefined;
  /** Calls back once, when there may be something to take or the end has come. */
  notify(callback: () => void): void;
  /** Ends the stream; a pending `next` answers `undefined`. */
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
  /** Reads an object. */
  get(
    context: RequestContext,
    target: Target,
    resourceVersion: string,
  ): Promise<ObjectResult>;
  /** Reads what the options select. */
  list(
    context: RequestContext,
    target: Target,
    options: ListRequestOptions,
  ): Promise<ListResult>;
  /** Follows what the options select. */
  watch(
    context: RequestContext,
    target: Target,
    options: ListRequestOptions,
  ): Promise<WatchStream>;
  /** Creates; the server fills in what is missing. */
  create(
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  /** Replaces an object. */
  update(
    context: RequestContext,
    target: Target,
    object: KubeObject,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  /** Changes an object, or applies to it. */
  patch(
    context: RequestContext,
    target: Target,
    patch: PatchRequest,
    options: WriteRequestOptions,
  ): Promise<ObjectResult>;
  /** Deletes an object, or begins to. */
  delete(
    context: RequestContext,
    target: Target,
    options: DeleteRequestOptions,
  ): Promise<DeleteResult>;
  /** Deletes everything that the query selects. */
  deleteCollection(
    context: RequestContext,
    target: Target,
    options: DeleteRequestOptions,
    list: ListRequestOptions,
  ): Promise<ListResult>;
}
