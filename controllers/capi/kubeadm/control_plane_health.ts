// The two health conditions of a KubeadmControlPlane, EtcdClusterHealthy and
// ControlPlaneComponentsHealthy, made of its Machines' conditions and of
// what concerns no Machine. Source: Cluster API's KubeadmControlPlane.

import { type Condition, conditionOf, setCondition } from "../conditions.ts";
import { markV1Beta1True, setV1Beta1Condition } from "../conditions_v1beta1.ts";
import { COMPONENT_CONDITIONS, type ControlPlane } from "./control_plane.ts";
import { type HealthFindings, podConditions } from "./machine_health.ts";

/** One of the two conditions. */
export interface HealthTarget {
  readonly type: "EtcdClusterHealthy" | "ControlPlaneComponentsHealthy";
  /** The Machine conditions it is made of. */
  readonly sources: readonly string[];
  /** What the older condition's reasons begin with. */
  readonly older: string;
}

/** The health conditions that this control plane has. */
export function healthTargets(controlPlane: ControlPlane): HealthTarget[] {
  const components: HealthTarget = {
    type: "ControlPlaneComponentsHealthy",
    sources: podConditions(controlPlane).filter((type) => type !== COMPONENT_CONDITIONS.etcdPod),
    older: "ControlPlaneComponents",
  };
  if (!controlPlane.managesEtcd) return [components];
  return [{
    type: "EtcdClusterHealthy",
    sources: [COMPONENT_CONDITIONS.etcdMember],
    older: "EtcdCluster",
  }, { ...components, sources: podConditions(controlPlane) }];
}

/** Says the same of both conditions. `weak` leaves what is known alone. */
export function setControlPlaneHealth(
  controlPlane: ControlPlane,
  finding: { reason: string; message: string; weak?: boolean },
  now_ms: number,
): void {
  for (const { type, older } of healthTargets(controlPlane)) {
    if (finding.weak && conditionOf(controlPlane.kcp, type) !== undefined) continue;
    const { reason, message } = finding;
    setCondition(controlPlane.kcp, { type, status: "Unknown", reason, message }, now_ms);
    setV1Beta1Condition(controlPlane.kcp, {
      type,
      status: "Unknown",
      reason: `${older}InspectionFailed`,
      message,
    }, now_ms);
  }
  if (!controlPlane.managesEtcd) markV1Beta1True(controlPlane.kcp, "EtcdClusterHealthy", now_ms);
}

/** Makes both conditions from the Machines. */
export function aggregateHealth(
  controlPlane: ControlPlane,
  findings: HealthFindings,
  now_ms: number,
): void {
  for (const target of healthTargets(controlPlane)) {
    const own = target.type === "EtcdClusterHealthy" ? findings.etcd : findings.components;
    aggregate(controlPlane, target, own, now_ms);
  }
  if (!controlPlane.managesEtcd) markV1Beta1True(controlPlane.kcp, "EtcdClusterHealthy", now_ms);
}

function aggregate(
  controlPlane: ControlPlane,
  target: HealthTarget,
  own: readonly string[],
  now_ms: number,
): void {
  const { kcp } = controlPlane;
  const falses = told(controlPlane, target, "False");
  const unknowns = told(controlPlane, target, "Unknown");
  const trues = told(controlPlane, target, "True");
  const { type, older } = target;
  if (falses.length > 0 || own.length > 0) {
    const message = [...own.map((text) => `* ${text}`), ...falses, ...unknowns].join("\n");
    setCondition(kcp, { type, status: "False", reason: "NotHealthy", message }, now_ms);
    const severity = "Error";
    setV1Beta1Condition(
      kcp,
      { type, status: "False", severity, reason: `${older}Unhealthy`, message },
      now_ms,
    );
  } else if (unknowns.length > 0 || trues.length === 0) {
    const message = unknowns.join("\n") || "No Machines reporting health status";
    setCondition(kcp, { type, status: "Unknown", reason: "HealthUnknown", message }, now_ms);
    const reason = `${older}Unknown`;
    setV1Beta1Condition(kcp, { type, status: "Unknown", reason, message }, now_ms);
  } else {
    setCondition(kcp, { type, status: "True", reason: "Healthy" }, now_ms);
    markV1Beta1True(kcp, type, now_ms);
  }
}

/** One bullet per Machine with its conditions of this status. Machines that have no provider id yet are no cause of doubt. */
function told(
  controlPlane: ControlPlane,
  { sources }: HealthTarget,
  status: Condition["status"],
): string[] {
  const byName = controlPlane.machines.toSorted((a, b) =>
    (a.machine.metadata.name ?? "") < (b.machine.metadata.name ?? "") ? -1 : 1
  );
  return byName.flatMap(({ machine }) => {
    if (status === "Unknown" && !machine.spec?.providerID) return [];
    const lines = sources.flatMap((type) => {
      const condition = conditionOf(machine, type);
      const actual = condition?.status ?? "Unknown";
      if (actual !== status) return [];
      const text = condition === undefined
        ? "Condition not yet reported"
        : condition.message || condition.reason;
      return [`  * ${type}: ${text}`];
    });
    return lines.length === 0 ? [] : [[`* Machine ${machine.metadata.name}:`, ...lines].join("\n")];
  });
}
