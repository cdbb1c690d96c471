// The Machine reconciler: joins host, bootstrap data and Node, tells how the
// machine is doing, and takes it apart in order. Source: Cluster API's
// Machine controller.

import { rfc3339 } from "../../runtime/clock.ts";
import { clone, equal } from "../../runtime/object.ts";
import { controllerOf } from "../../runtime/owner.ts";
import { ensureFinalizer } from "../../runtime/reconcile/ensure_finalizer.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import type { Reconciler, Request, Result } from "../../runtime/reconcile/types.ts";
import { type CoreContext, Outcome } from "./core/core_context.ts";
import type { ExternalObjects } from "./core/external_objects.ts";
import {
  MACHINE_CONDITIONS,
  machinePhase,
  setMachineConditions,
} from "./core/machine_conditions.ts";
import { MachineDeletion } from "./core/machine_deletion.ts";
import { reconcileNode } from "./core/machine_node.ts";
import {
  ensureMachineOwner,
  MachineReferences,
  takeCertificatesExpiry,
} from "./core/machine_references.ts";
import { MachineScope } from "./core/machine_scope.ts";
import {
  CLUSTERS,
  MACHINE_DEPLOYMENTS,
  MACHINE_FINALIZER,
  MACHINE_SETS,
  MACHINES,
} from "./core/names.ts";
import type { WorkloadNodes } from "./core/workload_nodes.ts";
import { endsByPause } from "./kubeadm/paused.ts";
import { getOrUndefined } from "./kubeadm/reads.ts";

/** Reconciles Machines. */
export class MachineReconciler implements Reconciler {
  readonly #context: CoreContext;
  readonly #references: MachineReferences;
  readonly #deletion: MachineDeletion;
  readonly #workloads: WorkloadNodes;

  /** `externals` watch the objects that Machines refer to, `workloads` their Nodes. */
  constructor(context: CoreContext, externals: ExternalObjects, workloads: WorkloadNodes) {
    this.#context = context;
    this.#references = new MachineReferences(externals);
    this.#deletion = new MachineDeletion(context, externals);
    this.#workloads = workloads;
  }

  /** Looks at one Machine. */
  async reconcile(request: Request): Promise<Result> {
    const { client, clock } = this.#context;
    const found = await getOrUndefined(client, MACHINES, request);
    if (found === undefined) return {};
    const cluster = await client.get(CLUSTERS, {
      namespace: request.namespace,
      name: found.spec?.clusterName ?? "",
    });
    const before = await ensureFinalizer(client, MACHINES, found, MACHINE_FINALIZER);
    if (await endsByPause(client, MACHINES, cluster, before, clock.now())) return {};
    const scope = new MachineScope(before, clone(before), cluster);
    const outcome = new Outcome();
    try {
      await this.#steps(scope, outcome);
    } finally {
      await this.#write(scope, outcome);
    }
    return outcome.result();
  }

  async #steps(scope: MachineScope, outcome: Outcome): Promise<void> {
    if (!scope.isDeleting) ensureMachineOwner(scope);
    await outcome.step(() => this.#readOwners(scope));
    await outcome.step(() => this.#references.reconcileBootstrap(scope, outcome));
    await outcome.step(() => this.#references.reconcileInfrastructure(scope, outcome));
    await outcome.step(() => reconcileNode(this.#context, this.#workloads, scope));
    takeCertificatesExpiry(scope);
    if (scope.isDeleting) await outcome.step(() => this.#deletion.run(scope, outcome));
  }

  async #readOwners(scope: MachineScope): Promise<void> {
    const { client } = this.#context;
    const { namespace } = scope;
    const set = controllerOf(scope.machine);
    if (set?.kind !== "MachineSet") return;
    scope.machineSet = await getOrUndefined(client, MACHINE_SETS, { namespace, name: set.name });
    if (scope.machineSet === undefined) return;
    const deployment = controllerOf(scope.machineSet);
    if (deployment?.kind !== "MachineDeployment") return;
    scope.machineDeployment = await getOrUndefined(client, MACHINE_DEPLOYMENTS, {
      namespace,
      name: deployment.name,
    });
  }

  async #write(scope: MachineScope, outcome: Outcome): Promise<void> {
    const { access, client, clock } = this.#context;
    const { before, machine } = scope;
    machine.status ??= {};
    const health = access.health?.(scope.namespace, scope.clusterName);
    setMachineConditions(scope, outcome, health, clock.now());
    const phase = machinePhase(scope);
    if (machine.status.phase !== phase) {
      machine.status.phase = phase;
      machine.status.lastUpdated = rfc3339(clock.now());
    }
    if (!outcome.failed) machine.status.observedGeneration = machine.metadata.generation;
    if (equal(before, machine)) return;
    await patchObject(client, MACHINES, before, machine, {
      ownedConditions: scope.machineDeployment === undefined
        ? MACHINE_CONDITIONS
        : [...MACHINE_CONDITIONS, "UpToDate"],
    });
  }
}
