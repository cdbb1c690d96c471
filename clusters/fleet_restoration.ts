// Takes up where an earlier process left off: before anything is served the
// management cluster tells which workload clusters there are, so that each
// gets its own port again, and none answers before its machines have their
// Nodes back (a health check that misses a Node replaces the machine).

import type { InfrastructureKinds } from "../controllers/mod.ts";
import { BOOTSTRAPPED_ANNOTATION } from "../controllers/provider/machine_phases.ts";
import { LISTENER_ANNOTATION } from "../controllers/provider/endpoint_repair.ts";
import type { CoreResources } from "../controllers/provider/core_objects.ts";
import type { FakeFleet } from "./fake_fleet.ts";
import type { Client, ResourceRef } from "../runtime/client.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import type { KubeObject } from "../runtime/object.ts";
import { StatusError } from "../runtime/status.ts";

/** What is restored, and from where. */
export interface FleetRestorationOptions {
  /** The management cluster, read live. */
  readonly client: Client;
  readonly fleet: FakeFleet;
  readonly kinds: readonly InfrastructureKinds[];
  readonly core: CoreResources;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Only this namespace. */
  readonly namespace?: string;
}

const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
/** A cluster whose machines do not come back in this time answers all the same. */
const PATIENCE_MS = 60_000;

/** Reserves ports and holds clusters back. */
export class FleetRestoration {
  readonly #options: FleetRestorationOptions;
  /** Held clusters: the Nodes that are to be there. */
  readonly #expected = new Map<string, Set<string>>();

  /** Does nothing by itself. */
  constructor(options: FleetRestorationOptions) {
    this.#options = options;
  }

  /** Reads the management cluster. Before the controllers start. Rejects when it cannot be read. */
  async prepare(): Promise<void> {
    const { fleet, logger } = this.#options;
    await this.reservePorts();
    for (const machine of await this.#list(this.#options.core.machines)) this.#expect(machine);
    for (const cluster of this.#expected.keys()) fleet.hold(cluster);
    if (this.#expected.size > 0) {
      logger.info("Taking up workload clusters of an earlier process", {
        clusters: this.#expected.size,
      });
    }
  }

  /** Binds the ports of all clusters, so that none that is made takes one. Enough where contents are kept with the management cluster's. */
  async reservePorts(): Promise<void> {
    for (const { clusters } of this.#options.kinds) {
      for (const object of await this.#list(clusters)) await this.#reserve(object);
    }
  }

  /** Lets each held cluster answer once its Nodes are back. Resolves when none is held. */
  async complete(signal: AbortSignal): Promise<void> {
    const { fleet } = this.#options;
    const made = new Map<string, PromiseWithResolvers<void>>();
    for (const cluster of this.#expected.keys()) made.set(cluster, Promise.withResolvers());
    const stop = fleet.onMade((cluster) => made.get(cluster)?.resolve());
    try {
      await Promise.all(
        [...this.#expected].map(([cluster, nodes]) =>
          this.#restore(cluster, new Set(nodes), made.get(cluster)?.promise, signal)
        ),
      );
    } finally {
      stop();
    }
  }

  /** Lets one cluster answer when no Node is missing, or patience has ended. */
  async #restore(
    cluster: string,
    missing: Set<string>,
    made: Promise<void> | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, fleet, logger } = this.#options;
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    try {
      const late = sleep(clock, PATIENCE_MS, either);
      // Nodes that cannot be seen are waited for as those that do not come.
      const back = made?.then(() => this.#seeNodes(cluster, missing, either)).catch(() => late);
      await Promise.race([late, back]);
    } finally {
      ended.abort();
    }
    if (missing.size > 0 && fleet.client(cluster) !== undefined) {
      logger.warn("Nodes have not come back; the cluster answers without them", {
        cluster,
        nodes: [...missing].slice(0, 10).join(","),
      });
    }
    this.#expected.delete(cluster);
    await fleet.release(cluster).catch((error) =>
      logger.error("Cluster cannot listen", { cluster, error })
    );
  }

  /** Takes Nodes out of `missing` as they come. Resolves when none is left. */
  async #seeNodes(cluster: string, missing: Set<string>, signal: AbortSignal): Promise<void> {
    const client = this.#options.fleet.client(cluster);
    if (client === undefined) return;
    const { items, resourceVersion } = await client.list(NODES);
    for (const { metadata } of items) missing.delete(metadata.name ?? "");
    if (missing.size === 0) return;
    for await (const { object } of client.watch(NODES, { resourceVersion, signal })) {
      missing.delete(object.metadata.name ?? "");
      if (missing.size === 0) return;
    }
  }

  async #reserve({ metadata, spec }: KubeObject): Promise<void> {
    const { fleet, logger } = this.#options;
    const cluster = metadata.annotations?.[LISTENER_ANNOTATION];
    const port = spec?.controlPlaneEndpoint?.port;
    if (cluster === undefined || typeof port !== "number" || port === 0) return;
    if (!await fleet.reserve(cluster, port)) {
      logger.warn("Two clusters have the same port; one of them will get another", {
        cluster,
        port,
      });
    }
  }

  #expect({ metadata, spec }: KubeObject): void {
    if (metadata.deletionTimestamp !== undefined) return;
    if (metadata.annotations?.[BOOTSTRAPPED_ANNOTATION] === undefined) return;
    const node = spec?.infrastructureRef?.name;
    if (typeof node !== "string") return;
    const cluster = `${metadata.namespace}/${spec?.clusterName}`;
    let nodes = this.#expected.get(cluster);
    if (nodes === undefined) this.#expected.set(cluster, nodes = new Set());
    nodes.add(node);
  }

  /** Everything of a resource; nothing when it is not installed. */
  async #list(ref: ResourceRef): Promise<readonly KubeObject[]> {
    const { client, namespace } = this.#options;
    try {
      return (await client.list(ref, namespace === undefined ? {} : { namespace })).items;
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return [];
      throw error;
    }
  }
}
