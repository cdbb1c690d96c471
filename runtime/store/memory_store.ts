// The store of one cluster in memory (design decision 4): one revision
// counter, ordered maps, a bounded log. Synchronous and deterministic; it
// neither validates nor authorizes. Source: etcd's revision semantics as
// kube-apiserver uses them (a fresh etcd is at revision 1).

import type { KubeObject } from "../object.ts";
import { expired } from "../status.ts";
import { Cursors } from "./_cursor.ts";
import { EventLog } from "./_event_log.ts";
import { listPage } from "./_list.ts";
import { Shelf } from "./_shelf.ts";
import type { Cursor, Entry, Journal, Page, Range, Restored, Store, StoreEvent } from "./types.ts";

/** What a reader gets whose place in history is gone. */
const COMPACTED = "The resourceVersion for the provided watch is too old.";

/** The state of a store, shared by the stores that start from it. Made by {@linkcode MemoryStore.freeze}. */
export class FrozenBase {
  /** The revision it was frozen at. */
  readonly revision: number;
  /** The oldest revision whose successors are known. */
  readonly compactRevision: number;
  /** @internal */
  readonly shelves: ReadonlyMap<string, Shelf>;
  /** @internal */
  readonly log: EventLog;

  /** @internal */
  constructor(
    revision: number,
    compactRevision: number,
    shelves: ReadonlyMap<string, Shelf>,
    log: EventLog,
  ) {
    this.revision = revision;
    this.compactRevision = compactRevision;
    this.shelves = shelves;
    this.log = log;
  }
}

/** Options of a {@linkcode MemoryStore}. */
export interface MemoryStoreOptions {
  /** Starts as this state. */
  readonly base?: FrozenBase;
  /** How many events are kept for watchers and historic lists. Default 4096. */
  readonly events_max?: number;
  /** Told of every commit before it is acknowledged. */
  readonly journal?: Journal;
  /** What an earlier process left, on the same base. */
  readonly restored?: Restored;
  /** Begins at this revision, if it is later than the base's; earlier ones can be neither watched nor listed. */
  readonly firstRevision?: number;
}

/** One version of one object. Most entries are never encoded, so the map is made on demand. */
class StoredEntry implements Entry {
  readonly storage: string;
  readonly key: string;
  readonly object: KubeObject;
  readonly revision: number;
  #encodings: Map<string, Uint8Array> | undefined;

  constructor(
    storage: string,
    key: string,
    object: KubeObject,
    revision: number,
  ) {
    this.storage = storage;
    this.key = key;
    this.object = object;
    this.revision = revision;
  }

  get encodings(): Map<string, Uint8Array> {
    return this.#encodings ??= new Map();
  }
}

/** A shallow copy of the object with that resourceVersion. */
function withRevision(object: KubeObject, revision: number): KubeObject {
  return {
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(revision) },
  };
}

const DEFAULT_EVENTS_MAX = 4096;

/**
 * A cluster's data in memory.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@capim/capim/runtime";
 *
 * const store = new MemoryStore();
 * store.put("/configmaps", "default/a", {
 *   apiVersion: "v1",
 *   kind: "ConfigMap",
 *   metadata: { name: "a", namespace: "default" },
 * });
 * console.assert(store.count("/configmaps") === 1);
 * ```
 */
export class MemoryStore implements Store {
  readonly #base: FrozenBase | undefined;
  readonly #shelves = new Map<string, Shelf>();
  readonly #log = new EventLog();
  readonly #cursors: Cursors = new Cursors(this);
  readonly #events_max: number;
  readonly #journal: Journal | undefined;
  #revision: number;
  #compactRevision: number;
  /** Revisions below were given up on purpose, not only pushed out. */
  #compacted: number;
  /** The last question of a reader, and its answer. */
  #answered:
    | { storage: string; revision: number; max: number; now: number; events: StoreEvent[] }
    | undefined;
  #closed = false;
  readonly #observers = new Set<(event: StoreEvent) => void>();

