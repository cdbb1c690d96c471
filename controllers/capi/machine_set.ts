// The MachineSet reconciler: keeps a number of equal Machines. Source:
// Cluster API's MachineSet controller.

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
import { type CoreContext, Outcome } from "./core/core_context.ts";
import type { ContractReference } from "./core/contract.ts";
import { type DeletionOrder, machinesToDelete } from "./core/delete_priority.ts";
import type { ExternalObjects } from "./core/external_objects.ts";
import { MachineSetMachines } from "./core/machine_set_machines.ts";
import { preflightFailures } from "./core/machine_set_preflight.ts";
import { remediateMachines } from "./core/machine_set_remediation.ts";
import { MachineSetScope } from "./core/machine_set_scope.ts";
import { MACHINE_SET_CONDITIONS, setMachineSetStatus } from "./core/machine_set_status.ts";
import {
  CLUSTERS,
  DISABLE_MACHINE_CREATE,
  MACHINE_DEPLOYMENTS,
  MACHINE_SET_FINALIZER,
  MACHINE_SETS,
  MACHINES,
} from "./core/names.ts";
import { CLUSTER_NAME_LABEL } from "./kubeadm/names.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined, isNotFound } from "./kubeadm/reads.ts";

const PREFLIGHT_RETRY_MS = 15_000;

