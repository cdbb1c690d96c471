// One resource of one cluster kept in memory: listed once, followed by a
// watch, listed again when the watch has fallen behind. Objects given out
// are the stored ones: copy before changing. Source: client-go's Reflector
// and SharedIndexInformer; writes of the own client are seen at once
// (`observe`), so a controller never acts on a state older than its own acts.

import { type Clock, sleep } from "../clock.ts";
import type { Client, ResourceRef } from "../client.ts";
import type { LogFields, Logger, LogLevel } from "../log.ts";
import type { KubeObject } from "../object.ts";
import { StatusError } from "../status.ts";
import type { Change } from "./types.ts";

/** Computes the values under which an object is found in an index. */
export type IndexFunction = (object: KubeObject) => readonly string[];

/** Options of an {@linkcode Informer}. */
export interface InformerOptions {
  /** The cluster. */
  readonly client: Client;
  /** Which resource. */
  readonly ref: ResourceRef;
  /** All time. */
  readonly clock: Clock;
  /** Where to say what is done. */
  readonly logger: Logger;
  /** Only this namespace. */
  readonly namespace?: string;
  /** Only what this label selector selects. */
  readonly labels?: string;
  /** What is kept of an object; default all. */
  keep?(object: KubeObject): KubeObject;
}

interface Index {
  readonly values: IndexFunction;
  readonly keys: Map<string, Set<string>>;
}

const RETRY_MS_FIRST = 800;
const RETRY_MS_MAX = 30_000;
const WATCH_MS_MIN = 1_000;
const EXPIRED_AGAIN_MS = 60_000;
const WARN_FIRST = 3;
const WARN_EVERY = 20;

/** The key of an object within its resource. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

function keyOf({ metadata }: KubeObject): string {
  return objectKey(metadata.namespace, metadata.name ?? "");
}

// Resource versions of one resource are ordered numbers (KEP-5504).
function revisionOf(object: KubeObject): number {
  return Number(object.metadata.resourceVersion ?? "0");
}

/** Whether what a later list shows has a smaller revision. */
function isSetBack(known: KubeObject, listed: KubeObject): boolean {
  return revisionOf(listed) < revisionOf(known);
}

/** The objects of one resource, kept up to date. */
export class Informer {
  /** Which resource. */
  readonly ref: ResourceRef;
  readonly #options: InformerOptions;
  readonly #objects = new Map<string, KubeObject>();
  readonly #namespaces = new Map<string, Map<string, KubeObject>>();
  readonly #indexes = new Map<string, Index>();
  readonly #listeners = new Set<(change: Change) => void>();
  /** Objects whose deletion was seen ahead of the watch: key → uid. */
  readonly #tombstones = new Map<string, string>();
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;
  #missing = false;
  #started = false;

  /** Does nothing before {@linkcode start}. */
  constructor(options: InformerOptions) {
    this.ref = options.ref;
    this.#options = options;
    this.#synced.promise.catch(() => {});
  }

  /** Whether the first list is in. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Whether the cluster said last that it serves no such resource. */
  get missing(): boolean {
    return this.#missing;
  }

  /** How many objects are known. */
  get size(): number {
    return this.#objects.size;
  }

