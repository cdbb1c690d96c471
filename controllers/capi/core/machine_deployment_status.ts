// The counters, the phase and the conditions of a MachineDeployment. Source:
// Cluster API's MachineDeployment controller.

import type { KubeObject } from "../../../runtime/object.ts";
import {
  conditionOf,
  type ConditionUpdate,
  INTERNAL_ERROR_MESSAGE,
  isConditionFalse,
  isConditionTrue,
  setCondition,
} from "../conditions.ts";
import {
  markV1Beta1False,
  markV1Beta1True,
  setV1Beta1Condition,
  setV1Beta1Summary,
  v1beta1ConditionOf,
} from "../conditions_v1beta1.ts";
import { remediatingCondition } from "./cluster_conditions.ts";
import { aggregateVersions } from "./cluster_status.ts";
import type { MachineDeploymentScope } from "./machine_deployment_scope.ts";
import {
  deletingCondition,
  deletingMachines,
  machinesReady,
  machinesUpToDate,
  scalingDown,
  type ScalingFacts,
  scalingUp,
  staleMachines,
} from "./replica_conditions.ts";
import { selectorText } from "./selector_text.ts";

/** Condition types that the MachineDeployment controller alone writes. */
export const MACHINE_DEPLOYMENT_CONDITIONS: readonly string[] = [
  "Available",
  "RollingOut",
  "ScalingUp",
  "ScalingDown",
  "MachinesReady",
  "MachinesUpToDate",
  "Remediating",
  "Deleting",
  "Paused",
  "Ready",
  "MachineSetReady",
];

/** Sets all of the status. */
export function setMachineDeploymentStatus(scope: MachineDeploymentScope, now_ms: number): void {
  const { deployment, machines } = scope;
  deployment.status ??= {};
  const selector = selectorText(deployment.spec?.selector);
  if (selector !== "") deployment.status.selector = selector;
  if (scope.sets !== undefined) setCounters(scope);
  deployment.status.phase = phaseOf(scope);
  const facts = scalingFacts(scope, now_ms);
  const known = scope.sets === undefined ? undefined : machines;
  const updates: ConditionUpdate[] = [
    availableCondition(scope),
    rollingOut(scope),
    scalingUp(facts),
    scalingDown(facts),
    machinesReady(known),
    machinesUpToDate(known, now_ms),
    remediatingCondition(machines),
    deletingCondition(scope.isDeleting, stillThere(scope, now_ms)),
  ];
  for (const update of updates) setCondition(deployment, update, now_ms);
  setV1Beta1Status(scope, now_ms);
}

function setCounters(scope: MachineDeploymentScope): void {
  const { deployment, machines } = scope;
  const sum = (member: string) =>
    (scope.sets ?? []).reduce((total, { status }) => total + (status?.[member] ?? 0), 0);
  const versions = aggregateVersions(machines);
  Object.assign(deployment.status, {
    replicas: sum("replicas"),
    readyReplicas: sum("readyReplicas"),
    availableReplicas: sum("availableReplicas"),
    upToDateReplicas: machines.filter((machine) => isConditionTrue(machine, "UpToDate")).length,
  });
  if (versions === undefined) delete deployment.status.versions;
  else deployment.status.versions = versions;
}

function phaseOf(scope: MachineDeploymentScope): string {
  const desired = scope.isDeleting ? 0 : scope.desired;
  const replicas: number = scope.deployment.status?.replicas ?? 0;
  if (replicas < desired) return "ScalingUp";
  return replicas > desired ? "ScalingDown" : "Running";
}

