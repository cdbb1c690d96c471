// Workload clusters reached in process, through whoever hosts them: an API
// server that listens is a connection that works.

import type { Client } from "../../runtime/client.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ClusterAccess, ConnectionHealth } from "../capi/cluster_access.ts";
import type { Reach, WorkloadHost } from "./host.ts";

/** Access in process to the clusters of a host. */
export class HostClusterAccess implements ClusterAccess {
  readonly #host: WorkloadHost;
  readonly #clock: Clock;

  /** `clock` dates the probes. */
  constructor(host: WorkloadHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** The host's client while an API server listens. */
  client(namespace: string, name: string): Client | undefined {
    const cluster = `${namespace}/${name}`;
    return this.#host.isServing(cluster) ? this.#host.client(cluster) : undefined;
  }

  /** A probe that succeeds now, while an API server listens. */
  health(namespace: string, name: string): ConnectionHealth | undefined {
    if (!this.#host.isServing(`${namespace}/${name}`)) return undefined;
    return { lastProbeSuccess_ms: this.#clock.now(), consecutiveFailures: 0 };
  }

  /** As the host has it. */
  async reach(namespace: string, name: string): Promise<Reach | undefined> {
    return await this.#host.reach?.(`${namespace}/${name}`);
  }

  /** Passes on the host's changes. */
  onChange(listener: (namespace: string, name: string) => void): () => void {
    return this.#host.onServingChange((cluster) => {
      const slash = cluster.indexOf("/");
      listener(cluster.slice(0, slash), cluster.slice(slash + 1));
    });
  }
}
