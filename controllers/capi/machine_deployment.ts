// The MachineDeployment reconciler: one MachineSet for the present template,
// others on their way out. Source: Cluster API's MachineDeployment
// controller.

import { clone, equal, type KubeObject } from "../../runtime/object.ts";
import {
  controllerOf,
  controllerReference,
  ensureOwner,
  ownerReference,
  removeFinalizer,
} from "../../runtime/owner.ts";
import { ensureFinalizer } from "../../runtime/reconcile/ensure_finalizer.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import type { ContractReference } from "./core/contract.ts";
import { type CoreContext, Outcome } from "./core/core_context.ts";
import type { ExternalObjects } from "./core/external_objects.ts";
import {
  byAge,
  findNewSet,
  isAvailable,
  MachineDeploymentScope,
} from "./core/machine_deployment_scope.ts";
import { MachineDeploymentSets } from "./core/machine_deployment_sets.ts";
import {
  MACHINE_DEPLOYMENT_CONDITIONS,
  setMachineDeploymentStatus,
} from "./core/machine_deployment_status.ts";
import {
  CLUSTERS,
  MACHINE_DEPLOYMENT_FINALIZER,
  MACHINE_DEPLOYMENTS,
  MACHINE_SETS,
  MACHINES,
  MAX_REPLICAS,
  REVISION,
} from "./core/names.ts";
import {
  type PlannedSet,
  planOnDelete,
  planPaused,
  planRollingUpdate,
  type RolloutFacts,
} from "./core/rollout_plan.ts";
import { CLUSTER_NAME_LABEL } from "./kubeadm/names.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "./kubeadm/reads.ts";

const NEW_SET = "";

