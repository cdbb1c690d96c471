// The conditions of a Cluster, from what a reconcile has found. Source:
// Cluster API's Cluster controller, "Cluster conditions".

import { rfc3339 } from "../../../runtime/clock.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import type { ConnectionHealth } from "../cluster_access.ts";
import {
  type Condition,
  conditionOf,
  type ConditionUpdate,
  INTERNAL_ERROR_MESSAGE,
  isConditionFalse,
  isConditionTrue,
  setCondition,
} from "../conditions.ts";
import { aggregateConditions, mirrorCondition, summarizeConditions } from "../conditions_merge.ts";
import { setV1Beta1Condition, setV1Beta1Summary } from "../conditions_v1beta1.ts";
import type { ClusterScope, Found } from "./cluster_scope.ts";

/** Condition types that the Cluster controller alone writes. */
export const CLUSTER_CONDITIONS: readonly string[] = [
  "Available",
  "RemoteConnectionProbe",
  "InfrastructureReady",
  "ControlPlaneInitialized",
  "ControlPlaneAvailable",
  "ControlPlaneMachinesReady",
  "ControlPlaneMachinesUpToDate",
  "WorkersAvailable",
  "WorkerMachinesReady",
  "WorkerMachinesUpToDate",
  "RollingOut",
  "ScalingUp",
  "ScalingDown",
  "Remediating",
  "Deleting",
  "Paused",
  "Ready",
  "ControlPlaneReady",
];

const PROBE_GRACE_MS = 50_000;
const PROBE_FAILURES = 5;
const YOUNG_MS = 10_000;

/** Sets all conditions of the Cluster. `connected` says whether its workload cluster can be reached. */
export function setClusterConditions(
  scope: ClusterScope,
  connection: { readonly connected: boolean; readonly health: ConnectionHealth | undefined },
  now_ms: number,
): void {
  const { cluster } = scope;
  const set = (update: ConditionUpdate | undefined) => {
    if (update !== undefined) setCondition(cluster, update, now_ms);
  };
  set(remoteConnection(cluster, connection, now_ms));
  set(referenceCondition(scope, scope.infrastructure, INFRASTRUCTURE));
  set(referenceCondition(scope, scope.controlPlane, CONTROL_PLANE));
  set(controlPlaneInitialized(scope));
  set(workersAvailable(scope));
  for (const update of machineConditions(scope, now_ms)) set(update);
  for (const update of scalingConditions(scope)) set(update);
  set(remediating(scope));
  set(deleting(scope));
  set(available(scope));
  setV1Beta1Conditions(scope, now_ms);
}

function remoteConnection(
  cluster: KubeObject,
  { connected, health }: { connected: boolean; health: ConnectionHealth | undefined },
  now_ms: number,
): ConditionUpdate | undefined {
  const type = "RemoteConnectionProbe";
  const last_ms = health?.lastProbeSuccess_ms ?? (connected ? now_ms : undefined);
  if (last_ms === undefined) {
    const soon = (health?.consecutiveFailures ?? 0) < PROBE_FAILURES;
    if (soon && isConditionFalse(cluster, type)) return undefined;
    return {
      type,
      status: "False",
      reason: "ProbeFailed",
      message: "Remote connection not established yet",
    };
  }
  if (now_ms - last_ms > PROBE_GRACE_MS) {
    return {
      type,
      status: "False",
      reason: "ProbeFailed",
      message: `Last successful probe at ${rfc3339(last_ms)}`,
    };
  }
  return { type, status: "True", reason: "ProbeSucceeded" };
}

interface ReferenceCondition {
  readonly type: string;
  readonly source: string;
  readonly ref: "infrastructureRef" | "controlPlaneRef";
  readonly before: (scope: ClusterScope) => boolean;
  readonly done: string;
  readonly reasons: readonly [string, string];
}

const INFRASTRUCTURE: ReferenceCondition = {
  type: "InfrastructureReady",
  source: "Ready",
  ref: "infrastructureRef",
  before: (scope) => scope.infrastructureProvisioned,
  done: "status.initialization.provisioned",
  reasons: ["Ready", "NotReady"],
};
const CONTROL_PLANE: ReferenceCondition = {
  type: "ControlPlaneAvailable",
  source: "Available",
  ref: "controlPlaneRef",
  before: (scope) => scope.controlPlaneInitialized,
  done: "status.initialization.controlPlaneInitialized",
  reasons: ["Available", "NotAvailable"],
};

