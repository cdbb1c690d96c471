// The ScalingUp and ScalingDown conditions of a KubeadmControlPlane, with
// what keeps it from getting there.

import type { ConditionUpdate } from "../conditions.ts";
import type { ControlPlane } from "./control_plane.ts";

const STALE_DELETION_MS = 15 * 60_000;

function target({ isDeleting, desired }: ControlPlane): number {
  return isDeleting ? 0 : desired;
}

const WAITING = {
  status: "Unknown",
  reason: "WaitingForReplicasSet",
  message: "Waiting for spec.replicas set",
} as const;

/** Whether, and from what to what, the control plane grows. */
export function scalingUpCondition(controlPlane: ControlPlane): ConditionUpdate {
  const type = "ScalingUp";
  const { kcp, machines } = controlPlane;
  if (kcp.spec?.replicas === undefined) return { type, ...WAITING };
  const wanted = target(controlPlane);
  const missing = controlPlane.templateMissing
    ? `${kcp.spec?.machineTemplate?.spec?.infrastructureRef?.kind} does not exist`
    : undefined;
  if (machines.length >= wanted) {
    const message = missing !== undefined && !controlPlane.isDeleting
      ? `Scaling up would be blocked because ${missing}`
      : "";
    return { type, status: "False", reason: "NotScalingUp", message };
  }
  const blocks = [
    ...preflightLines(controlPlane),
    ...(missing === undefined ? [] : [`* ${missing}`]),
  ];
  const message = `Scaling up from ${machines.length} to ${wanted} replicas${blocked(blocks)}`;
  return { type, status: "True", reason: "ScalingUp", message };
}

/** Whether, and from what to what, the control plane shrinks. */
export function scalingDownCondition(controlPlane: ControlPlane, now_ms: number): ConditionUpdate {
  const type = "ScalingDown";
  const { kcp, machines } = controlPlane;
  if (kcp.spec?.replicas === undefined) return { type, ...WAITING };
  const wanted = target(controlPlane);
  if (machines.length <= wanted) return { type, status: "False", reason: "NotScalingDown" };
  const stale = staleDeletions(controlPlane, now_ms);
  const blocks = [
    ...preflightLines(controlPlane),
    ...(stale === undefined ? [] : [`* ${stale}`]),
  ];
  const message = `Scaling down from ${machines.length} to ${wanted} replicas${blocked(blocks)}`;
  return { type, status: "True", reason: "ScalingDown", message };
}

function blocked(lines: readonly string[]): string {
  return lines.length === 0 ? "" : ` is blocked because:\n${lines.join("\n")}`;
}

function preflightLines({ preflight }: ControlPlane): string[] {
  return [
    ...(preflight.topologyVersion === undefined
      ? []
      : [`* waiting for a version upgrade to ${preflight.topologyVersion} to be propagated`]),
    ...(preflight.certificatesMissing ? ["* waiting for control plane certificates"] : []),
    ...(preflight.deletingMachine
      ? ["* waiting for a control plane Machine to complete deletion"]
      : []),
    ...(preflight.componentsNotHealthy
      ? ["* waiting for control plane components to become healthy"]
      : []),
    ...(preflight.etcdNotHealthy ? ["* waiting for etcd cluster to become healthy"] : []),
  ];
}

/** One line on Machines that take long to go, with likely causes. */
export function staleDeletions(controlPlane: ControlPlane, now_ms: number): string | undefined {
  const stale = controlPlane.deletingMachines.filter(({ machine }) =>
    now_ms - Date.parse(machine.metadata.deletionTimestamp ?? "") > STALE_DELETION_MS
  );
  if (stale.length === 0) return undefined;
  const names = stale.map(({ machine }) => machine.metadata.name ?? "").sort();
  const listed = names.length > 3
    ? `${names.slice(0, 3).join(", ")}, ... (${names.length - 3} more)`
    : names.join(", ");
  const subject = names.length === 1 ? `Machine ${listed} is` : `Machines ${listed} are`;
  const causes = new Set(stale.flatMap(({ machine }) => {
    const conditions: { type: string; reason: string; message: string }[] =
      machine.status?.conditions ?? [];
    const deleting = conditions.find(({ type }) => type === "Deleting");
    if (deleting?.reason !== "DrainingNode") return [];
    return CAUSES.flatMap(([text, cause]) => deleting.message.includes(text) ? [cause] : []);
  }));
  const delay = causes.size === 0 ? "" : `, delay likely due to ${[...causes].sort().join(", ")}`;
  return `${subject} in deletion since more than 15m${delay}`;
}

const CAUSES: readonly [string, string][] = [
  ["cannot evict pod as it would violate the pod's disruption budget.", "PodDisruptionBudgets"],
  ["deletionTimestamp set, but still not removed from the Node", "Pods not terminating"],
  ["failed to evict Pod", "Pod eviction errors"],
  ["waiting for completion", "Pods not completed yet"],
];
