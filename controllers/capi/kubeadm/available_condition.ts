// The Available condition of a KubeadmControlPlane: whether its API would
// answer, by what is known of certificates, components and etcd's quorum.

import { conditionOf, type ConditionUpdate, isConditionTrue } from "../conditions.ts";
import { COMPONENT_CONDITIONS, type ControlPlane } from "./control_plane.ts";
import { podConditions } from "./machine_health.ts";
import { quorumOf } from "./projections.ts";

const TYPE = "Available";
/** How long after initialisation the first list of members may take. */
const MEMBERS_GRACE_MS = 2 * 60_000;
/** Failures younger than this are not told of while the control plane is available. */
const PARTIAL_GRACE_MS = 10_000;

/** The condition for the control plane as it was seen. */
export function availableCondition(controlPlane: ControlPlane, now_ms: number): ConditionUpdate {
  const no = (message: string): ConditionUpdate => ({
    type: TYPE,
    status: "False",
    reason: "NotAvailable",
    message,
  });
  const initialized = conditionOf(controlPlane.kcp, "Initialized");
  if (!controlPlane.initialized || initialized?.status !== "True") {
    return no("Control plane not yet initialized");
  }
  if (controlPlane.managesEtcd && controlPlane.etcd === undefined) {
    const since_ms = now_ms - Date.parse(initialized.lastTransitionTime);
    return since_ms < MEMBERS_GRACE_MS ? no("Waiting for etcd to report the list of members") : {
      type: TYPE,
      status: "Unknown",
      reason: "InspectionFailed",
      message: "Failed to get etcd members",
    };
  }
  if (controlPlane.managesEtcd && !controlPlane.membersMatch) {
    return no("The list of etcd members does not match the list of Machines and Nodes");
  }
  const components = componentsHealth(controlPlane, now_ms);
  const etcd = etcdHealth(controlPlane, now_ms);
  const problems = [
    ...(controlPlane.isDeleting ? ["* Control plane metadata.deletionTimestamp is set"] : []),
    ...(isConditionTrue(controlPlane.kcp, "CertificatesAvailable")
      ? []
      : ["* Control plane certificates are not available"]),
    ...(etcd.healthy < etcd.quorum ? [quorumLine(etcd.healthy, etcd.quorum)] : []),
    ...(components.healthy < 1
      ? ["* There are no Machines with healthy control plane components, at least 1 required"]
      : []),
  ];
  if (problems.length > 0) return no(problems.join("\n"));
  const partial = [
    ...(etcd.steady < etcd.total
      ? [
        `* ${etcd.healthy} of ${etcd.total} etcd members are healthy, at least ${etcd.quorum} required for etcd quorum`,
      ]
      : []),
    ...(components.steady < components.total
      ? [
        `* ${components.healthy} of ${components.total} Machines have healthy control plane components, at least 1 required`,
      ]
      : []),
  ];
  return { type: TYPE, status: "True", reason: "Available", message: partial.join("\n") };
}

function quorumLine(healthy: number, quorum: number): string {
  const required = `at least ${quorum} required for etcd quorum`;
  if (healthy === 0) return `* There are no healthy etcd members, ${required}`;
  if (healthy === 1) return `* There is 1 healthy etcd member, ${required}`;
  return `* There are ${healthy} healthy etcd members, ${required}`;
}

interface Health {
  /** True now. */
  readonly healthy: number;
  /** Those, and those that have failed only just now. */
  readonly steady: number;
  readonly total: number;
}

function componentsHealth(controlPlane: ControlPlane, now_ms: number): Health {
  const types = podConditions(controlPlane);
  if (controlPlane.managesEtcd) types.push(COMPONENT_CONDITIONS.etcdMember);
  let healthy = 0;
  let steady = 0;
  let total = 0;
  for (const { machine } of controlPlane.machines) {
    if (!machine.spec?.providerID) continue;
    total++;
    const failed = types.filter((type) => !isConditionTrue(machine, type));
    if (failed.length === 0) healthy++;
    const recent = failed.every((type) => {
      const condition = conditionOf(machine, type);
      return condition !== undefined &&
        now_ms - Date.parse(condition.lastTransitionTime) < PARTIAL_GRACE_MS;
    });
    if (recent) steady++;
  }
  return { healthy, steady, total };
}

function etcdHealth(controlPlane: ControlPlane, now_ms: number): Health & { quorum: number } {
  const members = controlPlane.etcd?.members ?? [];
  if (!controlPlane.managesEtcd) return { healthy: 0, steady: 0, total: 0, quorum: 0 };
  const provisioning = controlPlane.machines.filter(({ machine }) =>
    machine.status?.nodeRef === undefined
  );
  let healthy = 0;
  let steady = 0;
  for (const member of members) {
    // A member that has not started yet is a learner that will be well.
    if (member.name === "") {
      healthy++;
      steady++;
      continue;
    }
    const one = controlPlane.machineOf(member) ??
      (provisioning.length === 1 ? provisioning[0] : undefined);
    const condition = one && conditionOf(one.machine, COMPONENT_CONDITIONS.etcdMember);
    const well = condition?.status === "True";
    if (well && !member.learner) healthy++;
    const recent = condition !== undefined &&
      now_ms - Date.parse(condition.lastTransitionTime) < PARTIAL_GRACE_MS;
    if (well || recent) steady++;
  }
  const voting = members.filter(({ learner, name }) => !learner && name !== "").length;
  return { healthy, steady, total: members.length, quorum: quorumOf(voting) };
}
