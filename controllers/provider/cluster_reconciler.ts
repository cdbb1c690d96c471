// InMemoryCluster (and DevCluster with the in-memory backend): gives its
// Cluster an address and an empty fake cluster, and takes both away again.
// Source: the in-memory provider's cluster controller.

import type { Client } from "../../runtime/client.ts";
import type { Clock } from "../../runtime/clock.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { addFinalizer, hasFinalizer, removeFinalizer } from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import {
  type Reconciler,
  type Request,
  requestKey,
  type Result,
} from "../../runtime/reconcile/types.ts";
import { endsByPause } from "../capi/kubeadm/paused.ts";
import { getOrUndefined } from "../capi/kubeadm/reads.ts";
import {
  type CoreResources,
  hostName,
  MANAGED_BY_ANNOTATION,
  ownerCluster,
} from "./core_objects.ts";
import {
  HOST_ANNOTATION,
  isOwnEndpoint,
  LISTENER_ANNOTATION,
  repairEndpoint,
} from "./endpoint_repair.ts";
import { statusOfDomains } from "./failure_domains.ts";
import { type ClusterNetwork, type Endpoint, NoPortError, type WorkloadHost } from "./host.ts";
import type { InfrastructureKinds } from "./kinds.ts";
import { markClusterReady, markNotReady, ownedConditions } from "./provider_conditions.ts";
import { ensureNamespaces } from "./workload/kubeadm_objects.ts";

/** What the reconcilers of the provider work with. */
export interface ProviderContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly host: WorkloadHost;
  readonly kinds: InfrastructureKinds;
  readonly core: CoreResources;
}

/** Nobody tells when another program lets go of a port. */
export const UNAVAILABLE_MS = 5_000;

/** Reconciles infrastructure clusters. */
export class InfrastructureClusterReconciler implements Reconciler {
  readonly #context: ProviderContext;
  /** Request → name at the host, for objects that vanish without a deletion to reconcile. */
  readonly #hosted = new Map<string, string>();

  /** Keeps no state that a restart would miss. */
  constructor(context: ProviderContext) {
    this.#context = context;
  }

  /** Looks at one infrastructure cluster. */
  async reconcile(request: Request): Promise<Result | void> {
    const { client, clock, kinds, core } = this.#context;
    const object = await getOrUndefined(client, kinds.clusters, request);
    if (object === undefined) return await this.#forget(requestKey(request));
    if (!kinds.handles(object)) return;
    if (object.metadata.annotations?.[MANAGED_BY_ANNOTATION] !== undefined) return;
    const cluster = await ownerCluster(client, core, object);
    const deleting = object.metadata.deletionTimestamp !== undefined;
    if (cluster === undefined && !deleting) return;
    if (cluster !== undefined) {
      if (await endsByPause(client, kinds.clusters, cluster, object, clock.now())) return;
    }
    const refusal = deleting ? undefined : kinds.refusal(object);
    if (refusal !== undefined) return await this.#say(object, "BackendNotSupported", refusal);
    if (deleting) return await this.#delete(request, object, cluster);
    return await this.#provision(request, object, cluster as KubeObject);
  }

  async #provision(request: Request, object: KubeObject, cluster: KubeObject): Promise<Result> {
    const { client, clock, kinds, core } = this.#context;
    const name = hostName(cluster);
    // The finalizer has to be there before anything that needs cleaning up.
    if (!hasFinalizer(object, kinds.clusterFinalizer)) {
      const guarded = clone(object);
      addFinalizer(guarded, kinds.clusterFinalizer);
      const latest = await patchObject(client, kinds.clusters, object, guarded);
      return await this.#provision(request, latest, cluster);
    }
    this.#hosted.set(requestKey(request), name);
    const after = clone(object);
    try {
      await this.#host(after, cluster);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      await this.#say(object, "ListenerNotAvailable", text);
      if (!(error instanceof NoPortError)) throw error;
      // The end of another cluster wakes nobody either, and a growing delay would leave its port idle for minutes.
      return { requeueAfter_ms: UNAVAILABLE_MS };
    }
    const unavailable = this.#context.host.unavailable(name);
    // A cluster that was provisioned remains so: its address does not change, it only cannot be reached.
    if (unavailable === undefined) kinds.setProvisioned(after);
    const domains = statusOfDomains(kinds.failureDomains(object), core.clusters.apiVersion);
    if (domains === undefined) delete after.status.failureDomains;
    else after.status.failureDomains = domains;
    if (unavailable === undefined) markClusterReady(after, clock.now());
    else markNotReady(after, "ListenerNotAvailable", unavailable, clock.now());
    await patchObject(client, kinds.clusters, object, after, {
      ownedConditions: ownedConditions(after),
    });
    return unavailable === undefined ? {} : { requeueAfter_ms: UNAVAILABLE_MS };
  }

  /** Gives the cluster an address, and writes it down in `object`. */
  async #host(object: KubeObject, cluster: KubeObject): Promise<void> {
    const { client, host, core } = this.#context;
    const name = hostName(cluster);
    const wanted: Partial<Endpoint> = object.spec?.controlPlaneEndpoint ?? {};
    const endpoint = await host.ensureListener(name, wanted.port || undefined, networkOf(cluster));
    const workload = host.client(name);
    if (workload !== undefined) await ensureNamespaces(workload);
    const own = isOwnEndpoint(object);
    object.metadata.annotations = {
      ...object.metadata.annotations,
      [LISTENER_ANNOTATION]: name,
      [HOST_ANNOTATION]: own ? endpoint.host : "",
    };
    object.spec ??= {};
    if (own) {
      object.spec.controlPlaneEndpoint = { host: endpoint.host, port: endpoint.port };
      const reach = await host.reach?.(name);
      await repairEndpoint(client, core.clusters, cluster, { endpoint, previous: wanted, reach });
    } else if (!wanted.port) {
      object.spec.controlPlaneEndpoint = { ...wanted, port: endpoint.port };
    } else if (wanted.port !== endpoint.port) {
      throw new Error(
        `port ${wanted.port} of spec.controlPlaneEndpoint is another cluster's; choose a free one`,
      );
    }
  }

  /** Writes down why the cluster is not Ready. */
  async #say(object: KubeObject, reason: string, message: string): Promise<void> {
    const { client, clock, kinds } = this.#context;
    const after = clone(object);
    markNotReady(after, reason, message, clock.now());
    await patchObject(client, kinds.clusters, object, after, { ownedConditions: ["Ready"] });
  }

  async #delete(
    request: Request,
    object: KubeObject,
    cluster: KubeObject | undefined,
  ): Promise<void> {
    const { client, host, kinds } = this.#context;
    const name = object.metadata.annotations?.[LISTENER_ANNOTATION] ??
      (cluster === undefined ? undefined : hostName(cluster));
    if (name !== undefined) await host.remove(name);
    this.#hosted.delete(requestKey(request));
    const after = clone(object);
    if (removeFinalizer(after, kinds.clusterFinalizer)) {
      await patchObject(client, kinds.clusters, object, after);
    }
  }

  /** The object went without passing through its finalizer, as when it is moved to another management cluster. */
  async #forget(key: string): Promise<void> {
    const name = this.#hosted.get(key);
    if (name === undefined) return;
    await this.#context.host.remove(name);
    this.#hosted.delete(key);
  }
}

function networkOf(cluster: KubeObject): ClusterNetwork | undefined {
  const services: string[] | undefined = cluster.spec?.clusterNetwork?.services?.cidrBlocks;
  return services === undefined ? undefined : { services };
}
