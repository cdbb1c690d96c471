// The status of a KubeadmControlPlane at the end of a reconcile: counters,
// versions, conditions. It reads nothing but the control plane as it was
// seen. Source: Cluster API's KubeadmControlPlane status.

import type { KubeObject } from "../../../runtime/object.ts";
import { conditionOf, type ConditionUpdate, isConditionTrue, setCondition } from "../conditions.ts";
import { aggregateConditions } from "../conditions_merge.ts";
import {
  markV1Beta1False,
  markV1Beta1True,
  setV1Beta1Aggregate,
  setV1Beta1Summary,
} from "../conditions_v1beta1.ts";
import { availableCondition } from "./available_condition.ts";
import { type ControlPlane, isToBeRemediated, isUnhealthy } from "./control_plane.ts";
import { REMEDIATION_FOR, REMEDIATION_IN_PROGRESS } from "./names.ts";
import { parseRemediation } from "./remediation.ts";
import { scalingDownCondition, scalingUpCondition } from "./scaling_conditions.ts";
import { compareVersions, parseVersion } from "../../../runtime/semantic_version.ts";

// Machines this young have not been told yet whether they are current.
const UP_TO_DATE_GRACE_MS = 10_000;

/** Writes counters and conditions into `controlPlane.kcp`. */
export function updateStatus(controlPlane: ControlPlane, now_ms: number): void {
  const { kcp } = controlPlane;
  kcp.status ??= {};
  setCounters(controlPlane);
  setVersions(controlPlane);
  setLastRemediation(controlPlane);
  const updates = [
    initializedCondition(controlPlane),
    rollingOutCondition(controlPlane),
    scalingUpCondition(controlPlane),
    scalingDownCondition(controlPlane, now_ms),
    machinesReadyCondition(controlPlane),
    machinesUpToDateCondition(controlPlane, now_ms),
    remediatingCondition(controlPlane),
    deletingCondition(controlPlane),
  ];
  for (const update of updates) setCondition(kcp, update, now_ms);
  setCondition(kcp, availableCondition(controlPlane, now_ms), now_ms);
  setOlderConditions(controlPlane, now_ms);
}

function setCounters(controlPlane: ControlPlane): void {
  const { kcp, machines } = controlPlane;
  const count = (type: string) =>
    machines.filter(({ machine }) => isConditionTrue(machine, type)).length;
  const { status } = kcp;
  status.selector = controlPlane.selector;
  status.replicas = machines.length;
  status.readyReplicas = count("Ready");
  status.availableReplicas = count("Available");
  status.upToDateReplicas = count("UpToDate");
  const nodesReady = machines.filter(({ machine }) => isConditionTrue(machine, "NodeReady")).length;
  status.deprecated ??= {};
  status.deprecated.v1beta1 = {
    ...status.deprecated.v1beta1,
    updatedReplicas: controlPlane.upToDateMachines.length,
    readyReplicas: nodesReady,
    unavailableReplicas: machines.length - nodesReady,
  };
}

/** The version that runs on a Machine: what its kubelet says, else what was asked for. */
function runningVersion(machine: KubeObject): string | undefined {
  return machine.status?.nodeInfo?.kubeletVersion || machine.spec?.version || undefined;
}

function setVersions({ kcp, machines }: ControlPlane): void {
  const counts = new Map<string, number>();
  for (const { machine } of machines) {
    const version = runningVersion(machine);
    if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  const versions = [...counts].map(([version, replicas]) => ({ version, replicas }));
  versions.sort((a, b) => {
    const [left, right] = [parseVersion(a.version), parseVersion(b.version)];
    return left !== undefined && right !== undefined ? compareVersions(left, right) : 0;
  });
  if (versions.length === 0) {
    delete kcp.status.versions;
    return;
  }
  kcp.status.versions = versions;
  kcp.status.version = versions[0]?.version;
}

function setLastRemediation({ kcp, machines }: ControlPlane): void {
  const texts = [
    kcp.metadata.annotations?.[REMEDIATION_IN_PROGRESS],
    ...machines.map(({ machine }) => machine.metadata.annotations?.[REMEDIATION_FOR]),
  ];
  const [current, ...past] = texts.map(parseRemediation);
  const newest = past
    .filter((record) => record !== undefined)
    .toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp))[0];
  const record = current ?? newest;
  if (record === undefined) return;
  const { machine, timestamp, retryCount } = record;
  kcp.status.lastRemediation = { machine, time: timestamp, retryCount };
}

function initializedCondition(controlPlane: ControlPlane): ConditionUpdate {
  return controlPlane.initialized
    ? { type: "Initialized", status: "True", reason: "Initialized" }
    : { type: "Initialized", status: "False", reason: "NotInitialized" };
}

