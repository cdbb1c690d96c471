// The ClusterResourceSetBinding reconciler: a binding goes with its Cluster.
// What it says is the ClusterResourceSet reconciler's. Source: Cluster API's
// ClusterResourceSetBinding controller.

import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { CLUSTER_RESOURCE_SET_BINDINGS } from "./addons/names.ts";
import type { CoreContext } from "./core/core_context.ts";
import { CLUSTERS } from "./core/names.ts";
import { isPaused } from "./kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "./kubeadm/reads.ts";

/** Reconciles ClusterResourceSetBindings. */
export class ClusterResourceSetBindingReconciler implements Reconciler {
  readonly #context: CoreContext;

  /** Reads Clusters and bindings. */
  constructor(context: CoreContext) {
    this.#context = context;
  }

  /** Looks at one binding. */
  async reconcile(request: Request): Promise<Result> {
    const { client } = this.#context;
    const binding = await getOrUndefined(client, CLUSTER_RESOURCE_SET_BINDINGS, request);
    if (binding === undefined || isPaused(undefined, binding)) return {};
    const name: string = binding.spec?.clusterName ?? request.name;
    const cluster = await getOrUndefined(client, CLUSTERS, { namespace: request.namespace, name });
    if (cluster !== undefined && cluster.metadata.deletionTimestamp === undefined) return {};
    try {
      await client.delete(CLUSTER_RESOURCE_SET_BINDINGS, request);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return {};
  }
}
