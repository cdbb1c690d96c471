// The conditions that MachineSets and MachineDeployments share: scaling,
// their Machines, deletion. Source: Cluster API's MachineSet and
// MachineDeployment controllers.

import type { KubeObject } from "../../../runtime/object.ts";
import { type ConditionUpdate, INTERNAL_ERROR_MESSAGE } from "../conditions.ts";
import { aggregateConditions } from "../conditions_merge.ts";
import { hasOrOwesUpToDate } from "./cluster_conditions.ts";

const STALE_MS = 15 * 60_000;
const NAMES_MAX = 3;

/** What the scaling conditions look at. */
export interface ScalingFacts {
  /** What `spec.replicas` says; 0 while deleting. */
  readonly desired: number | undefined;
  /** `undefined` when it could not be counted. */
  readonly current: number | undefined;
  readonly isDeleting: boolean;
  /** Why nothing can be made. */
  readonly blocked: readonly string[];
  readonly stale: string;
}

function unknown(type: string): ConditionUpdate {
  return { type, status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
}

function unset(type: string): ConditionUpdate {
  return {
    type,
    status: "Unknown",
    reason: "WaitingForReplicasSet",
    message: "Waiting for spec.replicas set",
  };
}

/** ScalingUp. */
export function scalingUp(facts: ScalingFacts): ConditionUpdate {
  const type = "ScalingUp";
  const { desired, current, isDeleting, blocked } = facts;
  if (current === undefined) return unknown(type);
  if (desired === undefined) return unset(type);
  const bullets = blocked.map((line) => `* ${line}`).join("\n");
  if (current >= desired) {
    const message = blocked.length > 0 && !isDeleting
      ? `Scaling up would be blocked because ${blocked.join(", ")}`
      : "";
    return { type, status: "False", reason: "NotScalingUp", message };
  }
  const message = `Scaling up from ${current} to ${desired} replicas` +
    (blocked.length > 0 ? ` is blocked because:\n${bullets}` : "");
  return { type, status: "True", reason: "ScalingUp", message };
}

/** ScalingDown. */
export function scalingDown(facts: ScalingFacts): ConditionUpdate {
  const type = "ScalingDown";
  const { desired, current, stale } = facts;
  if (current === undefined) return unknown(type);
  if (desired === undefined) return unset(type);
  if (current <= desired) return { type, status: "False", reason: "NotScalingDown" };
  const message = `Scaling down from ${current} to ${desired} replicas` +
    (stale === "" ? "" : ` and ${stale}`);
  return { type, status: "True", reason: "ScalingDown", message };
}

/** MachinesReady. */
export function machinesReady(machines: readonly KubeObject[] | undefined): ConditionUpdate {
  const type = "MachinesReady";
  if (machines === undefined) return unknown(type);
  return aggregateConditions(machines, {
    target: type,
    source: "Ready",
    reasons: { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" },
    none: { type, status: "True", reason: "NoReplicas" },
  });
}

/** MachinesUpToDate. */
export function machinesUpToDate(
  machines: readonly KubeObject[] | undefined,
  now_ms: number,
): ConditionUpdate {
  const type = "MachinesUpToDate";
  if (machines === undefined) return unknown(type);
  return aggregateConditions(machines.filter((machine) => hasOrOwesUpToDate(machine, now_ms)), {
    target: type,
    source: "UpToDate",
    reasons: { issue: "NotUpToDate", unknown: "UpToDateUnknown", info: "UpToDate" },
    none: { type, status: "True", reason: "NoReplicas" },
  });
}

/** Names Machines that take unusually long to go; empty when none does. */
export function staleMachines(machines: readonly KubeObject[], now_ms: number): string {
  const stale = machines.filter(({ metadata }) =>
    metadata.deletionTimestamp !== undefined &&
    now_ms - Date.parse(metadata.deletionTimestamp) > STALE_MS
  ).map(({ metadata }) => metadata.name ?? "").sort();
  if (stale.length === 0) return "";
  const names = stale.slice(0, NAMES_MAX).join(", ") + (stale.length > NAMES_MAX ? ", ..." : "");
  return stale.length === 1
    ? `Machine ${names} is in deletion since more than 15m`
    : `Machines ${names} are in deletion since more than 15m`;
}

/** Deleting. `left` says what is still to go. */
export function deletingCondition(
  isDeleting: boolean,
  left: string | undefined,
): ConditionUpdate {
  const type = "Deleting";
  if (!isDeleting) return { type, status: "False", reason: "NotDeleting" };
  if (left === undefined) return unknown(type);
  return { type, status: "True", reason: "Deleting", message: left };
}

/** What is still to go, in words. */
export function deletingMachines(
  machines: readonly KubeObject[],
  now_ms: number,
): string {
  if (machines.length === 0) return "";
  const count = `Deleting ${machines.length} Machine${machines.length === 1 ? "" : "s"}`;
  const stale = staleMachines(machines, now_ms);
  return stale === "" ? count : `${count}\n* ${stale}`;
}
