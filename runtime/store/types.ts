// What the store promises (design decision 4): one revision counter for a
// cluster, immutable objects, a bounded log of events that watchers read
// with cursors, and per resource an ordered map. Everything is synchronous:
// a write is visible, logged and acknowledged in one step.
// Source: etcd's revision semantics as kube-apiserver uses them.

import type { KubeObject } from "../object.ts";

/** One version of one object. */
export interface Entry {
  /** `group/resource` of the storage, such as `apps/deployments` or `/pods`. */
  readonly storage: string;
  /** `namespace/name`, or `name` for cluster-scoped ones. */
  readonly key: string;
  /** In the storage version, with `metadata.resourceVersion` set. Never changed. */
  readonly object: KubeObject;
  /** The store revision at which it was written. */
  readonly revision: number;
  /** Encodings made of it so far, by content type and shape; shared by all readers and watchers. */
  readonly encodings: Map<string, Uint8Array>;
}

/** What happened to an object. */
export interface StoreEvent {
  /** What happened. */
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** The store revision of the write. */
  readonly revision: number;
  /** After the change; for DELETED the last state, with the deletion's revision as its resourceVersion. */
  readonly entry: Entry;
  /** Before the change. Absent for ADDED. */
  readonly previous?: Entry;
}

/** A page of a list. */
export interface Page {
  /** The objects of this page in order. */
  readonly entries: readonly Entry[];
  /** The revision the whole list is of. */
  readonly revision: number;
  /** The key after which the next page starts, when there are more. */
  readonly next?: string;
  /** How many come after this page. */
  readonly remaining: number;
}

/** Which objects of a storage. */
export interface Range {
  /** Only this namespace. */
  readonly namespace?: string;
  /** Only keys after this one (exclusive). */
  readonly after?: string;
  /** At most so many. */
  readonly limit?: number;
  /** As of this revision; throws `expired` when it has been compacted. Default: now. */
  readonly revision?: number;
  /** Only these. Entries that it refuses count neither for `limit` nor for `remaining`. */
  readonly filter?: (entry: Entry) => boolean;
}

/** A reader's place in the event log. It owns no queue. */
export interface Cursor {
  /** The revision up to which everything has been read. */
  readonly revision: number;
  /** Up to `max` further events of the storage, or `undefined` when none waits. Throws `expired` (410) when it has fallen off the log. */
  read(max?: number): readonly StoreEvent[] | undefined;
  /** Resolves when there may be something to read, or when the store closes or the signal aborts. */
  wait(signal?: AbortSignal): Promise<void>;
  /** As `wait`, with a call instead of a promise: watchers by the thousand are told in one go. Each call replaces the one before. */
  notify(callback: () => void, signal?: AbortSignal): void;
  /** Resolves a pending wait although nothing has happened. */
  wake?(): void;
  /** Stops reading. */
  close(): void;
}

/** Told of every commit before it is acknowledged; what persistence hangs on to. */
export interface Journal {
  /** Called once for each write, in order; throwing refuses the write. */
  append(event: StoreEvent): void;
}

/** What a journal kept: the last word on every object that was ever written. */
export interface Restored {
  /** The revision of the last write. */
  readonly revision: number;
  /** `object` is absent for objects that were removed. */
  readonly objects: Iterable<{
    readonly storage: string;
    readonly key: string;
    readonly object: KubeObject | undefined;
    readonly revision: number;
  }>;
}

/** A cluster's data. */
export interface Store {
  /** The revision of the latest write. */
  readonly revision: number;
  /** Set once the store has been closed: readers are to end. */
  readonly closed?: boolean;
  /** The oldest revision that can still be watched or listed. */
  readonly compactRevision: number;
  /** The present version of an object. */
  get(storage: string, key: string): Entry | undefined;
  /** A page of a storage, in the order of keys. */
  list(storage: string, range?: Range): Page;
  /** How many objects a storage holds. */
  count(storage: string, namespace?: string): number;
  /** The storages that hold or have held an object. */
  storages(): Iterable<string>;
  /**
   * Writes. `expected` is the revision the object must be at: 0 for "must not
   * exist", absent for "whatever it is". Answers the new entry, or `undefined`
   * when the expectation does not hold (nothing is then written). The store
   * sets `metadata.resourceVersion` on a shallow copy.
   */
  put(
    storage: string,
    key: string,
    object: KubeObject,
    expected?: number,
  ): Entry | undefined;
  /** Removes; `expected` as in `put`. `last` replaces the state that the DELETED event shows. */
  remove(
    storage: string,
    key: string,
    expected?: number,
    last?: KubeObject,
  ): Entry | undefined;
  /** Follows one storage (or all, `""`) from after `revision`. Throws `expired` when that has been compacted. */
  watch(storage: string, revision: number): Cursor;
}
