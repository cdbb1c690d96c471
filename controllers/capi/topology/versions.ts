// Which version control plane and MachineDeployments of a topology are to
// have now: the control plane first, then one MachineDeployment after the
// other, step by step. Source: Cluster API's desired state generator.

import { compareVersions, parseVersion } from "../../../runtime/semantic_version.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { compileLabelSelector } from "../../../runtime/selector/label.ts";
import type { MachineDeploymentTopology } from "../../../webhooks/class_types.ts";
import { DEFER_UPGRADE, HOLD_UPGRADE_SEQUENCE } from "./names.ts";
import { type Blueprint, type CurrentState, deploymentsOf } from "./states.ts";
import { lowerVersion, planUpgrade } from "./upgrade_plan.ts";
import type { UpgradeTracker } from "./upgrade_tracker.ts";

/** Makes the plan, and notes which MachineDeployments are upgrading. */
export function trackUpgrade(
  tracker: UpgradeTracker,
  blueprint: Blueprint,
  current: CurrentState,
  machines: readonly KubeObject[],
): void {
  const { controlPlane, machineDeployments } = current;
  const extension = blueprint.spec.upgrade?.external?.generateUpgradePlanExtension;
  if (extension !== undefined) {
    throw new Error(
      `cannot use GenerateUpgradePlan extension "${extension}": runtime extensions are not supported`,
    );
  }
  if (controlPlane !== undefined) {
    let minWorkers: string | undefined;
    for (const { object } of machineDeployments.values()) {
      minWorkers = lowerVersion(minWorkers, object.spec.template.spec.version);
    }
    tracker.plan = planUpgrade({
      desired: blueprint.topology.version,
      controlPlane: controlPlane.object.spec.version,
      ...(minWorkers === undefined ? {} : { minWorkers }),
      versions: blueprint.spec.kubernetesVersions ?? [],
    });
  }
  tracker.planned = true;
  for (const { object } of machineDeployments.values()) {
    if (isDeploymentUpgrading(object, machines)) {
      tracker.workers.upgrading.add(object.metadata.name ?? "");
    }
  }
}

/** Whether a MachineDeployment still has Machines of another version. */
function isDeploymentUpgrading(
  { spec }: KubeObject,
  machines: readonly KubeObject[],
): boolean {
  const { version } = spec.template.spec;
  if (version === undefined) return false;
  const selector = compileLabelSelector(spec.selector);
  return machines.some((machine) =>
    selector.matches(machine.metadata.labels) && machine.spec?.version !== version
  );
}

/** The version for the control plane. */
export function controlPlaneVersion(
  tracker: UpgradeTracker,
  { topology }: Blueprint,
  { controlPlane }: CurrentState,
): string {
  if (controlPlane === undefined) return topology.version;
  const version: string = controlPlane.object.spec.version;
  const state = tracker.controlPlane;
  state.pending = version !== topology.version;
  const reported = reportedVersions(controlPlane.object);
  if (reported.length === 0) {
    state.provisioning = true;
    return version;
  }
  if (reported.some((one) => isBelow(one, version))) {
    state.upgrading = true;
    return version;
  }
  const { plan, workers } = tracker;
  if (plan.workers[0] === version) {
    state.waitsForWorkers = true;
    return version;
  }
  if (workers.upgrading.size > 0 || !state.pending) return version;
  const [next] = plan.controlPlane;
  if (next === undefined) {
    throw new Error(
      "cannot compute the control plane version if the control plane is pending upgrade and the upgrade plan is not set",
    );
  }
  state.starting = true;
  state.pending = false;
  return next;
}

function reportedVersions({ status }: KubeObject): string[] {
  const versions: { version: string }[] = status?.versions ?? [];
  if (versions.length > 0) return versions.map(({ version }) => version);
  return status?.version ? [status.version] : [];
}

function isBelow(text: string, wanted: string): boolean {
  const [a, b] = [parseVersion(text), parseVersion(wanted)];
  if (a === undefined || b === undefined) {
    throw new Error(`failed to parse version ${a === undefined ? text : wanted}`);
  }
  const order = compareVersions(a, b);
  return order < 0 || (order === 0 && a.build !== b.build);
}

/** The version for a MachineDeployment; `current` is the one that there is. */
export function deploymentVersion(
  tracker: UpgradeTracker,
  { topology }: Blueprint,
  wanted: MachineDeploymentTopology,
  current: KubeObject | undefined,
): string {
  const { workers, plan } = tracker;
  if (current === undefined) {
    if (!tracker.isStable) workers.pendingCreate.add(wanted.name);
    return topology.version;
  }
  const name = current.metadata.name ?? "";
  const version: string = current.spec.template.spec.version;
  if (version === topology.version) return version;
  const deferred = isDeferred(deploymentsOf(topology), wanted);
  if (deferred) workers.deferred.add(name);
  if (deferred || tracker.concurrencyReached || !tracker.isStableOrWaiting) {
    workers.pending.add(name);
    return version;
  }
  const [next] = plan.workers;
  if (next === undefined) {
    throw new Error(
      "cannot compute the machine deployment version if the machine deployment is pending upgrade and the upgrade plan is not set",
    );
  }
  if (next === version) {
    // Ahead of others: it goes on when the control plane has taken its next version.
    workers.pending.add(name);
    return version;
  }
  workers.upgrading.add(name);
  return next;
}

/** Whether a MachineDeployment, or one before it, is told to wait. */
function isDeferred(
  all: readonly MachineDeploymentTopology[],
  wanted: MachineDeploymentTopology,
): boolean {
  const has = (one: MachineDeploymentTopology, annotation: string) =>
    one.metadata?.annotations?.[annotation] !== undefined;
  if (has(wanted, DEFER_UPGRADE)) return true;
  const until = all.findIndex(({ name }) => name === wanted.name);
  return all.slice(0, until + 1).some((one) => has(one, HOLD_UPGRADE_SEQUENCE));
}