  /** Empty at revision 1, or at its base. */
  constructor(options: MemoryStoreOptions = {}) {
    this.#base = options.base;
    this.#events_max = options.events_max ?? DEFAULT_EVENTS_MAX;
    this.#journal = options.journal;
    this.#revision = options.base?.revision ?? 1;
    this.#compactRevision = this.#compacted = options.base?.compactRevision ??
      0;
    if (options.restored !== undefined) this.#restore(options.restored);
    const { firstRevision = 0 } = options;
    if (firstRevision > this.#revision) {
      this.#revision = firstRevision;
      this.compact(firstRevision);
    }
  }

  /** Takes over earlier state. Watchers and pagers from before it must list again. */
  #restore({ revision, objects }: Restored): void {
    for (const { storage, key, object, revision } of objects) {
      const shelf = this.#writable(storage);
      if (object === undefined) shelf.delete(key);
      else shelf.set(key, new StoredEntry(storage, key, object, revision));
    }
    this.#revision = Math.max(this.#revision, revision);
    this.compact(this.#revision);
  }

  /** The revision of the latest write. */
  get revision(): number {
    return this.#revision;
  }

  /** The oldest revision that can still be watched or listed, whatever the storage. */
  get compactRevision(): number {
    return this.#compactRevision;
  }

  /** Whether {@linkcode close} has been called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The present version of one object. */
  get(storage: string, key: string): Entry | undefined {
    return this.#shelf(storage)?.entries.get(key);
  }

