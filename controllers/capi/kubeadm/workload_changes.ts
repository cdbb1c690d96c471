// What happens in workload clusters and concerns their control planes:
// control plane Nodes, their static pods, kubeadm's ConfigMap. The real
// provider asks every so often; watching is as good and does not wait.

import type { ListQuery, ResourceRef } from "../../../runtime/client.ts";
import { type Clock, sleep } from "../../../runtime/clock.ts";
import type { Logger } from "../../../runtime/log.ts";
import type { ClusterAccess } from "../cluster_access.ts";
import { CONTROL_PLANE_NODE_ROLE, RESOURCES, SYSTEM_NAMESPACE } from "./names.ts";

const WATCHED: readonly [ResourceRef, ListQuery][] = [
  [RESOURCES.nodes, { labels: CONTROL_PLANE_NODE_ROLE }],
  [RESOURCES.pods, { namespace: SYSTEM_NAMESPACE, labels: "tier=control-plane" }],
  [RESOURCES.configMaps, { namespace: SYSTEM_NAMESPACE, fields: "metadata.name=kubeadm-config" }],
];
const RETRY_MS = 1_000;

/** Follows workload clusters while they can be reached. */
export class WorkloadChanges {
  readonly #clusters: ClusterAccess;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #followed = new Map<string, AbortController>();

  /** Follows nothing before it is asked to. */
  constructor(clusters: ClusterAccess, clock: Clock, logger: Logger) {
    this.#clusters = clusters;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Calls `changed` whenever something changes, until the cluster cannot be reached or the signal aborts. Repeating it is free. */
  follow(namespace: string, name: string, changed: () => void, signal: AbortSignal): void {
    const key = `${namespace}/${name}`;
    if (this.#followed.has(key) || signal.aborted) return;
    if (this.#clusters.client(namespace, name) === undefined) return;
    const own = new AbortController();
    this.#followed.set(key, own);
    const both = AbortSignal.any([signal, own.signal]);
    for (const [ref, query] of WATCHED) {
      void this.#watch(namespace, name, ref, query, changed, both);
    }
  }

  /** Stops following a cluster. */
  forget(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    this.#followed.get(key)?.abort();
    this.#followed.delete(key);
  }

  async #watch(
    namespace: string,
    name: string,
    ref: ResourceRef,
    query: ListQuery,
    changed: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const client = this.#clusters.client(namespace, name);
      if (client === undefined) return this.forget(namespace, name);
      try {
        for await (const _event of client.watch(ref, { ...query, signal })) changed();
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.debug("Watch of a workload cluster ended", {
          namespace,
          name,
          resource: ref.resource,
          error,
        });
      }
      try {
        await sleep(this.#clock, RETRY_MS, signal);
      } catch {
        // Only the signal ends the sleep early.
        return;
      }
    }
  }
}
