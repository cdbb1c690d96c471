// Which Machines a MachineSet gives up first. Source: Cluster API's
// MachineSet delete policies.

import type { KubeObject } from "../../../runtime/object.ts";
import { isConditionFalse } from "../conditions.ts";
import { DELETE_MACHINE_ANNOTATION } from "../kubeadm/names.ts";

/** The order of deletion, as `spec.deletion.order` names it. */
export type DeletionOrder = "Random" | "Newest" | "Oldest";

const MUST = 100;
const SHOULD = 80;
const BETTER = 50;
const COULD = 20;
const AGE_SCALE_MS = 10 * 86_400_000;

function isUnhealthy(machine: KubeObject): boolean {
  return machine.status?.nodeRef === undefined || isConditionFalse(machine, "NodeHealthy") ||
    isConditionFalse(machine, "HealthCheckSucceeded");
}

/** The older, the closer to 50. */
function ageScore(machine: KubeObject, now_ms: number): number {
  const age_ms = now_ms - Date.parse(machine.metadata.creationTimestamp ?? "");
  return age_ms <= 0 || Number.isNaN(age_ms) ? 0 : BETTER * (1 - Math.exp(-age_ms / AGE_SCALE_MS));
}

/** How much a Machine deserves to go: the higher, the sooner. */
export function deletePriority(
  machine: KubeObject,
  order: DeletionOrder,
  now_ms: number,
): number {
  const { metadata } = machine;
  if (metadata.deletionTimestamp !== undefined) return MUST;
  if (metadata.annotations?.[DELETE_MACHINE_ANNOTATION] !== undefined) return SHOULD;
  if (isUnhealthy(machine)) return BETTER;
  if (order === "Random") return COULD;
  const score = ageScore(machine, now_ms);
  return order === "Oldest" ? score : BETTER - score;
}

/** The `count` Machines that go first; those being deleted already count. */
export function machinesToDelete(
  machines: readonly KubeObject[],
  count: number,
  order: DeletionOrder,
  now_ms: number,
): KubeObject[] {
  const priority = new Map(
    machines.map((machine) => [machine, deletePriority(machine, order, now_ms)]),
  );
  return [...machines].sort((a, b) =>
    (priority.get(b) ?? 0) - (priority.get(a) ?? 0) || compareNames(a, b)
  ).slice(0, Math.max(0, count));
}

function compareNames(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a.metadata.name ?? "", b.metadata.name ?? ""];
  return left < right ? -1 : left > right ? 1 : 0;
}