  /** Resolves once the first list is in; rejects when the informer is stopped before. */
  synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Lists and follows until the signal aborts. A second call is a no-op. */
  start(signal: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    this.#run(signal).catch((error) => {
      this.#synced.reject(error);
    });
  }

  /** Adds an index; objects already known are indexed. A second one of that name is ignored. */
  addIndex(name: string, values: IndexFunction): void {
    if (this.#indexes.has(name)) return;
    const index: Index = { values, keys: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) addTo(index, key, object);
  }

  /** Whether there is an index of that name. */
  hasIndex(name: string): boolean {
    return this.#indexes.has(name);
  }

  /** The object of that name, or `undefined`. */
  get(namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(objectKey(namespace, name));
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): Iterable<KubeObject> {
    if (namespace === undefined || namespace === "") {
      return this.#objects.values();
    }
    return this.#namespaces.get(namespace)?.values() ?? [];
  }

  /** The objects that an index holds under `value`. Throws when there is no such index. */
  byIndex(name: string, value: string): KubeObject[] {
    const index = this.#indexes.get(name);
    if (index === undefined) {
      throw new TypeError(
        `Informer of ${this.ref.resource} has no index "${name}"`,
      );
    }
    const found: KubeObject[] = [];
    for (const key of index.keys.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  /** Calls `listener` with every change, first with what exists as ADDED. Gives back how to stop that. */
  listen(listener: (change: Change) => void): () => void {
    for (const object of this.#objects.values()) {
      listener({ type: "ADDED", object });
    }
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells every listener of every object, changed or not. */
  resync(): void {
    for (const object of [...this.#objects.values()]) {
      this.#tell({ type: "MODIFIED", object, previous: object });
    }
  }

  /** Takes in a newer state seen elsewhere (the answer to a write). Older and equal ones are ignored. */
  observe(object: KubeObject): void {
    const key = keyOf(object);
    const namespace = this.#options.namespace;
    if (namespace !== undefined && namespace !== object.metadata.namespace) {
      return;
    }
    if (
      this.#tombstones.get(key) === object.metadata.uid &&
      object.metadata.uid !== undefined
    ) {
      return;
    }
    const previous = this.#objects.get(key);
    if (previous !== undefined && revisionOf(previous) >= revisionOf(object)) {
      return;
    }
    this.#set(key, this.#options.keep?.(object) ?? object, previous);
  }

  /** Takes in that the object with this uid is gone, ahead of the watch. */
  observeDeleted(
    namespace: string | undefined,
    name: string,
    uid: string,
  ): void {
    const key = objectKey(namespace, name);
    const present = this.#objects.get(key);
    if (present === undefined || present.metadata.uid !== uid) return;
    this.#tombstones.set(key, uid);
    this.#remove(key, present);
  }

  async #run(signal: AbortSignal): Promise<void> {
    let retry_ms = RETRY_MS_FIRST;
    let failures = 0;
    let expired_ms = -Infinity;
    const { clock } = this.#options;
    while (!signal.aborted) {
      const begun_ms = clock.now();
      try {
        const revision = await this.#list();
        if (failures >= WARN_FIRST) this.#say("info", "Listed again after failures", { failures });
        await this.#follow(revision, signal);
      } catch (error) {
        if (signal.aborted) break;
        if (clock.now() - begun_ms > RETRY_MS_MAX) {
          retry_ms = RETRY_MS_FIRST;
          failures = 0;
        }
        if (error instanceof StatusError && error.code === 410) {
          // To be expected once; a server that says it of every watch is not to be asked for lists without end.
          const soon = clock.now() - expired_ms < EXPIRED_AGAIN_MS;
          expired_ms = clock.now();
          if (!soon) continue;
        }
        this.#missing = error instanceof StatusError && error.code === 404;
        // A cluster that restarts is back soon; what goes on failing wants an operator's look, now and then.
        const level = ++failures % WARN_EVERY === WARN_FIRST ? "warn" : "debug";
        this.#say(level, "Listing or watching failed", { failures, error });
        await sleep(clock, retry_ms, signal).catch(() => {});
        retry_ms = Math.min(retry_ms * 2, RETRY_MS_MAX);
      }
    }
    this.#synced.reject(
      new StatusError(503, "ServiceUnavailable", "informer stopped"),
    );
  }

  #say(level: LogLevel, message: string, fields: LogFields): void {
    const { apiVersion, resource } = this.ref;
    this.#options.logger[level](message, { apiVersion, resource, ...fields });
  }

  async #list(): Promise<string> {
    // A list is at least as new as all that was known when it was asked for: what of that it shows otherwise
    // is so, also when a cluster was set back (an etcd restored from a backup) and its revisions are smaller now.
    const before = new Map(this.#objects);
    const list = await this.#options.client.list(this.ref, this.#selection());
    this.#replace(list.items, before);
    this.#missing = false;
    if (!this.#hasSynced) {
      this.#hasSynced = true;
      this.#synced.resolve();
    }
    return list.resourceVersion;
  }

  /** Follows from `revision` until aborted or told to list again (thrown as Expired). */
  async #follow(revision: string, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    while (!signal.aborted) {
      const query = {
        ...this.#selection(),
        resourceVersion: revision,
        bookmarks: true,
        signal,
      };
      const begun_ms = clock.now();
      let seen = false;
      for await (const { type, object } of client.watch(this.ref, query)) {
        seen = true;
        const next = object.metadata.resourceVersion ?? revision;
        // Revisions only grow: these are of another history than the list.
        if (Number(next) < Number(revision)) {
          throw new StatusError(410, "Expired", `revision ${next} follows ${revision}`);
        }
        revision = next;
        if (type === "DELETED") this.#deleted(object);
        else if (type !== "BOOKMARK") this.observe(object);
      }
      // A server that ends watches at once is going away: ask it again, but not at full speed.
      if (!seen && !signal.aborted && clock.now() - begun_ms < WATCH_MS_MIN) {
        throw new StatusError(503, "ServiceUnavailable", "watch ended at once");
      }
    }
  }

  #selection(): { namespace?: string; labels?: string } {
    const { namespace, labels } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
    };
  }

  #replace(objects: readonly KubeObject[], before: ReadonlyMap<string, KubeObject>): void {
    const present = new Set<string>();
    for (const object of objects) {
      const key = keyOf(object);
      present.add(key);
      const known = this.#objects.get(key);
      if (known !== undefined && known === before.get(key) && isSetBack(known, object)) {
        this.#set(key, this.#options.keep?.(object) ?? object, known);
      } else this.observe(object);
    }
    for (const [key, object] of this.#objects) {
      // What has come while the list was under way is newer than the list.
      if (!present.has(key) && object === before.get(key)) this.#remove(key, object);
    }
    this.#tombstones.clear();
  }

  #deleted(object: KubeObject): void {
    const key = keyOf(object);
    if (this.#tombstones.get(key) === object.metadata.uid) {
      this.#tombstones.delete(key);
    }
    const present = this.#objects.get(key);
    // A new object of the same name may already be known from its creation.
    if (present === undefined || present.metadata.uid !== object.metadata.uid) {
      return;
    }
    this.#remove(key, present, object);
  }

  #set(
    key: string,
    object: KubeObject,
    previous: KubeObject | undefined,
  ): void {
    this.#objects.set(key, object);
    const namespace = object.metadata.namespace ?? "";
    let within = this.#namespaces.get(namespace);
    if (within === undefined) {
      this.#namespaces.set(namespace, within = new Map());
    }
    within.set(key, object);
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) removeFrom(index, key, previous);
      addTo(index, key, object);
    }
    this.#tell(
      previous === undefined ? { type: "ADDED", object } : { type: "MODIFIED", object, previous },
    );
  }

  #remove(key: string, present: KubeObject, last: KubeObject = present): void {
    this.#objects.delete(key);
    const namespace = present.metadata.namespace ?? "";
    const within = this.#namespaces.get(namespace);
    within?.delete(key);
    if (within?.size === 0) this.#namespaces.delete(namespace);
    for (const index of this.#indexes.values()) removeFrom(index, key, present);
    this.#tell({ type: "DELETED", object: last, previous: present });
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function addTo(index: Index, key: string, object: KubeObject): void {
  for (const value of index.values(object)) {
    let keys = index.keys.get(value);
    if (keys === undefined) index.keys.set(value, keys = new Set());
    keys.add(key);
  }
}

function removeFrom(index: Index, key: string, object: KubeObject): void {
  for (const value of index.values(object)) {
    const keys = index.keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) index.keys.delete(value);
  }
}
