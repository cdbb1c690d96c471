// A cluster for the tests of this folder: one map, one log of events, the
// semantics that reconciling depends on (uids, resource versions, conflicts,
// finalizers, status apart), and nothing else of an API server.

import type {
  Client,
  DeleteQuery,
  ListQuery,
  ObjectKey,
  ObjectList,
  PatchKind,
  ResourceRef,
  WatchEvent,
  WriteOptions,
} from "../client.ts";
import { clone, equal, type JsonValue, type KubeObject } from "../object.ts";
import { alreadyExists, conflict, expired, notFound } from "../status.ts";

interface Logged {
  readonly resource: string;
  readonly revision: number;
  readonly event: WatchEvent;
}

/** A cluster in memory. */
export class MemoryClient implements Client {
  revision = 0;
  /** Events before this revision can no longer be watched. */
  compacted = 0;
  /** Verbs in the order they came. */
  readonly calls: string[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #log: Logged[] = [];
  readonly #waiting = new Set<() => void>();
  #uid = 0;

  get(ref: ResourceRef, key: ObjectKey): Promise<KubeObject> {
    this.calls.push(`get ${ref.resource}`);
    const object = this.#objects.get(path(ref, key));
    if (object === undefined) {
      return Promise.reject(notFound(gr(ref), key.name));
    }
    return Promise.resolve(object);
  }

  list(ref: ResourceRef, query: ListQuery = {}): Promise<ObjectList> {
    this.calls.push(`list ${ref.resource}`);
    const items = [...this.#objects.entries()]
      .filter(([at, object]) =>
        at.startsWith(`${ref.resource}|`) &&
        (query.namespace === undefined ||
          object.metadata.namespace === query.namespace)
      )
      .map(([, object]) => object);
    return Promise.resolve({ items, resourceVersion: String(this.revision) });
  }

  async *watch(
    ref: ResourceRef,
    query: ListQuery & { signal?: AbortSignal } = {},
  ): AsyncIterable<WatchEvent> {
    let from = Number(query.resourceVersion ?? this.revision);
    this.calls.push(`watch ${ref.resource}`);
    while (!query.signal?.aborted) {
      if (from < this.compacted || from > this.revision) throw expired("too old resource version");
      const fresh = this.#log.filter(({ revision }) => revision > from);
      for (const { resource, revision, event } of fresh) {
        from = revision;
        if (resource === ref.resource) yield event;
      }
      if (fresh.length === 0) await this.#change(query.signal);
    }
  }

  create(ref: ResourceRef, object: KubeObject): Promise<KubeObject> {
    this.calls.push(`create ${ref.resource}`);
    const { namespace, name = "" } = object.metadata;
    const at = path(ref, {
      ...(namespace === undefined ? {} : { namespace }),
      name,
    });
    if (this.#objects.has(at)) {
      return Promise.reject(alreadyExists(gr(ref), name));
    }
    const made = clone(object);
    made.metadata.uid = `uid-${++this.#uid}`;
    made.metadata.generation = 1;
    return Promise.resolve(this.#store(ref, at, made, "ADDED"));
  }

  update(
    ref: ResourceRef,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    const { namespace, name = "" } = object.metadata;
    const key = { ...(namespace === undefined ? {} : { namespace }), name };
    return this.#change_(ref, key, () => clone(object), options);
  }

  patch(
    ref: ResourceRef,
    key: ObjectKey,
    _kind: PatchKind,
    patch: JsonValue,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    this.calls.push(
      `patch ${ref.resource}${options?.subresource ? "/status" : ""}`,
    );
    return this.#change_(
      ref,
      key,
      (old) => merge(old, patch) as unknown as KubeObject,
      options,
    );
  }

  delete(
    ref: ResourceRef,
    key: ObjectKey,
    _query?: DeleteQuery,
  ): Promise<void> {
    this.calls.push(`delete ${ref.resource}`);
    const at = path(ref, key);
    const old = this.#objects.get(at);
    if (old === undefined) return Promise.reject(notFound(gr(ref), key.name));
    const object = clone(old);
    object.metadata.deletionTimestamp ??= "2026-01-01T00:00:00Z";
    if ((object.metadata.finalizers ?? []).length > 0) {
      this.#store(ref, at, object, "MODIFIED");
    } else this.#drop(ref, at, object);
    return Promise.resolve();
  }

  deleteCollection(): Promise<void> {
    return Promise.resolve();
  }

  #change_(
    ref: ResourceRef,
    key: ObjectKey,
    make: (old: KubeObject) => KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    const at = path(ref, key);
    const old = this.#objects.get(at);
    if (old === undefined) return Promise.reject(notFound(gr(ref), key.name));
    const wanted = make(old);
    const version = wanted.metadata.resourceVersion;
    if (version !== undefined && version !== old.metadata.resourceVersion) {
      return Promise.reject(
        conflict(gr(ref), key.name, "the object has been modified"),
      );
    }
    const object = options?.subresource === "status"
      ? { ...clone(old), status: wanted.status }
      : { ...wanted, status: old.status };
    if (equal(object, old)) return Promise.resolve(old);
    if (
      object.metadata.deletionTimestamp !== undefined &&
      (object.metadata.finalizers ?? []).length === 0
    ) {
      return Promise.resolve(this.#drop(ref, at, object));
    }
    return Promise.resolve(this.#store(ref, at, object, "MODIFIED"));
  }

  #store(
    ref: ResourceRef,
    at: string,
    object: KubeObject,
    type: "ADDED" | "MODIFIED",
  ): KubeObject {
    object.metadata = {
      ...object.metadata,
      resourceVersion: String(++this.revision),
    };
    this.#objects.set(at, object);
    this.#tell(ref, { type, object });
    return object;
  }

  #drop(ref: ResourceRef, at: string, object: KubeObject): KubeObject {
    object.metadata = {
      ...object.metadata,
      resourceVersion: String(++this.revision),
    };
    this.#objects.delete(at);
    this.#tell(ref, { type: "DELETED", object });
    return object;
  }

  #tell(ref: ResourceRef, event: WatchEvent): void {
    this.#log.push({ resource: ref.resource, revision: this.revision, event });
    this.wake();
  }

  /** Forgets everything after a revision, as a store does that is restored from a backup. */
  setBack(revision: number): void {
    this.revision = revision;
    this.#log.splice(0, this.#log.length, ...this.#log.filter((one) => one.revision <= revision));
    this.#objects.clear();
    for (const { resource, event: { type, object } } of this.#log) {
      const { namespace, name = "" } = object.metadata;
      const key = { ...(namespace === undefined ? {} : { namespace }), name };
      const at = path({ apiVersion: "v1", resource }, key);
      if (type === "DELETED") this.#objects.delete(at);
      else this.#objects.set(at, object);
    }
    this.wake();
  }

  /** Makes open watches look again. */
  wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

function path(ref: ResourceRef, key: ObjectKey): string {
  return `${ref.resource}|${key.namespace ?? ""}/${key.name}`;
}

function gr(ref: ResourceRef): { group: string; resource: string } {
  return { group: "", resource: ref.resource };
}

function merge(old: unknown, patch: JsonValue): JsonValue {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) {
    return patch;
  }
  const base = typeof old === "object" && old !== null && !Array.isArray(old) ? old : {};
  const result: Record<string, JsonValue | undefined> = { ...base as object };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = merge(result[key], value);
  }
  return result;
}
