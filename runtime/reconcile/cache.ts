// The informers of one cluster, one for a resource, shared by all that read
// or watch it. Not a client: `CachedClient` reads through it. Source:
// controller-runtime pkg/cache.

import type { Clock } from "../clock.ts";
import type { Client, ResourceRef } from "../client.ts";
import type { Logger } from "../log.ts";
import type { KubeObject } from "../object.ts";
import { parseApiVersion } from "../object.ts";
import { Informer } from "./informer.ts";

/** Options of a {@linkcode Cache}. */
export interface CacheOptions {
  /** What lists and watches; never a cached one. */
  readonly client: Client;
  /** All time. */
  readonly clock: Clock;
  /** Where to say what is done. */
  readonly logger: Logger;
  /** Labels whose values every informer indexes, for quick lists by `label=value`. */
  readonly indexLabels?: readonly string[];
  /** Only this namespace of namespaced resources. */
  readonly namespace?: string;
  /** What is kept of an object; default all. */
  keep?(object: KubeObject): KubeObject;
}

/**
 * What a {@linkcode Cache} keeps for controllers that do not ask who set a field: what says so is a third
 * of an object. A server that gets an object without it keeps what it knows itself.
 */
export function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The name of the index that holds objects by the value of a label. */
export function labelIndex(label: string): string {
  return `label ${label}`;
}

/** Informers by resource. */
export class Cache {
  readonly #options: CacheOptions;
  readonly #informers = new Map<string, Informer>();
  #signal: AbortSignal | undefined;

  /** Informers start with {@linkcode start}. */
  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /** Labels that every informer indexes. */
  get indexLabels(): readonly string[] {
    return this.#options.indexLabels ?? [];
  }

  /** The informer of a resource; made, and started if the cache is, when there is none. */
  informer(ref: ResourceRef): Informer {
    const key = `${ref.apiVersion}/${ref.resource}`;
    let informer = this.#informers.get(key);
    if (informer === undefined) {
      const { client, clock, logger, namespace, keep } = this.#options;
      informer = new Informer({
        client,
        ref,
        clock,
        logger,
        ...(namespace === undefined ? {} : { namespace }),
        ...(keep === undefined ? {} : { keep }),
      });
      for (const label of this.indexLabels) {
        informer.addIndex(labelIndex(label), ({ metadata }) => {
          const value = metadata.labels?.[label];
          return value === undefined ? [] : [value];
        });
      }
      this.#informers.set(key, informer);
      if (this.#signal !== undefined) informer.start(this.#signal);
    }
    return informer;
  }

  /** An informer that nobody reads through, of the objects that a label selector selects, without their contents. */
  metadataInformer(ref: ResourceRef, labels: string): Informer {
    const { client, clock, logger, namespace, keep } = this.#options;
    return new Informer({
      client,
      ref,
      clock,
      logger,
      labels,
      keep: (object) => {
        const { apiVersion, kind, metadata } = keep?.(object) ?? object;
        return { apiVersion, kind, metadata };
      },
      ...(namespace === undefined ? {} : { namespace }),
    });
  }

  /** The informer of a resource if there is one. */
  peek(ref: ResourceRef): Informer | undefined {
    return this.#informers.get(`${ref.apiVersion}/${ref.resource}`);
  }

  /** `resource.group` of those whose first list is not in, though the cluster serves them. */
  unsynced(): string[] {
    return [...this.#informers.values()].filter(({ hasSynced, missing }) => !hasSynced && !missing)
      .map(({ ref }) => `${ref.resource}.${parseApiVersion(ref.apiVersion).group}`);
  }

  /** Tells whoever listens to an informer of all its objects, as if they had changed. */
  resync(): void {
    for (const informer of this.#informers.values()) informer.resync();
  }

  /** Starts all informers, present and future ones, until the signal aborts. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    for (const informer of this.#informers.values()) informer.start(signal);
  }
}
