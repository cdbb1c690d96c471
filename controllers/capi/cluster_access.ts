// How the Cluster API controllers reach workload clusters. In process that
// is the host's client while an API server listens; over the wire it is a
// connection made from the kubeconfig Secret. Source: Cluster API's
// ClusterCache, reduced to what its users ask of it.

import type { Client } from "../../runtime/client.ts";
import type { WorkloadHost } from "../provider/host.ts";

/** Connections to workload clusters. */
export interface ClusterAccess {
  /** A client for the workload cluster of that Cluster, `undefined` while it cannot be reached. */
  client(namespace: string, name: string): Client | undefined;
  /** When a probe last succeeded, in milliseconds since the epoch. */
  lastProbeSuccess_ms(namespace: string, name: string): number | undefined;
  /** Tells of connects and disconnects. Gives back how to stop that. */
  onChange(listener: (namespace: string, name: string) => void): () => void;
}

/** Access in process to the clusters of a host. */
export class HostClusterAccess implements ClusterAccess {
  readonly #host: WorkloadHost;
  readonly #now_ms: () => number;

  /** `now_ms` is the clock that probes are dated with. */
  constructor(host: WorkloadHost, now_ms: () => number) {
    this.#host = host;
    this.#now_ms = now_ms;
  }

  /** The host's client while an API server listens. */
  client(namespace: string, name: string): Client | undefined {
    const cluster = `${namespace}/${name}`;
    return this.#host.isServing(cluster)
      ? this.#host.client(cluster)
      : undefined;
  }

  /** Now, while an API server listens. */
  lastProbeSuccess_ms(namespace: string, name: string): number | undefined {
    return this.#host.isServing(`${namespace}/${name}`)
      ? this.#now_ms()
      : undefined;
  }

  /** Passes on the host's changes. */
  onChange(listener: (namespace: string, name: string) => void): () => void {
    return this.#host.onServingChange((cluster) => {
      const slash = cluster.indexOf("/");
      listener(cluster.slice(0, slash), cluster.slice(slash + 1));
    });
  }
}