  /** A page of a storage in the order of keys. */
  list(storage: string, range: Range = {}): Page {
    const revision = range.revision ?? this.#revision;
    const shelf = this.#shelf(storage);
    if (revision < Math.max(this.#compacted, shelf?.lost ?? 0)) {
      throw expired("The resourceVersion for the provided list is too old.");
    }
    return listPage(shelf, revision, range);
  }

  /** How many objects a storage holds. */
  count(storage: string, namespace?: string): number {
    const shelf = this.#shelf(storage);
    if (shelf === undefined) return 0;
    if (namespace === undefined) return shelf.entries.size;
    return listPage(shelf, this.#revision, { namespace }).entries.length;
  }

  /** The storages that hold or have held an object. */
  *storages(): Generator<string> {
    if (this.#base !== undefined) yield* this.#base.shelves.keys();
    for (const storage of this.#shelves.keys()) {
      if (!this.#base?.shelves.has(storage)) yield storage;
    }
  }

  /** Writes; see {@linkcode Store.put}. */
  put(
    storage: string,
    key: string,
    object: KubeObject,
    expected?: number,
  ): Entry | undefined {
    const previous = this.get(storage, key);
    if (expected !== undefined && expected !== (previous?.revision ?? 0)) {
      return undefined;
    }
    const revision = this.#revision + 1;
    const entry = new StoredEntry(
      storage,
      key,
      withRevision(object, revision),
      revision,
    );
    this.#commit(
      previous === undefined
        ? { type: "ADDED", revision, entry }
        : { type: "MODIFIED", revision, entry, previous },
    );
    return entry;
  }

  /** Removes; see {@linkcode Store.remove}. Answers the entry as the DELETED event shows it. */
  remove(
    storage: string,
    key: string,
    expected?: number,
    last?: KubeObject,
  ): Entry | undefined {
    const previous = this.get(storage, key);
    if (previous === undefined) return undefined;
    if (expected !== undefined && expected !== previous.revision) {
      return undefined;
    }
    const revision = this.#revision + 1;
    const object = withRevision(last ?? previous.object, revision);
    const entry = new StoredEntry(storage, key, object, revision);
    this.#commit({ type: "DELETED", revision, entry, previous });
    return entry;
  }

  /** Follows one storage, or all (`""`), from after `revision`. */
  watch(storage: string, revision: number): Cursor {
    if (revision < this.#compacted || revision < this.#lost(storage)) {
      throw expired(COMPACTED);
    }
    return this.#cursors.open(storage, revision);
  }

  /** Gives up history up to `revision`, as etcd's compaction does: earlier revisions can be neither watched nor listed. */
  compact(revision: number): void {
    const until = Math.min(revision, this.#revision);
    this.#compacted = Math.max(this.#compacted, until);
    this.#compactRevision = Math.max(this.#compactRevision, until);
    this.#log.dropThrough(until);
    for (const storage of [...this.storages()]) {
      const shelf = this.#writable(storage);
      shelf.log.dropThrough(until);
      shelf.lost = Math.max(shelf.lost, until);
    }
  }

  /** This state for other stores to start from. This store stays usable. */
  freeze(): FrozenBase {
    const shelves = new Map<string, Shelf>();
    for (const storage of this.storages()) {
      const shelf = this.#shelf(storage)!;
      shelf.keys();
      shelf.shared = true;
      shelves.set(storage, shelf);
    }
    const log = this.#base?.log.copy() ?? new EventLog();
    for (const event of this.#log.after(0, Infinity)) log.push(event);
    log.dropThrough(this.#compactRevision);
    return new FrozenBase(this.#revision, this.#compactRevision, shelves, log);
  }

  /** Wakes all readers for the last time. */
  close(): void {
    this.#closed = true;
    this.#cursors.wakeAll();
  }

  /** @internal What a cursor reads. The array must not be changed. */
  eventsAfter(storage: string, revision: number, max: number): StoreEvent[] {
    if (revision < this.#lost(storage)) throw expired(COMPACTED);
    if (storage !== "") return this.#storageEventsAfter(storage, revision, max);
    const base = this.#base?.log.after(revision, max) ?? [];
    return base.length >= max ? base : [...base, ...this.#log.after(revision, max - base.length)];
  }

  /** Watchers come by the thousand with the same question: all get the same array. */
  #storageEventsAfter(storage: string, revision: number, max: number): StoreEvent[] {
    const last = this.#answered;
    if (
      last !== undefined && last.revision === revision && last.now === this.#revision &&
      last.storage === storage && last.max === max
    ) return last.events;
    const events = this.#shelf(storage)?.log.after(revision, max) ?? [];
    this.#answered = { storage, revision, max, now: this.#revision, events };
    return events;
  }

  #lost(storage: string): number {
    return storage === "" ? this.#compactRevision : this.#shelf(storage)?.lost ?? 0;
  }

  #shelf(storage: string): Shelf | undefined {
    return this.#shelves.get(storage) ?? this.#base?.shelves.get(storage);
  }

  /** The storage's shelf as this store's own. */
  #writable(storage: string): Shelf {
    const found = this.#shelf(storage);
    if (found !== undefined && !found.shared) return found;
    const own = new Shelf(found);
    this.#shelves.set(storage, own);
    return own;
  }

  #commit(event: StoreEvent): void {
    this.#journal?.append(event);
    const { storage, key } = event.entry;
    const shelf = this.#writable(storage);
    if (event.type === "DELETED") shelf.delete(key);
    else shelf.set(key, event.entry);
    this.#revision = event.revision;
    shelf.log.push(event);
    this.#log.push(event);
    if (this.#log.length > this.#events_max) this.#forgetOldest();
    this.#cursors.wake(storage);
    for (const observe of this.#observers) observe(event);
  }

  /**
   * Calls `observer` at the end of every write, before the writer goes on. It
   * may write itself. Gives back how to stop that.
   */
  observe(observer: (event: StoreEvent) => void): () => void {
    this.#observers.add(observer);
    return () => void this.#observers.delete(observer);
  }

  #forgetOldest(): void {
    const oldest = this.#log.first()!;
    this.#log.shift();
    this.#compactRevision = oldest.revision;
    const shelf = this.#writable(oldest.entry.storage);
    shelf.log.dropThrough(oldest.revision);
    shelf.lost = oldest.revision;
  }
}