function referenceCondition(
  scope: ClusterScope,
  found: Found,
  about: ReferenceCondition,
): ConditionUpdate {
  const { type, source, before, done, reasons } = about;
  const reference = scope.cluster.spec?.[about.ref];
  if (reference === undefined) {
    if (scope.cluster.spec?.topology !== undefined) {
      return { type, status: "False", reason: "ObjectDoesNotExist" };
    }
    return withoutReference(scope, about);
  }
  const { kind } = reference;
  if (found.failed) {
    return { type, status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
  }
  if (found.external !== undefined) {
    const ok = before(scope);
    return mirrorCondition(found.external.object, source, type, {
      type,
      status: ok ? "True" : "False",
      reason: ok ? reasons[0] : reasons[1],
      message: ok ? "" : `${kind} ${done} is false`,
    });
  }
  if (!before(scope)) {
    return {
      type,
      status: "False",
      reason: "ObjectDoesNotExist",
      message: `${kind} does not exist`,
    };
  }
  return {
    type,
    status: "False",
    reason: "ObjectDeleted",
    message: scope.isDeleting
      ? `${kind} has been deleted`
      : `${kind} has been deleted while the cluster still exists`,
  };
}

/** A Cluster that names no such object: its Machines, if any, are looked after by hand. */
function withoutReference(scope: ClusterScope, about: ReferenceCondition): ConditionUpdate {
  if (about.before(scope)) {
    return { type: about.type, status: "True", reason: about.reasons[0] };
  }
  return { type: about.type, status: "False", reason: about.reasons[1] };
}

function controlPlaneInitialized(scope: ClusterScope): ConditionUpdate {
  const type = "ControlPlaneInitialized";
  if (isConditionTrue(scope.cluster, type) || scope.controlPlaneInitialized) {
    return { type, status: "True", reason: "Initialized" };
  }
  const { failed, missing } = scope.controlPlane;
  if (failed) {
    return { type, status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
  }
  if (missing) {
    const kind = scope.cluster.spec?.controlPlaneRef?.kind;
    return {
      type,
      status: "Unknown",
      reason: "ObjectDoesNotExist",
      message: `${kind} does not exist`,
    };
  }
  return {
    type,
    status: "False",
    reason: "NotInitialized",
    message: scope.cluster.spec?.controlPlaneRef === undefined
      ? "Waiting for the first control plane machine to have status.nodeRef set"
      : "Control plane not yet initialized",
  };
}

function workersAvailable(scope: ClusterScope): ConditionUpdate {
  const type = "WorkersAvailable";
  if (scope.descendants === undefined) return unknown(type);
  return aggregateConditions(scope.descendants.deployments, {
    target: type,
    source: "Available",
    reasons: { issue: "NotAvailable", unknown: "AvailableUnknown", info: "Available" },
    none: { type, status: "True", reason: "NoWorkers" },
  });
}

function unknown(type: string): ConditionUpdate {
  return { type, status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
}

const READY = { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" };
const UP_TO_DATE = { issue: "NotUpToDate", unknown: "UpToDateUnknown", info: "UpToDate" };

/** A machine that has only just been made need not have said yet whether it is up to date. */
export function hasOrOwesUpToDate(machine: KubeObject, now_ms: number): boolean {
  return conditionOf(machine, "UpToDate") !== undefined ||
    now_ms - Date.parse(machine.metadata.creationTimestamp ?? "") >= YOUNG_MS;
}

function machineConditions(scope: ClusterScope, now_ms: number): ConditionUpdate[] {
  if (scope.descendants === undefined) {
    return [
      "ControlPlaneMachinesReady",
      "WorkerMachinesReady",
      "ControlPlaneMachinesUpToDate",
      "WorkerMachinesUpToDate",
    ].map(unknown);
  }
  const groups: [string, KubeObject[]][] = [
    ["ControlPlane", scope.controlPlaneMachines],
    ["Worker", scope.workerMachines],
  ];
  return groups.flatMap(([prefix, machines]) => [
    aggregateConditions(machines, {
      target: `${prefix}MachinesReady`,
      source: "Ready",
      reasons: READY,
      none: { type: `${prefix}MachinesReady`, status: "True", reason: "NoReplicas" },
    }),
    aggregateConditions(machines.filter((machine) => hasOrOwesUpToDate(machine, now_ms)), {
      target: `${prefix}MachinesUpToDate`,
      source: "UpToDate",
      reasons: UP_TO_DATE,
      none: { type: `${prefix}MachinesUpToDate`, status: "True", reason: "NoReplicas" },
    }),
  ]);
}

function scalingConditions(scope: ClusterScope): ConditionUpdate[] {
  return ["RollingOut", "ScalingUp", "ScalingDown"].map((type) => {
    const reasons = { issue: type, unknown: `${type}Unknown`, info: `Not${type}` };
    const { external, failed } = scope.controlPlane;
    if (scope.descendants === undefined || failed) return unknown(type);
    const sources: KubeObject[] = [];
    // A control plane of another provider need not report these.
    if (external !== undefined && conditionOf(external.object, type) !== undefined) {
      sources.push(external.object);
    }
    sources.push(...scope.descendants.deployments);
    if (type !== "RollingOut") sources.push(...scope.standaloneSets);
    return aggregateConditions(sources, {
      target: type,
      source: type,
      negative: true,
      negativeSources: [type],
      reasons,
      none: { type, status: "False", reason: reasons.info },
    });
  });
}

function remediating(scope: ClusterScope): ConditionUpdate {
  const type = "Remediating";
  if (scope.descendants === undefined) return unknown(type);
  return remediatingCondition(scope.descendants.machines);
}

/** The Remediating condition of whoever owns these Machines. */
export function remediatingCondition(machines: readonly KubeObject[]): ConditionUpdate {
  const type = "Remediating";
  const unhealthy = machines.filter((machine) => isConditionFalse(machine, "HealthCheckSucceeded"));
  const remediated = unhealthy.filter((machine) => isConditionFalse(machine, "OwnerRemediated"));
  if (remediated.length > 0) {
    const { message = "" } = aggregateConditions(remediated, {
      target: type,
      source: "OwnerRemediated",
      negative: true,
    });
    return { type, status: "True", reason: "Remediating", message };
  }
  return {
    type,
    status: "False",
    reason: "NotRemediating",
    message: unhealthyMessage(unhealthy),
  };
}

function unhealthyMessage(machines: readonly KubeObject[]): string {
  if (machines.length === 0) return "";
  const names = machines.map(({ metadata }) => metadata.name ?? "").sort();
  const shown = names.slice(0, 3).join(", ") + (names.length > 3 ? ", ..." : "");
  const rest = names.length > 3 ? ` (${names.length - 3} more)` : "";
  return names.length === 1
    ? `Machine ${shown} is not healthy (not to be remediated)`
    : `Machines ${shown}${rest} are not healthy (not to be remediated)`;
}

function deleting(scope: ClusterScope): ConditionUpdate {
  const type = "Deleting";
  if (!scope.isDeleting) return { type, status: "False", reason: "NotDeleting" };
  if (scope.deleting === undefined) return { ...unknown(type), status: "True" };
  return { type, status: "True", ...scope.deleting };
}

function available(scope: ClusterScope): ConditionUpdate {
  const { cluster } = scope;
  const gates: { conditionType: string; polarity?: string }[] = cluster.spec?.availabilityGates ??
    [];
  const topology = cluster.spec?.topology !== undefined;
  return summarizeConditions(cluster, {
    target: "Available",
    types: [
      "Deleting",
      "RemoteConnectionProbe",
      "InfrastructureReady",
      "ControlPlaneAvailable",
      "WorkersAvailable",
      ...(topology ? ["TopologyReconciled"] : []),
      ...gates.map(({ conditionType }) => conditionType),
    ],
    reasons: { issue: "NotAvailable", unknown: "AvailableUnknown", info: "Available" },
    negativeSources: [
      "Deleting",
      ...gates.filter(({ polarity }) => polarity === "Negative").map(({ conditionType }) =>
        conditionType
      ),
    ],
    priority: (condition) => availablePriority(condition, scope.isDeleting),
  });
}

function availablePriority(condition: Condition, isDeleting: boolean): "Info" | undefined {
  const { type, status, reason } = condition;
  const gone = reason === "ObjectDeleted" || reason === "ObjectDoesNotExist";
  if (isDeleting && gone && (type === "InfrastructureReady" || type === "ControlPlaneAvailable")) {
    return "Info";
  }
  if (
    type === "TopologyReconciled" && status === "False" && reason !== "ReconcileFailed" &&
    reason !== "ClusterClassNotReconciled"
  ) return "Info";
  return undefined;
}

function setV1Beta1Conditions(scope: ClusterScope, now_ms: number): void {
  const { cluster } = scope;
  const write = (
    type: string,
    done: boolean,
    reason: string,
    message: string,
    deleted: boolean,
  ) =>
    setV1Beta1Condition(
      cluster,
      done ? { type, status: "True" } : {
        type,
        status: "False",
        severity: "Info",
        reason: deleted ? "Deleted" : reason,
        message,
      },
      now_ms,
    );
  write(
    "InfrastructureReady",
    scope.infrastructureProvisioned && !(scope.isDeleting && scope.infrastructure.missing),
    "WaitingForInfrastructure",
    "",
    scope.isDeleting && scope.infrastructure.missing === true,
  );
  if (cluster.spec?.controlPlaneRef !== undefined) {
    write(
      "ControlPlaneReady",
      isConditionTrue(cluster, "ControlPlaneAvailable"),
      "WaitingForControlPlane",
      "",
      scope.isDeleting && scope.controlPlane.missing === true,
    );
  }
  write(
    "ControlPlaneInitialized",
    scope.controlPlaneInitialized,
    cluster.spec?.controlPlaneRef === undefined
      ? "MissingNodeRef"
      : "WaitingForControlPlaneProviderInitialized",
    cluster.spec?.controlPlaneRef === undefined
      ? "Waiting for the first control plane machine to have its status.nodeRef set"
      : "Waiting for control plane provider to indicate the control plane has been initialized",
    false,
  );
  setV1Beta1Summary(cluster, ["ControlPlaneReady", "InfrastructureReady"], now_ms);
}
