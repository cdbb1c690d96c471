// InMemoryMachine (and DevMachine with the in-memory backend): the life of
// one host that is not there. This file decides whether and when; what the
// steps do is in machine_phases.ts. Source: the in-memory provider's machine
// controller.

import { clone, type KubeObject } from "../../runtime/object.ts";
import { addFinalizer, hasFinalizer, removeFinalizer } from "../../runtime/owner.ts";
import { patchObject } from "../../runtime/reconcile/patch_helper.ts";
import {
  type Reconciler,
  type Request,
  requestKey,
  type Result,
} from "../../runtime/reconcile/types.ts";
import { isConditionTrue } from "../capi/conditions.ts";
import { endsByPause } from "../capi/kubeadm/paused.ts";
import { getOrUndefined } from "../capi/kubeadm/reads.ts";
import type { ProviderContext } from "./cluster_reconciler.ts";
import {
  hostName,
  isControlPlaneInitialized,
  isControlPlaneMachine,
  isInfrastructureProvisioned,
  labelledCluster,
  labelledHostName,
  MANAGED_BY_ANNOTATION,
  ownerMachine,
} from "./core_objects.ts";
import {
  BOOTSTRAPPED_ANNOTATION,
  MachinePhases,
  type MachineScope,
  type Timeline,
} from "./machine_phases.ts";
import {
  markGated,
  markNotReady,
  markWaiting,
  ownedConditions,
  summarizeMachine,
  WAITING,
  type Waiting,
} from "./provider_conditions.ts";

/** Reconciles infrastructure machines. */
export class InfrastructureMachineReconciler implements Reconciler {
  readonly #context: ProviderContext;
  readonly #phases: MachinePhases;
  /** Exact times of steps; conditions know only whole seconds. */
  readonly #timelines = new Map<string, Timeline>();

  /** Takes up where it left off after a restart, from conditions. */
  constructor(context: ProviderContext, phases: MachinePhases = new MachinePhases(context)) {
    this.#context = context;
    this.#phases = phases;
  }

  /** Looks at one infrastructure machine. */
  async reconcile(request: Request): Promise<Result | void> {
    const { client, clock, kinds, core } = this.#context;
    const object = await getOrUndefined(client, kinds.machines, request);
    if (object === undefined) return void this.#timelines.delete(requestKey(request));
    if (!kinds.handles(object)) return;
    if (object.metadata.annotations?.[MANAGED_BY_ANNOTATION] !== undefined) return;
    const deleting = object.metadata.deletionTimestamp !== undefined;
    const machine = await ownerMachine(client, core, object);
    const cluster = await labelledCluster(client, core, machine ?? object);
    if (!deleting && (machine === undefined || cluster === undefined)) return;
    if (cluster !== undefined) {
      if (await endsByPause(client, kinds.machines, cluster, object, clock.now())) return;
    }
    if (deleting) return await this.#delete(request, object, cluster);
    const refusal = kinds.refusal(object);
    if (refusal !== undefined) return await this.#refuse(object, refusal);
    const guarded = await this.#guard(object);
    return await this.#provision(request, guarded, machine as KubeObject, cluster as KubeObject);
  }

  /** The finalizer has to be there before anything that needs cleaning up. */
  async #guard(object: KubeObject): Promise<KubeObject> {
    const { client, kinds } = this.#context;
    if (hasFinalizer(object, kinds.machineFinalizer)) return object;
    const after = clone(object);
    addFinalizer(after, kinds.machineFinalizer);
    return await patchObject(client, kinds.machines, object, after);
  }

  async #provision(
    request: Request,
    current: KubeObject,
    machine: KubeObject,
    cluster: KubeObject,
  ): Promise<Result> {
    const { client, clock, kinds } = this.#context;
    const after = clone(current);
    const scope: MachineScope = {
      object: after,
      machine,
      cluster,
      controlPlane: isControlPlaneMachine(machine),
      timeline: this.#timelineOf(request),
      skipWaiting: machine.metadata.annotations?.[BOOTSTRAPPED_ANNOTATION] !== undefined,
    };
    const waiting = gate(scope);
    let result: Result = {};
    try {
      if (waiting === undefined) result = await this.#phases.run(scope);
      else markGated(after, scope.controlPlane, waiting, clock.now());
    } finally {
      summarizeMachine(after, scope.controlPlane, clock.now());
      await patchObject(client, kinds.machines, current, after, {
        ownedConditions: ownedConditions(after),
      });
    }
    return result;
  }

  async #delete(
    request: Request,
    object: KubeObject,
    cluster: KubeObject | undefined,
  ): Promise<void> {
    const { client, kinds } = this.#context;
    const name = cluster === undefined ? labelledHostName(object) : hostName(cluster);
    if (name !== undefined) await this.#phases.remove(name, object);
    this.#timelines.delete(requestKey(request));
    const after = clone(object);
    if (removeFinalizer(after, kinds.machineFinalizer)) {
      await patchObject(client, kinds.machines, object, after);
    }
  }

  /** Writes down why there will be no such machine. */
  async #refuse(object: KubeObject, message: string): Promise<void> {
    const { client, clock, kinds } = this.#context;
    const after = clone(object);
    const reason = "BackendNotSupported";
    markWaiting(after, "VMProvisioned", { reason, message }, clock.now());
    markNotReady(after, reason, message, clock.now());
    await patchObject(client, kinds.machines, object, after, {
      ownedConditions: ["Ready", "VMProvisioned"],
    });
  }

  #timelineOf(request: Request): Timeline {
    const key = requestKey(request);
    let timeline = this.#timelines.get(key);
    if (timeline === undefined) this.#timelines.set(key, timeline = {});
    return timeline;
  }
}

/** What the machine has to wait for before its first step; `undefined` when it may go on. */
function gate({ object, machine, cluster, controlPlane }: MachineScope): Waiting | undefined {
  // What has begun goes on: these are gates, not health checks. (A providerID may be the user's.)
  if (isConditionTrue(object, "VMProvisioned")) return undefined;
  if (!isInfrastructureProvisioned(cluster)) return WAITING.clusterInfrastructure;
  if (machine.spec?.bootstrap?.dataSecretName !== undefined) return undefined;
  if (!controlPlane && !isControlPlaneInitialized(cluster)) return WAITING.controlPlane;
  return WAITING.bootstrapData;
}
