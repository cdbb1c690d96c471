// How controllers see a cluster: the one interface that has an in-process
// implementation (no encoding at all) and one over the wire. The vocabulary
// is controller-runtime's and client-go's. Every failure is a `StatusError`.

import type { JsonValue, KubeObject } from "./object.ts";

/** Which resource: `apiVersion` and plural resource name, such as `{ apiVersion: "apps/v1", resource: "deployments" }`. */
export interface ResourceRef {
  /** `group/version`, or just the version for the core group. */
  readonly apiVersion: string;
  /** The plural resource name. */
  readonly resource: string;
}

/** Which object. `namespace` is absent for cluster-scoped ones. */
export interface ObjectKey {
  /** The namespace; absent for cluster-scoped objects. */
  readonly namespace?: string;
  /** The object's name. */
  readonly name: string;
}

/** Options of reads of many. */
export interface ListQuery {
  /** The namespace; absent for cluster-scoped objects. */
  readonly namespace?: string;
  /** Label selector text, such as `app=web,tier!=db`. */
  readonly labels?: string;
  /** Field selector text, such as `spec.nodeName=a`. */
  readonly fields?: string;
  /** At most so many. */
  readonly limit?: number;
  /** Where the next page starts; absent or empty at the end. */
  readonly continue?: string;
  /** The version of the object, opaque to clients. */
  readonly resourceVersion?: string;
}

/** A list of objects and the revision it is of. */
export interface ObjectList {
  /** The objects, in the order of namespace and name. */
  readonly items: readonly KubeObject[];
  /** The version of the object, opaque to clients. */
  readonly resourceVersion: string;
  /** Where the next page starts; absent or empty at the end. */
  readonly continue?: string;
}

/** Options of every write. */
export interface WriteOptions {
  /** Who owns the written fields in managedFields. */
  readonly fieldManager?: string;
  /** Go through everything but the write itself. */
  readonly dryRun?: boolean;
  /** Write this subresource, such as `status` or `scale`. */
  readonly subresource?: string;
}

/** Options of deletions. */
export interface DeleteQuery {
  /** What becomes of dependents. */
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  /** Seconds to end gracefully; 0 is at once. */
  readonly gracePeriodSeconds?: number;
  /** Only when these still hold. */
  readonly preconditions?: {
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
  /** Go through everything but the write itself. */
  readonly dryRun?: boolean;
}

/** A change seen by a watch. BOOKMARK events carry only a resourceVersion. */
export interface WatchEvent {
  /** What happened. */
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  /** The object. */
  readonly object: KubeObject;
}

/** How a patch is to be understood. */
export type PatchKind = "json" | "merge" | "strategic" | "apply";

/** Reads and writes the objects of one cluster. Objects given out must not be changed: copy them first. */
export interface Client {
  /** Throws NotFound. */
  get(
    ref: ResourceRef,
    key: ObjectKey,
    options?: { subresource?: string },
  ): Promise<KubeObject>;
  /** The objects that the query selects. */
  list(ref: ResourceRef, query?: ListQuery): Promise<ObjectList>;
  /**
   * The events after `query.resourceVersion`; without one, the present state as ADDED events first.
   * Ends when the signal aborts; throws Expired when the client must list again.
   */
  watch(
    ref: ResourceRef,
    query?: ListQuery & { signal?: AbortSignal; bookmarks?: boolean },
  ): AsyncIterable<WatchEvent>;
  /** Creates; the server fills in what is missing. */
  create(
    ref: ResourceRef,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject>;
  /** Replaces; conflicts when `metadata.resourceVersion` is set and stale. */
  update(
    ref: ResourceRef,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject>;
  /** Patches; `force` takes over the fields of other appliers. */
  patch(
    ref: ResourceRef,
    key: ObjectKey,
    kind: PatchKind,
    patch: JsonValue,
    options?: WriteOptions & { force?: boolean },
  ): Promise<KubeObject>;
  /** Deletes. What remains (finalizers, grace) shows in a later get. */
  delete(
    ref: ResourceRef,
    key: ObjectKey,
    options?: DeleteQuery,
  ): Promise<void>;
  /** Deletes everything that the query selects. */
  deleteCollection(
    ref: ResourceRef,
    query?: ListQuery,
    options?: DeleteQuery,
  ): Promise<void>;
}