function availableCondition(scope: MachineDeploymentScope): ConditionUpdate {
  const type = "Available";
  const { deployment, desired, limits } = scope;
  if (scope.sets === undefined) {
    return { type, status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
  }
  if (deployment.spec?.replicas === undefined) {
    return {
      type,
      status: "Unknown",
      reason: "WaitingForReplicasSet",
      message: "Waiting for spec.replicas set",
    };
  }
  const available: number | undefined = deployment.status?.availableReplicas;
  if (available === undefined) {
    return {
      type,
      status: "Unknown",
      reason: "WaitingForAvailableReplicasSet",
      message: "Waiting for status.availableReplicas set",
    };
  }
  const least = Math.max(0, desired - limits.unavailable);
  if (available >= least) return { type, status: "True", reason: "Available" };
  let message = `${available} available replicas, at least ${least} required`;
  const max = deployment.spec.rollout?.strategy?.rollingUpdate?.maxUnavailable;
  if (max !== undefined) {
    message += ` (spec.strategy.rollout.maxUnavailable is ${max}, spec.replicas is ${desired})`;
  }
  if (scope.isDeleting) message = "Deletion in progress";
  return { type, status: "False", reason: "NotAvailable", message };
}

function rollingOut(scope: MachineDeploymentScope): ConditionUpdate {
  const type = "RollingOut";
  if (scope.sets === undefined) {
    return { type, status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
  }
  const outdated = scope.machines.filter((machine) => isConditionFalse(machine, "UpToDate"));
  if (outdated.length === 0) return { type, status: "False", reason: "NotRollingOut" };
  const lines = new Set(
    outdated.flatMap((machine) => conditionOf(machine, "UpToDate")?.message.split("\n") ?? []),
  );
  const sorted = [...lines].filter((line) => line !== "").sort((a, b) =>
    Number(b.startsWith("* Version")) - Number(a.startsWith("* Version")) ||
    (a < b ? -1 : a > b ? 1 : 0)
  );
  const message = [
    `Rolling out ${outdated.length} not up-to-date replicas`,
    ...sorted,
  ].join("\n");
  return { type, status: "True", reason: "RollingOut", message };
}

function scalingFacts(scope: MachineDeploymentScope, now_ms: number): ScalingFacts {
  const blocked: string[] = [];
  const { bootstrap, infrastructureRef } = scope.deployment.spec?.template?.spec ?? {};
  if (scope.bootstrapTemplateMissing) blocked.push(`${bootstrap.configRef.kind} does not exist`);
  if (scope.infrastructureTemplateMissing) {
    blocked.push(`${infrastructureRef.kind} does not exist`);
  }
  return {
    desired: scope.isDeleting ? 0 : scope.deployment.spec?.replicas,
    current: scope.sets === undefined
      ? undefined
      : scope.sets.reduce((total, { status }) => total + (status?.replicas ?? 0), 0),
    isDeleting: scope.isDeleting,
    blocked,
    stale: staleMachines(scope.machines, now_ms),
  };
}

function stillThere(scope: MachineDeploymentScope, now_ms: number): string | undefined {
  if (scope.sets === undefined) return undefined;
  const machines = deletingMachines(scope.machines, now_ms);
  if (machines !== "") return machines;
  if (scope.sets.length === 0) return "Deletion completed";
  return `Deleting ${scope.sets.length} MachineSets`;
}

function setV1Beta1Status(scope: MachineDeploymentScope, now_ms: number): void {
  const { deployment, desired, limits, newSet } = scope;
  const { status } = deployment;
  const old = ((status.deprecated ??= {}).v1beta1 ??= {});
  const ready = scope.machines.filter((machine) => isConditionTrue(machine, "NodeReady")).length;
  Object.assign(old, {
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: ready,
    availableReplicas: status.availableReplicas ?? 0,
    unavailableReplicas: Math.max(0, desired - (status.availableReplicas ?? 0)),
  });
  const least = desired - limits.unavailable;
  if ((status.availableReplicas ?? 0) >= least) markV1Beta1True(deployment, "Available", now_ms);
  else {
    const message =
      `Minimum availability requires ${least} replicas, current ${status.availableReplicas} available`;
    markV1Beta1False(
      deployment,
      "Available",
      "WaitingForAvailableMachines",
      "Warning",
      message,
      now_ms,
    );
  }
  mirrorSetReady(deployment, newSet, now_ms);
  setV1Beta1Summary(deployment, ["Available", "MachineSetReady"], now_ms);
}

function mirrorSetReady(
  deployment: KubeObject,
  newSet: KubeObject | undefined,
  now_ms: number,
): void {
  const type = "MachineSetReady";
  const ready = newSet === undefined ? undefined : v1beta1ConditionOf(newSet, "Ready");
  if (ready === undefined) {
    const message = "MachineSet not found";
    markV1Beta1False(
      deployment,
      type,
      "WaitingForMachineSet",
      "Info",
      newSet === undefined ? message : "",
      now_ms,
    );
    return;
  }
  const { lastTransitionTime: _, ...rest } = ready;
  setV1Beta1Condition(deployment, { ...rest, type }, now_ms);
}
