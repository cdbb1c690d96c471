// The Cluster reconciler: brings infrastructure and control plane together,
// tells how the whole is doing, and takes it apart in order. Clusters with a
// topology get their objects from another controller. Source: Cluster API's
// Cluster controller.

import { clone, equal } from "../../runtime/object.ts";
import { ensureFinalizer } from "../../runtime/reconcile/ensure_finalizer.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { CLUSTER_CONDITIONS, setClusterConditions } from "./core/cluster_conditions.ts";
import { deleteCluster } from "./core/cluster_deletion.ts";
import { reconcileClusterKubeconfig } from "./core/cluster_kubeconfig.ts";
import { ClusterReferences } from "./core/cluster_references.ts";
import { ClusterScope, readDescendants } from "./core/cluster_scope.ts";
import { clusterPhase, setClusterCounters } from "./core/cluster_status.ts";
import { type CoreContext, Outcome } from "./core/core_context.ts";
import type { ExternalObjects } from "./core/external_objects.ts";
import { CLUSTER_FINALIZER, CLUSTERS } from "./core/names.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined } from "./kubeadm/reads.ts";

/** Reconciles Clusters. */
export class ClusterReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #references: ClusterReferences;

  /** `externals` watch the objects that Clusters refer to. */
  constructor(context: CoreContext, externals: ExternalObjects) {
    this.#context = context;
    this.#references = new ClusterReferences(context, externals);
  }

  /** Looks at one Cluster. */
  async reconcile(request: Request): Promise<Result> {
    const { client, clock } = this.#context;
    const found = await getOrUndefined(client, CLUSTERS, request);
    if (found === undefined) return {};
    const before = await ensureFinalizer(client, CLUSTERS, found, CLUSTER_FINALIZER);
    if (await endsByPause(client, CLUSTERS, before, before, clock.now())) return {};
    const scope = new ClusterScope(before, clone(before));
    const outcome = new Outcome();
    try {
      if (scope.isDeleting) await this.#delete(scope, outcome);
      else await this.#normal(scope, outcome);
    } finally {
      await this.#write(scope, outcome);
    }
    return outcome.result();
  }

  async #normal(scope: ClusterScope, outcome: Outcome): Promise<void> {
    const { spec } = scope.cluster;
    const waitsForTopology = spec?.topology !== undefined &&
      spec.infrastructureRef === undefined && spec.controlPlaneRef === undefined;
    if (!waitsForTopology) {
      await outcome.step(() => this.#references.reconcileInfrastructure(scope, outcome));
      await outcome.step(() => this.#references.reconcileControlPlane(scope, outcome));
    }
    await outcome.step(() => this.#readDescendants(scope));
    if (waitsForTopology) return;
    await outcome.step(() => reconcileClusterKubeconfig(this.#context, scope, outcome));
    this.#references.initializeFromMachines(scope);
  }

  async #delete(scope: ClusterScope, outcome: Outcome): Promise<void> {
    await outcome.step(async () => {
      await this.#references.read(scope);
      await this.#readDescendants(scope);
      await deleteCluster(this.#context, scope, outcome);
    });
  }

  async #readDescendants(scope: ClusterScope): Promise<void> {
    scope.descendants = await readDescendants(this.#context.client, scope.namespace, scope.name);
  }

  async #write(scope: ClusterScope, outcome: Outcome): Promise<void> {
    const { access, client, clock, events } = this.#context;
    const { before, cluster, namespace, name } = scope;
    const connection = {
      connected: access.client(namespace, name) !== undefined,
      health: access.health?.(namespace, name),
    };
    setClusterCounters(scope);
    setClusterConditions(scope, connection, clock.now());
    cluster.status.phase = clusterPhase(scope);
    if (!outcome.failed) cluster.status.observedGeneration = cluster.metadata.generation;
    if (before.status?.phase !== cluster.status.phase) {
      events.event(
        cluster,
        "Normal",
        cluster.status.phase,
        `Cluster ${name} is ${cluster.status.phase}`,
      );
    }
    if (equal(before, cluster)) return;
    await patchObject(client, CLUSTERS, before, cluster, { ownedConditions: CLUSTER_CONDITIONS });
  }
}
