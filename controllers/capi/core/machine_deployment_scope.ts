// A MachineDeployment as one reconcile sees it.

import { type IntOrString, scaledValue } from "../../../runtime/int_or_string.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { controllerOf } from "../../../runtime/owner.ts";
import { isConditionTrue } from "../conditions.ts";
import { outdatedReasons } from "./machine_template.ts";

/** One MachineDeployment in one reconcile. */
export class MachineDeploymentScope {
  /** Its MachineSets, the oldest first; `undefined` when they could not be read. */
  sets: KubeObject[] | undefined;
  /** The Machines of its MachineSets. */
  machines: readonly KubeObject[] = [];
  /** The MachineSet that matches the template. */
  newSet: KubeObject | undefined;
  bootstrapTemplateMissing = false;
  infrastructureTemplateMissing = false;

  /** `before` as it was read, `deployment` a copy to be changed. */
  constructor(
    readonly before: KubeObject,
    readonly deployment: KubeObject,
    readonly cluster: KubeObject,
  ) {}

  /** The namespace of everything. */
  get namespace(): string {
    return this.deployment.metadata.namespace ?? "";
  }

  /** The MachineDeployment's name. */
  get name(): string {
    return this.deployment.metadata.name ?? "";
  }

  /** Whether it is being deleted. */
  get isDeleting(): boolean {
    return this.deployment.metadata.deletionTimestamp !== undefined;
  }

  /** How many Machines there are to be. */
  get desired(): number {
    return this.deployment.spec?.replicas ?? 0;
  }

  /** The MachineSets that do not match the template. */
  get oldSets(): KubeObject[] {
    return (this.sets ?? []).filter((set) => set !== this.newSet);
  }

  /** `RollingUpdate` or `OnDelete`. */
  get strategy(): string {
    return this.deployment.spec?.rollout?.strategy?.type ?? "RollingUpdate";
  }

  /** How many Machines there may be above `desired`, and how many may be missing below it. */
  get limits(): { readonly surge: number; readonly unavailable: number } {
    if (this.strategy !== "RollingUpdate") return { surge: 0, unavailable: 0 };
    const { maxSurge = 1, maxUnavailable = 0 }: {
      maxSurge?: IntOrString;
      maxUnavailable?: IntOrString;
    } = this.deployment.spec?.rollout?.strategy?.rollingUpdate ?? {};
    const surge = scaledValue(maxSurge, this.desired, true) ?? 1;
    const unavailable = scaledValue(maxUnavailable, this.desired, false) ?? 0;
    // With neither, nothing could ever move.
    if (surge === 0 && unavailable === 0) return { surge, unavailable: 1 };
    return { surge, unavailable: Math.min(unavailable, this.desired) };
  }

  /** The Machines of one MachineSet. */
  machinesOf(set: KubeObject): KubeObject[] {
    return this.machines.filter((machine) => controllerOf(machine)?.uid === set.metadata.uid);
  }
}

/** Of the MachineSets that match the template the one to go on with: most replicas, then oldest, then by name. */
export function findNewSet(
  scope: MachineDeploymentScope,
  now_ms: number,
): KubeObject | undefined {
  const matching = (scope.sets ?? []).filter((set) =>
    outdatedReasons(set, scope.deployment, now_ms).length === 0
  );
  return [...matching].sort((a, b) =>
    (b.spec?.replicas ?? 0) - (a.spec?.replicas ?? 0) || byAge(a, b)
  )[0];
}

/** Orders by creation, then by name. */
export function byAge(a: KubeObject, b: KubeObject): number {
  return (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? "") ||
    (a.metadata.name ?? "").localeCompare(b.metadata.name ?? "");
}

/** Whether a Machine serves and will go on doing so. */
export function isAvailable(machine: KubeObject): boolean {
  return machine.metadata.deletionTimestamp === undefined && isConditionTrue(machine, "Available");
}
