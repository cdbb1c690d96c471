// The Nodes of workload clusters, followed from the first time a Machine
// asks until the cluster can no longer be reached. Source: Cluster API's
// ClusterCache watches.

import type { Client } from "../../../runtime/client.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { Logger } from "../../../runtime/log.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { Cache } from "../../../runtime/reconcile/cache.ts";
import { CachedClient } from "../../../runtime/reconcile/cached_client.ts";
import type { Informer } from "../../../runtime/reconcile/informer.ts";
import type { Change } from "../../../runtime/reconcile/types.ts";
import type { ClusterAccess } from "../cluster_access.ts";
import { RESOURCES } from "../kubeadm/names.ts";

interface Followed {
  readonly client: Client;
  readonly nodes: ClusterNodes;
  readonly informer: Informer;
  readonly stop: AbortController;
}

const PROVIDER_ID_INDEX = "providerID";

/** Told of a change of a Node of that cluster. */
export type NodeListener = (namespace: string, cluster: string, change: Change) => void;

/** The Nodes of one workload cluster. */
export class ClusterNodes {
  readonly #informer: Informer;
  /** Reads Nodes from memory, everything else from the cluster; writes through. */
  readonly client: Client;

  /** Reads through `cache`, which somebody else starts. */
  constructor(client: Client, cache: Cache) {
    this.#informer = cache.informer(RESOURCES.nodes);
    this.client = new CachedClient(client, cache);
    this.#informer.addIndex(
      PROVIDER_ID_INDEX,
      ({ spec }) => spec?.providerID === undefined ? [] : [spec.providerID],
    );
  }

  /** The Node of that name. */
  byName(name: string): KubeObject | undefined {
    return this.#informer.get(undefined, name);
  }

  /** The Nodes with that identity; more than one is a mistake in the cluster. */
  byProviderID(providerID: string): KubeObject[] {
    return this.#informer.byIndex(PROVIDER_ID_INDEX, providerID);
  }
}

/** Follows the Nodes of workload clusters. */
export class WorkloadNodes {
  readonly #access: ClusterAccess;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #followed = new Map<string, Followed>();
  readonly #listeners = new Set<NodeListener>();
  #signal: AbortSignal | undefined;

  /** Follows nothing before it is asked. */
  constructor(access: ClusterAccess, clock: Clock, logger: Logger) {
    this.#access = access;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Lets go of clusters that can no longer be reached, and of all when the signal aborts. */
  endWith(signal: AbortSignal): void {
    this.#signal = signal;
    const stop = this.#access.onChange?.((namespace, cluster) => {
      if (this.#access.client(namespace, cluster) === undefined) this.forget(namespace, cluster);
    });
    signal.addEventListener("abort", () => {
      stop?.();
      for (const followed of this.#followed.values()) followed.stop.abort();
      this.#followed.clear();
    }, { once: true });
  }

  /** Tells of every change of a followed Node. */
  listen(listener: NodeListener): void {
    this.#listeners.add(listener);
  }

  /** The Nodes of a cluster; `undefined` while it cannot be reached. */
  async of(namespace: string, cluster: string): Promise<ClusterNodes | undefined> {
    const key = `${namespace}/${cluster}`;
    const client = this.#access.client(namespace, cluster);
    const present = this.#followed.get(key);
    if (present !== undefined && present.client !== client) this.forget(namespace, cluster);
    if (client === undefined || this.#signal?.aborted) return undefined;
    let followed = this.#followed.get(key);
    if (followed === undefined) {
      followed = this.#follow(namespace, cluster, client);
      this.#followed.set(key, followed);
    }
    await followed.informer.synced();
    return followed.nodes;
  }

  /** Stops following a cluster. */
  forget(namespace: string, cluster: string): void {
    const key = `${namespace}/${cluster}`;
    this.#followed.get(key)?.stop.abort();
    this.#followed.delete(key);
  }

  #follow(namespace: string, cluster: string, client: Client): Followed {
    const stop = new AbortController();
    const cache = new Cache({ client, clock: this.#clock, logger: this.#logger });
    const nodes = new ClusterNodes(client, cache);
    const informer = cache.informer(RESOURCES.nodes);
    informer.listen((change) => {
      for (const listener of this.#listeners) listener(namespace, cluster, change);
    });
    cache.start(stop.signal);
    return { client, nodes, informer, stop };
  }
}