/** Reconciles MachineSets. */
export class MachineSetReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #externals: ExternalObjects;
  readonly #machines: MachineSetMachines;

  /** `externals` watch the templates that MachineSets refer to. */
  constructor(context: CoreContext, externals: ExternalObjects) {
    this.#context = context;
    this.#externals = externals;
    this.#machines = new MachineSetMachines(context);
  }

  /** Looks at one MachineSet. */
  async reconcile(request: Request): Promise<Result> {
    const { client, clock } = this.#context;
    const found = await getOrUndefined(client, MACHINE_SETS, request);
    if (found === undefined) return {};
    const cluster = await client.get(CLUSTERS, {
      namespace: request.namespace,
      name: found.spec?.clusterName ?? "",
    });
    const before = await ensureFinalizer(client, MACHINE_SETS, found, MACHINE_SET_FINALIZER);
    if (await endsByPause(client, MACHINE_SETS, cluster, before, clock.now())) return {};
    const scope = new MachineSetScope(before, clone(before), cluster);
    const outcome = new Outcome();
    try {
      await outcome.step(() => this.#steps(scope, outcome));
    } finally {
      await this.#write(scope, outcome);
    }
    return outcome.result();
  }

  async #steps(scope: MachineSetScope, outcome: Outcome): Promise<void> {
    const { set, cluster } = scope;
    await this.#readDeployment(scope);
    if (!scope.isDeleting) {
      set.metadata.labels = {
        ...set.metadata.labels,
        [CLUSTER_NAME_LABEL]: cluster.metadata.name ?? "",
      };
      if (!scope.isOfDeployment) ensureOwner(set, ownerReference(cluster));
    }
    await outcome.step(() => this.#readTemplates(scope));
    scope.machines = await this.#readMachines(scope);
    if (scope.isDeleting) return await this.#delete(scope);
    await outcome.step(() => this.#preflight(scope));
    await outcome.step(() => remediateMachines(this.#context, scope));
    await outcome.step(() => this.#sync(scope));
    await outcome.step(() => this.#scale(scope, outcome));
  }

  async #readDeployment(scope: MachineSetScope): Promise<void> {
    const owner = controllerOf(scope.set);
    if (owner?.kind !== "MachineDeployment") return;
    scope.deployment = await getOrUndefined(this.#context.client, MACHINE_DEPLOYMENTS, {
      namespace: scope.namespace,
      name: owner.name,
    });
  }

  async #readTemplates(scope: MachineSetScope): Promise<void> {
    const { spec } = scope.set.spec.template;
    const read = async (reference: ContractReference | undefined) => {
      if (reference === undefined) return { object: undefined, missing: false };
      const external = await this.#externals.get(scope.namespace, reference);
      if (external === undefined) return { object: undefined, missing: true };
      if (scope.isDeleting) return { object: external.object, missing: false };
      const clusterName = scope.cluster.metadata.name ?? "";
      const owner = ownerReference(scope.cluster);
      const { object } = await this.#externals.claim(external, clusterName, owner);
      return { object, missing: false };
    };
    const bootstrap = await read(spec.bootstrap?.configRef);
    scope.bootstrapTemplate = bootstrap.object;
    scope.bootstrapTemplateMissing = bootstrap.missing;
    const infrastructure = await read(spec.infrastructureRef);
    scope.infrastructureTemplate = infrastructure.object;
    scope.infrastructureTemplateMissing = infrastructure.missing;
  }

  /** The Machines that the selector picks and nobody else controls; orphans are adopted. */
  async #readMachines(scope: MachineSetScope): Promise<KubeObject[]> {
    const { client } = this.#context;
    const { set } = scope;
    const selector = compileLabelSelector(set.spec.selector);
    const { items } = await client.list(MACHINES, {
      namespace: scope.namespace,
      labels: `${CLUSTER_NAME_LABEL}=${scope.cluster.metadata.name}`,
    });
    const machines: KubeObject[] = [];
    for (const machine of items) {
      if (selector.empty || !selector.matches(machine.metadata.labels)) continue;
      const controller = controllerOf(machine);
      if (controller?.uid === set.metadata.uid) machines.push(machine);
      else if (
        controller === undefined && !scope.isDeleting &&
        machine.metadata.deletionTimestamp === undefined
      ) {
        machines.push(await this.#adopt(scope, machine));
      }
    }
    return machines;
  }

  async #adopt(scope: MachineSetScope, machine: KubeObject): Promise<KubeObject> {
    const { client, events } = this.#context;
    const after = clone(machine);
    ensureOwner(after, controllerReference(scope.set));
    const name = machine.metadata.name;
    try {
      const adopted = await patchObject(client, MACHINES, machine, after);
      events.event(scope.set, "Normal", "SuccessfulAdopt", `Adopted Machine "${name}"`);
      return adopted;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      events.event(
        scope.set,
        "Warning",
        "FailedAdopt",
        `Failed to adopt Machine "${name}": ${text}`,
      );
      throw error;
    }
  }

  async #delete(scope: MachineSetScope): Promise<void> {
    for (const machine of scope.known) await this.#deleteMachine(scope, machine);
    if (scope.known.length === 0) removeFinalizer(scope.set, MACHINE_SET_FINALIZER);
  }

  async #preflight(scope: MachineSetScope): Promise<void> {
    const reference: ContractReference | undefined = scope.cluster.spec?.controlPlaneRef;
    if (reference === undefined) return;
    const controlPlane = await this.#externals.get(scope.namespace, reference);
    scope.preflight = preflightFailures({
      set: scope.set,
      cluster: scope.cluster,
      controlPlane: controlPlane?.object,
      bootstrapTemplate: scope.bootstrapTemplate,
    });
  }

  async #sync(scope: MachineSetScope): Promise<void> {
    scope.machines = await Promise.all(
      scope.known.map((machine) => this.#machines.sync(scope, machine)),
    );
  }

  async #scale(scope: MachineSetScope, outcome: Outcome): Promise<void> {
    const difference = scope.desired - scope.known.length;
    if (difference < 0) return await this.#scaleDown(scope, -difference);
    if (difference === 0) return;
    if (scope.set.metadata.annotations?.[DISABLE_MACHINE_CREATE] === "true") return;
    if (scope.preflight.length > 0) return outcome.requeue(PREFLIGHT_RETRY_MS);
    // Their creation wakes this controller; the ScalingUp condition says what is missing.
    if (scope.bootstrapTemplateMissing || scope.infrastructureTemplate === undefined) return;
    const { events } = this.#context;
    for (let i = 0; i < difference; i++) {
      const machine = await this.#machines.create(scope);
      scope.machines = [...scope.known, machine];
      events.event(
        scope.set,
        "Normal",
        "SuccessfulCreate",
        `Created Machine "${machine.metadata.name}"`,
      );
    }
  }

  async #scaleDown(scope: MachineSetScope, count: number): Promise<void> {
    const order: DeletionOrder = scope.set.spec?.deletion?.order ?? "Random";
    const chosen = machinesToDelete(scope.known, count, order, this.#context.clock.now());
    // One that cannot be deleted does not keep the others.
    const outcome = new Outcome();
    for (const machine of chosen) await outcome.step(() => this.#deleteMachine(scope, machine));
    outcome.result();
  }

  async #deleteMachine(scope: MachineSetScope, machine: KubeObject): Promise<void> {
    if (machine.metadata.deletionTimestamp !== undefined) return;
    const { client, events } = this.#context;
    const { namespace = "", name = "" } = machine.metadata;
    try {
      await client.delete(MACHINES, { namespace, name });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    events.event(scope.set, "Normal", "SuccessfulDelete", `Deleted Machine "${name}"`);
  }

  async #write(scope: MachineSetScope, outcome: Outcome): Promise<void> {
    const { client, clock } = this.#context;
    const { before, set } = scope;
    setMachineSetStatus(scope, outcome, clock.now());
    if (!outcome.failed) set.status.observedGeneration = set.metadata.generation;
    if (equal(before, set)) return;
    await patchObject(client, MACHINE_SETS, before, set, {
      ownedConditions: MACHINE_SET_CONDITIONS,
    });
  }
}
