// A client whose reads of watched resources come from the cache and whose
// writes tell the cache their outcome, so that a controller always reads at
// least its own writes. Resources that nobody watches, subresources and
// selectors beyond equality go to the cluster itself. Source:
// controller-runtime's delegating client; the write-through is ours.

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
import { type JsonValue, type KubeObject, parseApiVersion } from "../object.ts";
import { notFound, StatusError } from "../status.ts";
import { type Cache, labelIndex } from "./cache.ts";
import type { Informer } from "./informer.ts";

/** Reads through a cache. */
export class CachedClient implements Client {
  readonly #client: Client;
  readonly #cache: Cache;

  /** Makes no informers of its own: what is watched is cached. */
  constructor(client: Client, cache: Cache) {
    this.#client = client;
    this.#cache = cache;
  }

  /** Throws NotFound. */
  get(
    ref: ResourceRef,
    key: ObjectKey,
    options?: { subresource?: string },
  ): Promise<KubeObject> {
    const informer = this.#synced(ref);
    if (informer === undefined || options?.subresource !== undefined) {
      return this.#client.get(ref, key, options);
    }
    const object = informer.get(key.namespace, key.name);
    if (object !== undefined) return Promise.resolve(object);
    const { group } = parseApiVersion(ref.apiVersion);
    return Promise.reject(
      notFound({ group, resource: ref.resource }, key.name),
    );
  }

  /** Lists; `resourceVersion` is `""` when the answer comes from the cache. */
  list(ref: ResourceRef, query: ListQuery = {}): Promise<ObjectList> {
    const informer = this.#synced(ref);
    const pairs = equalityPairs(query.labels);
    if (
      informer === undefined || pairs === undefined ||
      query.fields !== undefined ||
      query.limit !== undefined || query.continue !== undefined ||
      query.resourceVersion !== undefined
    ) {
      return this.#client.list(ref, query);
    }
    return Promise.resolve({
      items: this.#select(informer, query.namespace, pairs),
      resourceVersion: "",
    });
  }

  /** Watches the cluster itself. */
  watch(
    ref: ResourceRef,
    query?: ListQuery & { signal?: AbortSignal; bookmarks?: boolean },
  ): AsyncIterable<WatchEvent> {
    return this.#client.watch(ref, query);
  }

  /** Creates. */
  async create(
    ref: ResourceRef,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    return this.#written(
      ref,
      await this.#client.create(ref, object, options),
      options,
    );
  }

  /** Replaces. */
  async update(
    ref: ResourceRef,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    const answer = await this.#client.update(ref, object, options);
    return await this.#settle(ref, answer, options);
  }

  /** Patches. */
  async patch(
    ref: ResourceRef,
    key: ObjectKey,
    kind: PatchKind,
    patch: JsonValue,
    options?: WriteOptions & { force?: boolean },
  ): Promise<KubeObject> {
    const answer = await this.#client.patch(ref, key, kind, patch, options);
    return await this.#settle(ref, answer, options);
  }

  /** Deletes. */
  async delete(
    ref: ResourceRef,
    key: ObjectKey,
    options?: DeleteQuery,
  ): Promise<void> {
    const informer = this.#synced(ref);
    const before = informer?.get(key.namespace, key.name);
    await this.#client.delete(ref, key, options);
    if (
      informer === undefined || before === undefined || options?.dryRun === true
    ) return;
    await this.#look(informer, ref, before);
  }

  /** Deletes many; the cache learns of it from its watch. */
  deleteCollection(
    ref: ResourceRef,
    query?: ListQuery,
    options?: DeleteQuery,
  ): Promise<void> {
    return this.#client.deleteCollection(ref, query, options);
  }

  #synced(ref: ResourceRef): Informer | undefined {
    const informer = this.#cache.peek(ref);
    return informer?.hasSynced ? informer : undefined;
  }

  #select(
    informer: Informer,
    namespace: string | undefined,
    pairs: readonly [string, string | undefined][],
  ): KubeObject[] {
    const indexed = pairs.find(([label, value]) =>
      value !== undefined && this.#cache.indexLabels.includes(label)
    );
    const candidates = indexed === undefined
      ? informer.list(namespace)
      : informer.byIndex(labelIndex(indexed[0]), indexed[1] ?? "");
    const found: KubeObject[] = [];
    for (const object of candidates) {
      const { metadata } = object;
      if (
        namespace !== undefined && namespace !== "" &&
        metadata.namespace !== namespace
      ) continue;
      if (
        pairs.every(([label, value]) => {
          const actual = metadata.labels?.[label];
          return value === undefined ? actual !== undefined : actual === value;
        })
      ) found.push(object);
    }
    return found;
  }

  #written(
    ref: ResourceRef,
    answer: KubeObject,
    options?: WriteOptions,
  ): KubeObject {
    if (options?.dryRun !== true && answer.metadata?.uid !== undefined) {
      this.#synced(ref)?.observe(answer);
    }
    return answer;
  }

  /** After a write that may have removed the last finalizer, and with it the object. */
  async #settle(
    ref: ResourceRef,
    answer: KubeObject,
    options?: WriteOptions,
  ): Promise<KubeObject> {
    const informer = this.#synced(ref);
    const { metadata } = answer;
    if (
      informer !== undefined && options?.dryRun !== true &&
      metadata?.deletionTimestamp !== undefined &&
      (metadata.finalizers ?? []).length === 0
    ) {
      await this.#look(informer, ref, answer);
      return answer;
    }
    return this.#written(ref, answer, options);
  }

  /** Tells the cache what has become of an object. */
  async #look(
    informer: Informer,
    ref: ResourceRef,
    before: KubeObject,
  ): Promise<void> {
    const { namespace, name = "", uid = "" } = before.metadata;
    try {
      const key = namespace === undefined ? { name } : { namespace, name };
      const now = await this.#client.get(ref, key);
      if (now.metadata.uid !== uid) {
        informer.observeDeleted(namespace, name, uid);
      }
      informer.observe(now);
    } catch (error) {
      if (!(error instanceof StatusError && error.code === 404)) throw error;
      informer.observeDeleted(namespace, name, uid);
    }
  }
}

/** `a=b,c` as pairs (a value of `undefined` means "exists"), or `undefined` for any other operator. */
function equalityPairs(
  selector: string | undefined,
): [string, string | undefined][] | undefined {
  if (selector === undefined || selector === "") return [];
  const pairs: [string, string | undefined][] = [];
  for (const part of selector.split(",")) {
    const match = /^\s*([\w./-]+)\s*(?:==?\s*([\w.-]*)\s*)?$/.exec(part);
    if (match?.[1] === undefined) return undefined;
    pairs.push([match[1], match[2]]);
  }
  return pairs;
}