/** Reconciles MachineDeployments. */
export class MachineDeploymentReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #externals: ExternalObjects;
  readonly #sets: MachineDeploymentSets;

  /** `externals` watch the templates that MachineDeployments refer to. */
  constructor(context: CoreContext, externals: ExternalObjects) {
    this.#context = context;
    this.#externals = externals;
    this.#sets = new MachineDeploymentSets(context);
  }

  /** Looks at one MachineDeployment. */
  async reconcile(request: Request): Promise<Result> {
    const { client, clock } = this.#context;
    const found = await getOrUndefined(client, MACHINE_DEPLOYMENTS, request);
    if (found === undefined) return {};
    const cluster = await client.get(CLUSTERS, {
      namespace: request.namespace,
      name: found.spec?.clusterName ?? "",
    });
    const before = await ensureFinalizer(
      client,
      MACHINE_DEPLOYMENTS,
      found,
      MACHINE_DEPLOYMENT_FINALIZER,
    );
    if (await endsByPause(client, MACHINE_DEPLOYMENTS, cluster, before, clock.now())) return {};
    const scope = new MachineDeploymentScope(before, clone(before), cluster);
    const outcome = new Outcome();
    try {
      await outcome.step(() => this.#steps(scope, outcome));
    } finally {
      await this.#write(scope, outcome);
    }
    return outcome.result();
  }

  async #steps(scope: MachineDeploymentScope, outcome: Outcome): Promise<void> {
    const { deployment, cluster } = scope;
    if (!scope.isDeleting) {
      deployment.metadata.labels = {
        ...deployment.metadata.labels,
        [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
      };
      ensureOwner(deployment, ownerReference(cluster));
    }
    await outcome.step(() => this.#claimTemplates(scope));
    scope.sets = await this.#readSets(scope);
    scope.machines = await this.#readMachines(scope);
    scope.newSet = findNewSet(scope, this.#context.clock.now());
    if (scope.isDeleting) return await this.#delete(scope);
    await this.#rollOut(scope);
    await this.#cleanUp(scope);
  }

  async #claimTemplates(scope: MachineDeploymentScope): Promise<void> {
    const { spec } = scope.deployment.spec.template;
    const claim = async (reference: ContractReference | undefined): Promise<boolean> => {
      if (reference === undefined) return false;
      const external = await this.#externals.get(scope.namespace, reference);
      if (external === undefined) return true;
      if (!scope.isDeleting) {
        const clusterName = scope.cluster.metadata.name ?? "";
        await this.#externals.claim(external, clusterName, ownerReference(scope.cluster));
      }
      return false;
    };
    scope.bootstrapTemplateMissing = await claim(spec.bootstrap?.configRef);
    scope.infrastructureTemplateMissing = await claim(spec.infrastructureRef);
  }

  /** The MachineSets that the selector picks and nobody else controls; orphans are adopted. */
  async #readSets(scope: MachineDeploymentScope): Promise<KubeObject[]> {
    const { client } = this.#context;
    const { deployment } = scope;
    const selector = compileLabelSelector(deployment.spec.selector);
    const { items } = await client.list(MACHINE_SETS, {
      namespace: scope.namespace,
      labels: `${CLUSTER_NAME_LABEL}=${scope.cluster.metadata.name}`,
    });
    const sets: KubeObject[] = [];
    for (const set of items) {
      const controller = controllerOf(set);
      if (controller?.uid === deployment.metadata.uid) sets.push(set);
      else if (
        controller === undefined && !scope.isDeleting && !selector.empty &&
        selector.matches(set.metadata.labels) && set.metadata.deletionTimestamp === undefined
      ) {
        sets.push(await this.#adopt(scope, set));
      }
    }
    return sets.sort(byAge);
  }

  async #adopt(scope: MachineDeploymentScope, set: KubeObject): Promise<KubeObject> {
    const { client, events } = this.#context;
    const after = clone(set);
    ensureOwner(after, controllerReference(scope.deployment));
    const adopted = await patchObject(client, MACHINE_SETS, set, after);
    events.event(
      scope.deployment,
      "Normal",
      "SuccessfulAdopt",
      `Adopted MachineSet ${scope.namespace}/${set.metadata.name}`,
    );
    return adopted;
  }

  async #readMachines(scope: MachineDeploymentScope): Promise<KubeObject[]> {
    const { items } = await this.#context.client.list(MACHINES, {
      namespace: scope.namespace,
      labels: `${CLUSTER_NAME_LABEL}=${scope.cluster.metadata.name}`,
    });
    const uids = new Set((scope.sets ?? []).map(({ metadata }) => metadata.uid));
    return items.filter((machine) => uids.has(controllerOf(machine)?.uid ?? ""));
  }

  async #delete(scope: MachineDeploymentScope): Promise<void> {
    for (const set of scope.sets ?? []) await this.#deleteSet(scope, set);
    if (scope.sets?.length === 0) removeFinalizer(scope.deployment, MACHINE_DEPLOYMENT_FINALIZER);
  }

  async #deleteSet(scope: MachineDeploymentScope, set: KubeObject): Promise<void> {
    if (set.metadata.deletionTimestamp !== undefined) return;
    const { client, events } = this.#context;
    const { namespace = "", name = "" } = set.metadata;
    try {
      await client.delete(MACHINE_SETS, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    events.event(
      scope.deployment,
      "Normal",
      "SuccessfulDelete",
      `Deleted MachineSet ${namespace}/${name}`,
    );
  }

  async #rollOut(scope: MachineDeploymentScope): Promise<void> {
    const paused = scope.deployment.spec?.paused === true;
    const plan = makePlan(scope, paused);
    const existing = scope.sets ?? [];
    if (scope.newSet === undefined && !paused) {
      const made = await this.#sets.create(scope, plan.get(NEW_SET) ?? 0);
      scope.newSet = made;
      scope.sets = [...scope.sets ?? [], made];
    }
    for (const set of existing) {
      if (set.metadata.deletionTimestamp !== undefined) continue;
      const replicas = plan.get(set.metadata.name ?? "") ?? set.spec?.replicas ?? 0;
      const synced = await this.#sets.sync(scope, set, replicas);
      if (scope.newSet === set) scope.newSet = synced;
      scope.sets = (scope.sets ?? []).map((one) => one === set ? synced : one);
    }
    const revision = scope.newSet?.metadata.annotations?.[REVISION];
    if (revision !== undefined) {
      scope.deployment.metadata.annotations = {
        ...scope.deployment.metadata.annotations,
        [REVISION]: revision,
      };
    }
  }

  /** Once a rollout is complete, old MachineSets without Machines go. */
  async #cleanUp(scope: MachineDeploymentScope): Promise<void> {
    const { desired, newSet } = scope;
    if (newSet === undefined) return;
    const available = scope.machinesOf(newSet).filter(isAvailable).length;
    if (available !== desired || scope.machines.length !== desired) return;
    for (const set of scope.oldSets) {
      if ((set.spec?.replicas ?? 0) > 0 || scope.machinesOf(set).length > 0) continue;
      await this.#deleteSet(scope, set);
    }
  }

  async #write(scope: MachineDeploymentScope, outcome: Outcome): Promise<void> {
    const { client, clock } = this.#context;
    const { before, deployment } = scope;
    setMachineDeploymentStatus(scope, clock.now());
    if (!outcome.failed) deployment.status.observedGeneration = deployment.metadata.generation;
    if (equal(before, deployment)) return;
    await patchObject(client, MACHINE_DEPLOYMENTS, before, deployment, {
      ownedConditions: MACHINE_DEPLOYMENT_CONDITIONS,
    });
  }
}

function planned(scope: MachineDeploymentScope, set: KubeObject): PlannedSet {
  const machines = scope.machinesOf(set);
  const max = Number(set.metadata.annotations?.[MAX_REPLICAS] ?? NaN);
  return {
    name: set.metadata.name ?? "",
    spec: set.spec?.replicas ?? 0,
    actual: machines.length,
    alive: machines.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length,
    available: machines.filter(isAvailable).length,
    ...(Number.isNaN(max) ? {} : { maxReplicas: max }),
  };
}

function makePlan(scope: MachineDeploymentScope, paused: boolean): Map<string, number> {
  const { newSet } = scope;
  const none = { name: NEW_SET, spec: 0, actual: 0, alive: 0, available: 0 };
  const facts: RolloutFacts = {
    desired: scope.desired,
    ...scope.limits,
    newSet: newSet !== undefined ? planned(scope, newSet) : paused ? undefined : none,
    oldSets: scope.oldSets.map((set) => planned(scope, set)),
  };
  if (paused) return planPaused(facts);
  return scope.strategy === "OnDelete" ? planOnDelete(facts) : planRollingUpdate(facts);
}
