// Conditions of Cluster API objects: the metav1 list in `status.conditions`
// with its transition time and ordering rules. Summaries and aggregates over
// several conditions are in conditions_merge.ts, the deprecated v1beta1 list
// in conditions_v1beta1.ts. Source: Cluster API's conditions contract.

import { equal, type KubeObject } from "../../runtime/object.ts";
import { rfc3339 } from "../../runtime/clock.ts";

/** The status of a condition. */
export type ConditionStatus = "True" | "False" | "Unknown";

/** A `metav1.Condition`. */
export interface Condition {
  type: string;
  status: ConditionStatus;
  observedGeneration?: number;
  /** RFC 3339, whole seconds. */
  lastTransitionTime: string;
  reason: string;
  message: string;
}

/** What a reconciler says about a condition; the rest is filled in by {@linkcode setCondition}. */
export interface ConditionUpdate {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message?: string;
  /** When given, taken over as it is: mirrored conditions keep their source's time. */
  readonly lastTransitionTime?: string;
}

/** The message of every condition that an unexpected error makes Unknown. */
export const INTERNAL_ERROR_MESSAGE = "Please check controller logs for errors";

/** The reason of conditions that nobody has reported yet. */
export const NOT_YET_REPORTED_REASON = "NotYetReported";

// The order in which conditions stand in an object, most telling first.
const FIRST = [
  "Available",
  "Ready",
  "UpToDate",
  "RemoteConnectionProbe",
  "BootstrapConfigReady",
  "InfrastructureReady",
  "ControlPlaneInitialized",
  "ControlPlaneAvailable",
  "WorkersAvailable",
  "NodeReady",
  "NodeHealthy",
  "ControlPlaneMachinesReady",
  "WorkerMachinesReady",
  "ControlPlaneMachinesUpToDate",
  "WorkerMachinesUpToDate",
  "HealthCheckSucceeded",
  "OwnerRemediated",
  "TopologyReconciled",
  "Updating",
  "RollingOut",
  "Remediating",
  "ScalingDown",
  "ScalingUp",
  "MachinesReady",
  "MachinesUpToDate",
];
const LAST = ["Paused", "Deleting"];
const RANKS = new Map<string, number>([
  ...FIRST.map((type, i): [string, number] => [type, i]),
  ...LAST.map((type, i): [string, number] => [type, FIRST.length + 1 + i]),
]);

/** Orders condition types as they stand in an object. */
export function compareConditionTypes(a: string, b: string): number {
  const difference = (RANKS.get(a) ?? FIRST.length) -
    (RANKS.get(b) ?? FIRST.length);
  return difference !== 0 ? difference : a < b ? -1 : a > b ? 1 : 0;
}

/** The conditions of an object, possibly none. */
export function conditionsOf(object: KubeObject): readonly Condition[] {
  return object.status?.conditions ?? [];
}

/** One condition of an object. */
export function conditionOf(
  object: KubeObject,
  type: string,
): Condition | undefined {
  return conditionsOf(object).find((condition) => condition.type === type);
}

/** Whether the condition is there and True. */
export function isConditionTrue(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.status === "True";
}

/** Whether the condition is there and False. */
export function isConditionFalse(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.status === "False";
}

/**
 * Sets a condition on an object that the caller may change. The transition
 * time moves only with the status; reason and message change in place.
 */
export function setCondition(
  object: KubeObject,
  update: ConditionUpdate,
  now_ms: number,
): void {
  const before = conditionOf(object, update.type);
  const generation = object.metadata.generation;
  const condition: Condition = {
    type: update.type,
    status: update.status,
    ...(generation === undefined || generation < 1 ? {} : { observedGeneration: generation }),
    lastTransitionTime: update.lastTransitionTime ??
      (before?.status === update.status ? before.lastTransitionTime : rfc3339(now_ms)),
    reason: update.reason,
    message: update.message ?? "",
  };
  // Most conditions are set to what they are.
  if (before !== undefined && equal(before, condition) && isSorted(conditionsOf(object))) return;
  const others = conditionsOf(object).filter(({ type }) => type !== update.type)
    .map((one) => notPausedSince(one, generation));
  object.status ??= {};
  object.status.conditions = sortConditions([...others, condition]);
}

/**
 * Whoever writes conditions has seen that the object is not paused: that it still is not is worth no write of its
 * own, and goes with the next.
 */
function notPausedSince(condition: Condition, generation: number | undefined): Condition {
  const { type, status, observedGeneration = 0 } = condition;
  if (type !== "Paused" || status !== "False" || generation === undefined) return condition;
  return observedGeneration >= generation ? condition : {
    ...condition,
    observedGeneration: generation,
  };
}

/** Removes a condition from an object that the caller may change. */
export function removeCondition(object: KubeObject, type: string): void {
  if (conditionOf(object, type) === undefined) return;
  object.status.conditions = conditionsOf(object).filter((c) => c.type !== type);
}

function isSorted(conditions: readonly Condition[]): boolean {
  for (let i = 1; i < conditions.length; i++) {
    if (compareConditionTypes(conditions[i - 1]!.type, conditions[i]!.type) > 0) return false;
  }
  return true;
}

/** A copy of the list in the order in which conditions stand in an object. */
export function sortConditions(conditions: readonly Condition[]): Condition[] {
  return [...conditions].sort((a, b) => compareConditionTypes(a.type, b.type));
}
