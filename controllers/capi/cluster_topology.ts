// The topology reconciler: makes the objects that a Cluster's topology and
// its ClusterClass describe, and keeps them so. The Cluster itself and its
// deletion are the Cluster reconciler's. Source: Cluster API's topology
// controller.

import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { invalidObject } from "../../runtime/field/error.ts";
import { defaultAndValidateVariables } from "../../webhooks/class_variables.ts";
import { conditionOf } from "./conditions.ts";
import type { CoreContext } from "./core/core_context.ts";
import { CLUSTERS, CORE_GROUP, MACHINES } from "./core/names.ts";
import { CLUSTER_NAME_LABEL } from "./kubeadm/names.ts";
import { isPaused } from "./kubeadm/paused.ts";
import { getOrUndefined } from "./kubeadm/reads.ts";
import { readBlueprint, readClass } from "./topology/blueprint.ts";
import { readCurrentState } from "./topology/current_state.ts";
import { computeDesiredState } from "./topology/desired_state.ts";
import { UPGRADE_CONCURRENCY } from "./topology/names.ts";
import { applyClassPatches } from "./topology/patches/apply_class_patches.ts";
import { saying } from "./topology/saying.ts";
import type { DesiredState } from "./topology/states.ts";
import {
  setTopologyReconciled,
  TOPOLOGY_RECONCILED,
  type TopologyOutcome,
} from "./topology/topology_condition.ts";
import { TopologyWriter } from "./topology/topology_writer.ts";
import { UpgradeTracker } from "./topology/upgrade_tracker.ts";
import { trackUpgrade } from "./topology/versions.ts";

/** Watches a kind from the first time that an object of it is made. */
export type KindWatcher = (object: KubeObject) => Promise<void>;

/** Reconciles the topologies of Clusters. */
export class ClusterTopologyReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #writer: TopologyWriter;
  readonly #watch: KindWatcher;

  /** `watch` is told of the infrastructure and control plane objects of every topology. */
  constructor(context: CoreContext, watch: KindWatcher) {
    this.#context = context;
    this.#writer = new TopologyWriter(context);
    this.#watch = watch;
  }

  /** Looks at one Cluster. */
  async reconcile(request: Request): Promise<Result> {
    const before = await getOrUndefined(this.#context.client, CLUSTERS, request);
    if (before?.spec?.topology === undefined) return {};
    const cluster = clone(before);
    const outcome: { -readonly [K in keyof TopologyOutcome]: TopologyOutcome[K] } = {};
    try {
      if (!isPaused(cluster, cluster) && cluster.metadata.deletionTimestamp === undefined) {
        await this.#steps(cluster, outcome);
      }
    } catch (error) {
      outcome.error = error;
    }
    await this.#write(before, cluster, outcome);
    if (outcome.error !== undefined) throw outcome.error;
    return {};
  }

  async #steps(
    cluster: KubeObject,
    outcome: { -readonly [K in keyof TopologyOutcome]: TopologyOutcome[K] },
  ): Promise<void> {
    const { client, clock, random } = this.#context;
    const clusterClass = await readClass(client, cluster);
    outcome.clusterClass = clusterClass;
    checkReconciled(clusterClass);
    const errors = defaultAndValidateVariables(
      cluster.spec.topology,
      undefined,
      clusterClass.status?.variables ?? [],
    );
    if (errors.length > 0) {
      const kind = { group: CORE_GROUP, kind: "Cluster" };
      throw invalidObject(kind, cluster.metadata.name ?? "", errors);
    }
    const blueprint = await readBlueprint(client, cluster, clusterClass);
    const current = await saying(
      "error reading current state of the Cluster topology",
      () => readCurrentState(this.#context, cluster, blueprint),
    );
    for (const object of [current.infrastructureCluster, current.controlPlane?.object]) {
      if (object !== undefined) await this.#watch(object);
    }
    const tracker = new UpgradeTracker(
      Number(cluster.metadata.annotations?.[UPGRADE_CONCURRENCY] ?? 1) || 1,
    );
    outcome.tracker = tracker;
    const machines = await client.list(MACHINES, {
      namespace: cluster.metadata.namespace ?? "",
      labels: `${CLUSTER_NAME_LABEL}=${cluster.metadata.name}`,
    });
    const desired = await saying(
      "error computing the desired state of the Cluster topology",
      async (): Promise<DesiredState> => {
        trackUpgrade(tracker, blueprint, current, machines.items);
        const desired = computeDesiredState(blueprint, current, tracker, random);
        await saying("failed to apply patches", () => applyClassPatches(blueprint, desired, clock));
        return desired;
      },
    );
    outcome.controlPlane = desired.controlPlane.object;
    await saying(
      "error reconciling the Cluster topology",
      () => this.#writer.write(current, desired, tracker),
    );
    for (const object of [desired.infrastructureCluster, desired.controlPlane.object]) {
      await this.#watch(object);
    }
  }

  async #write(before: KubeObject, cluster: KubeObject, outcome: TopologyOutcome): Promise<void> {
    const { client, clock } = this.#context;
    setTopologyReconciled(cluster, outcome, clock.now());
    if (outcome.tracker?.planned === true) setPlans(cluster, outcome.tracker);
    if (equal(before, cluster)) return;
    await patchObject(client, CLUSTERS, before, cluster, {
      ownedConditions: [TOPOLOGY_RECONCILED],
    });
  }
}

/** The class must have been looked at since it was changed last. */
function checkReconciled(clusterClass: KubeObject): void {
  const { metadata, status } = clusterClass;
  const words = "ClusterClass is not successfully reconciled:";
  const ready = conditionOf(clusterClass, "VariablesReady");
  if (ready === undefined || ready.status === "False") {
    throw new Error(
      `${words} status of VariablesReady condition on ClusterClass must be "True"`,
    );
  }
  if (metadata.generation !== status?.observedGeneration) {
    throw new Error(
      `${words} ClusterClass.status.observedGeneration must be ${metadata.generation}, but is ${
        status?.observedGeneration ?? 0
      }`,
    );
  }
}

/** Writes down which versions control plane and workers still go through. */
function setPlans(cluster: KubeObject, { plan }: UpgradeTracker): void {
  cluster.status ??= {};
  for (
    const [member, versions] of [
      ["controlPlane", plan.controlPlane],
      ["workers", plan.workers],
    ] as const
  ) {
    const { upgradePlan: _, ...rest } = cluster.status[member] ?? {};
    const whole = versions.length === 0
      ? rest
      : { ...rest, upgradePlan: versions.map((version) => ({ version })) };
    if (Object.keys(whole).length > 0) cluster.status[member] = whole;
    else delete cluster.status[member];
  }
}
