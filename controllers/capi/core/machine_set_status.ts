// The counters and conditions of a MachineSet. Source: Cluster API's
// MachineSet controller.

import type { KubeObject } from "../../../runtime/object.ts";
import { type ConditionUpdate, isConditionTrue, setCondition } from "../conditions.ts";
import {
  markV1Beta1False,
  markV1Beta1True,
  setV1Beta1Aggregate,
  setV1Beta1Summary,
} from "../conditions_v1beta1.ts";
import { remediatingCondition } from "./cluster_conditions.ts";
import { aggregateVersions } from "./cluster_status.ts";
import type { Outcome } from "./core_context.ts";
import type { MachineSetScope } from "./machine_set_scope.ts";
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

/** Condition types that the MachineSet controller alone writes. */
export const MACHINE_SET_CONDITIONS: readonly string[] = [
  "ScalingUp",
  "ScalingDown",
  "MachinesReady",
  "MachinesUpToDate",
  "Remediating",
  "Deleting",
  "Paused",
  "Ready",
  "Resized",
  "MachinesCreated",
];

/** Sets all of the status. */
export function setMachineSetStatus(
  scope: MachineSetScope,
  outcome: Outcome,
  now_ms: number,
): void {
  const { set } = scope;
  set.status ??= {};
  const selector = selectorText(set.spec?.selector);
  if (selector !== "") set.status.selector = selector;
  if (scope.machines !== undefined) setCounters(set, scope.machines);
  const updates: ConditionUpdate[] = [
    scalingUp(scalingFacts(scope, now_ms)),
    scalingDown(scalingFacts(scope, now_ms)),
    machinesReady(scope.machines),
    machinesUpToDate(scope.machines, now_ms),
    remediatingCondition(scope.known),
    deletingCondition(
      scope.isDeleting,
      scope.machines === undefined
        ? undefined
        : deletingMachines(scope.machines, now_ms) || "Deletion completed",
    ),
  ];
  for (const update of updates) setCondition(set, update, now_ms);
  setV1Beta1Status(scope, outcome, now_ms);
}

function setCounters(set: KubeObject, machines: readonly KubeObject[]): void {
  const having = (type: string) =>
    machines.filter((machine) => isConditionTrue(machine, type)).length;
  const versions = aggregateVersions(machines);
  Object.assign(set.status, {
    replicas: machines.length,
    readyReplicas: having("Ready"),
    availableReplicas: having("Available"),
    upToDateReplicas: having("UpToDate"),
  });
  if (versions === undefined) delete set.status.versions;
  else set.status.versions = versions;
}

function scalingFacts(scope: MachineSetScope, now_ms: number): ScalingFacts {
  const missing: string[] = [];
  const { bootstrap, infrastructureRef } = scope.set.spec?.template?.spec ?? {};
  if (scope.bootstrapTemplateMissing) missing.push(`${bootstrap.configRef.kind} does not exist`);
  if (scope.infrastructureTemplateMissing) {
    missing.push(`${infrastructureRef.kind} does not exist`);
  }
  return {
    desired: scope.isDeleting ? 0 : scope.set.spec?.replicas,
    current: scope.machines?.length,
    isDeleting: scope.isDeleting,
    blocked: [...scope.preflight, ...missing],
    stale: staleMachines(scope.known, now_ms),
  };
}

function setV1Beta1Status(scope: MachineSetScope, outcome: Outcome, now_ms: number): void {
  const { set } = scope;
  if (scope.machines === undefined) return;
  const template: Record<string, string> = set.spec?.template?.metadata?.labels ?? {};
  const labelled = scope.machines.filter(({ metadata }) =>
    Object.entries(template).every(([key, value]) => metadata.labels?.[key] === value)
  );
  const nodesReady = scope.machines.filter((machine) => isConditionTrue(machine, "NodeReady"));
  const old = ((set.status.deprecated ??= {}).v1beta1 ??= {});
  Object.assign(old, {
    fullyLabeledReplicas: labelled.length,
    readyReplicas: nodesReady.length,
    availableReplicas: set.status.availableReplicas,
  });
  const difference = scope.desired - scope.machines.length;
  if (scope.preflight.length > 0 && difference > 0) {
    const message = scope.preflight.join("; ");
    markV1Beta1False(set, "MachinesCreated", "PreflightCheckFailed", "Error", message, now_ms);
  } else if (outcome.failed && difference > 0) {
    markV1Beta1False(set, "MachinesCreated", "MachineCreationFailed", "Error", "", now_ms);
  } else markV1Beta1True(set, "MachinesCreated", now_ms);
  if (difference === 0) markV1Beta1True(set, "Resized", now_ms);
  else {
    const direction = difference > 0 ? "ScalingUp" : "ScalingDown";
    const words = difference > 0 ? "up" : "down";
    const message =
      `Scaling ${words} MachineSet to ${scope.desired} replicas (actual ${scope.machines.length})`;
    markV1Beta1False(set, "Resized", direction, "Warning", message, now_ms);
  }
  setV1Beta1Aggregate(set, "MachinesReady", scope.machines, now_ms);
  setV1Beta1Summary(set, ["MachinesCreated", "Resized", "MachinesReady"], now_ms);
}