function rollingOutCondition({ machines }: ControlPlane): ConditionUpdate {
  const type = "RollingOut";
  const outdated = machines.flatMap(({ machine }) => conditionOf(machine, "UpToDate") ?? [])
    .filter(({ status }) => status === "False");
  if (outdated.length === 0) return { type, status: "False", reason: "NotRollingOut" };
  const lines = new Set(outdated.flatMap(({ message }) => message ? message.split("\n") : []));
  const isVersion = (line: string) => Number(line.startsWith("* Version"));
  const sorted = [...lines].sort((a, b) => isVersion(b) - isVersion(a) || (a < b ? -1 : 1));
  return {
    type,
    status: "True",
    reason: "RollingOut",
    message: [`Rolling out ${outdated.length} not up-to-date replicas`, ...sorted].join("\n"),
  };
}

function machinesReadyCondition({ machines }: ControlPlane): ConditionUpdate {
  const type = "MachinesReady";
  return aggregateConditions(machines.map(({ machine }) => machine), {
    target: type,
    source: "Ready",
    reasons: { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" },
    none: { type, status: "True", reason: "NoReplicas" },
  });
}

function machinesUpToDateCondition({ machines }: ControlPlane, now_ms: number): ConditionUpdate {
  const type = "MachinesUpToDate";
  const counted = machines.map(({ machine }) => machine).filter((machine) =>
    conditionOf(machine, "UpToDate") !== undefined ||
    now_ms - Date.parse(machine.metadata.creationTimestamp ?? "") > UP_TO_DATE_GRACE_MS
  );
  return aggregateConditions(counted, {
    target: type,
    source: "UpToDate",
    reasons: { issue: "NotUpToDate", unknown: "UpToDateUnknown", info: "UpToDate" },
    none: { type, status: "True", reason: "NoReplicas" },
  });
}

function remediatingCondition({ machines }: ControlPlane): ConditionUpdate {
  const type = "Remediating";
  const ours = machines.filter(isToBeRemediated);
  if (ours.length > 0) {
    const { message = "" } = aggregateConditions(ours.map(({ machine }) => machine), {
      target: type,
      source: "OwnerRemediated",
      negative: true,
    });
    return { type, status: "True", reason: "Remediating", message };
  }
  const names = machines.filter(isUnhealthy).map(({ machine }) => machine.metadata.name ?? "")
    .sort();
  const listed = names.length > 3
    ? `${names.slice(0, 3).join(", ")}, ... (${names.length - 3} more)`
    : names.join(", ");
  const message = names.length === 0
    ? ""
    : names.length === 1
    ? `Machine ${listed} is not healthy (not to be remediated by KubeadmControlPlane)`
    : `Machines ${listed} are not healthy (not to be remediated by KubeadmControlPlane)`;
  return { type, status: "False", reason: "NotRemediating", message };
}

function deletingCondition({ isDeleting, deleting }: ControlPlane): ConditionUpdate {
  const type = "Deleting";
  if (!isDeleting) return { type, status: "False", reason: "NotDeleting" };
  return { type, status: "True", ...deleting ?? { reason: "InternalError", message: "" } };
}

const OLDER_SUMMARY = [
  "MachinesCreated",
  "MachinesSpecUpToDate",
  "Resized",
  "MachinesReady",
  "Available",
  "CertificatesAvailable",
];

function setOlderConditions(controlPlane: ControlPlane, now_ms: number): void {
  const { kcp, machines, desired, isDeleting } = controlPlane;
  const current = machines.length;
  const target = isDeleting ? 0 : desired;
  if (isDeleting) {
    markV1Beta1False(kcp, "Resized", "Deleting", "Info", "", now_ms);
  } else if (current < target) {
    const message = `Scaling up control plane to ${target} replicas (actual ${current})`;
    markV1Beta1False(kcp, "Resized", "ScalingUp", "Warning", message, now_ms);
  } else if (current > target) {
    const message = `Scaling down control plane to ${target} replicas (actual ${current})`;
    markV1Beta1False(kcp, "Resized", "ScalingDown", "Warning", message, now_ms);
  } else {
    const ready = machines.every(({ machine }) => isConditionTrue(machine, "NodeReady"));
    if (ready) markV1Beta1True(kcp, "Resized", now_ms);
    if (current > 0) markV1Beta1True(kcp, "MachinesCreated", now_ms);
  }
  setV1Beta1Aggregate(kcp, "MachinesReady", machines.map(({ machine }) => machine), now_ms);
  if (controlPlane.initialized) markV1Beta1True(kcp, "Available", now_ms);
  else markV1Beta1False(kcp, "Available", "WaitingForKubeadmInit", "Info", "", now_ms);
  setV1Beta1Summary(kcp, OLDER_SUMMARY, now_ms);
}
