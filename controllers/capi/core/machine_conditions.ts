// The conditions and the phase of a Machine, from what a reconcile has
// found. Source: Cluster API's Machine controller, "Machine conditions".

import type { ConnectionHealth } from "../cluster_access.ts";
import {
  type Condition,
  conditionOf,
  type ConditionUpdate,
  INTERNAL_ERROR_MESSAGE,
  isConditionTrue,
  setCondition,
} from "../conditions.ts";
import {
  foldControlPlaneLines,
  mirrorCondition,
  summarizeConditions,
} from "../conditions_merge.ts";
import { markV1Beta1False, markV1Beta1True, setV1Beta1Summary } from "../conditions_v1beta1.ts";
import type { Found } from "./cluster_scope.ts";
import type { Outcome } from "./core_context.ts";
import type { MachineScope } from "./machine_scope.ts";
import { nodeConditions } from "./machine_node_conditions.ts";
import { outdatedReasons } from "./machine_template.ts";

/** Condition types that the Machine controller alone writes. */
export const MACHINE_CONDITIONS: readonly string[] = [
  "Available",
  "Ready",
  "BootstrapConfigReady",
  "BootstrapReady",
  "InfrastructureReady",
  "NodeReady",
  "NodeHealthy",
  "Deleting",
  "Updating",
  "Paused",
  "DrainingSucceeded",
  "VolumeDetachSucceeded",
  "PreDrainDeleteHookSucceeded",
  "PreTerminateDeleteHookSucceeded",
];

const SLOW_DELETION_MS = 15 * 60_000;

/** Sets all conditions of the Machine; asks for another look when one changes with time alone. */
export function setMachineConditions(
  scope: MachineScope,
  outcome: Outcome,
  health: ConnectionHealth | undefined,
  now_ms: number,
): void {
  const { machine } = scope;
  const set = (update: ConditionUpdate | undefined) => {
    if (update !== undefined) setCondition(machine, update, now_ms);
  };
  set(bootstrapConfigReady(scope));
  set(infrastructureReady(scope));
  for (const update of nodeConditions(scope, health, now_ms)) set(update);
  set(deleting(scope));
  set({ type: "Updating", status: "False", reason: "NotUpdating" });
  set(upToDate(scope, now_ms));
  set(ready(scope, now_ms));
  set(available(scope, outcome, now_ms));
  setV1Beta1Conditions(scope, now_ms);
}

function unknown(type: string): ConditionUpdate {
  return { type, status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
}

function bootstrapConfigReady(scope: MachineScope): ConditionUpdate {
  const type = "BootstrapConfigReady";
  const reference = scope.machine.spec?.bootstrap?.configRef;
  if (reference === undefined) {
    return { type, status: "True", reason: "DataSecretProvided" };
  }
  return mirrored(scope, type, scope.bootstrap, reference.kind, {
    ok: scope.dataSecretCreated,
    field: "status.initialization.dataSecretCreated",
  });
}

function infrastructureReady(scope: MachineScope): ConditionUpdate {
  const reference = scope.machine.spec?.infrastructureRef;
  return mirrored(scope, "InfrastructureReady", scope.infrastructure, reference?.kind ?? "", {
    ok: scope.infrastructureProvisioned,
    field: "status.initialization.provisioned",
  });
}

function mirrored(
  scope: MachineScope,
  type: string,
  found: Found,
  kind: string,
  fallback: { readonly ok: boolean; readonly field: string },
): ConditionUpdate {
  if (found.failed) return unknown(type);
  if (found.external !== undefined) {
    return mirrorCondition(found.external.object, "Ready", type, {
      type,
      status: fallback.ok ? "True" : "False",
      reason: fallback.ok ? "Ready" : "NotReady",
      message: fallback.ok ? "" : `${kind} ${fallback.field} is false`,
    });
  }
  if (!fallback.ok) {
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
      : `${kind} has been deleted while the Machine still exists`,
  };
}

function deleting(scope: MachineScope): ConditionUpdate {
  const type = "Deleting";
  if (!scope.isDeleting) return { type, status: "False", reason: "NotDeleting" };
  if (scope.deleting === undefined) return { ...unknown(type), status: "True" };
  return { type, status: "True", ...scope.deleting };
}

/** Only for Machines of MachineDeployments: those of control planes are judged by their provider. */
function upToDate(scope: MachineScope, now_ms: number): ConditionUpdate | undefined {
  const { machine, machineSet, machineDeployment } = scope;
  if (machineSet === undefined || machineDeployment === undefined) return undefined;
  const type = "UpToDate";
  const reasons = outdatedReasons(machineSet, machineDeployment, now_ms);
  if (reasons.length > 0) {
    const message = reasons.map((reason) => `* ${reason}`).join("\n");
    return { type, status: "False", reason: "NotUpToDate", message };
  }
  const kubelet = machine.status?.nodeInfo?.kubeletVersion;
  const version = machine.spec?.version;
  if (kubelet && version && kubelet !== version) {
    return {
      type,
      status: "False",
      reason: "Updating",
      message: `* Version ${kubelet}, ${version} required`,
    };
  }
  return { type, status: "True", reason: "UpToDate" };
}

function ready(scope: MachineScope, now_ms: number): ConditionUpdate {
  const { machine } = scope;
  const gates: { conditionType: string; polarity?: string }[] = machine.spec?.readinessGates ?? [];
  const negative = gates.filter(({ polarity }) => polarity === "Negative");
  const deletion = conditionOf(machine, "Deleting");
  const overrides = scope.isDeleting && deletion !== undefined
    ? [{ ...deletion, message: deletionSummary(scope, deletion, now_ms) }]
    : [];
  return summarizeConditions(machine, {
    target: "Ready",
    types: [
      "Deleting",
      "Updating",
      "BootstrapConfigReady",
      "InfrastructureReady",
      "NodeHealthy",
      "HealthCheckSucceeded",
      ...gates.map(({ conditionType }) => conditionType),
    ],
    reasons: { issue: "NotReady", unknown: "ReadyUnknown", info: "Ready" },
    ignoreIfMissing: ["HealthCheckSucceeded"],
    negativeSources: ["Deleting", "Updating", ...negative.map((gate) => gate.conditionType)],
    overrides,
    priority: (condition) => goneIsFine(condition, scope.isDeleting),
    transformLines: foldControlPlaneLines,
  });
}

/** What deletion takes away need not be there. */
function goneIsFine(
  { type, reason }: Condition,
  isDeleting: boolean,
): "Info" | undefined {
  if (!isDeleting) return undefined;
  const gone = ["ObjectDeleted", "ObjectDoesNotExist", "NodeDeleted", "NodeDoesNotExist"];
  const types = ["BootstrapConfigReady", "InfrastructureReady", "NodeHealthy"];
  return types.includes(type) && gone.includes(reason) ? "Info" : undefined;
}

function deletionSummary(scope: MachineScope, deletion: Condition, now_ms: number): string {
  const begun_ms = Date.parse(scope.machine.metadata.deletionTimestamp ?? "");
  const stage = `stage: ${deletion.reason}`;
  if (now_ms - begun_ms <= SLOW_DELETION_MS) return `Machine deletion in progress, ${stage}`;
  return `Machine deletion in progress since more than 15m, ${stage}`;
}

function available(scope: MachineScope, outcome: Outcome, now_ms: number): ConditionUpdate {
  const type = "Available";
  const { machine } = scope;
  const readiness = conditionOf(machine, "Ready");
  if (readiness?.status !== "True") return { type, status: "False", reason: "NotReady" };
  const wait_ms = (machine.spec?.minReadySeconds ?? 0) * 1000;
  const left_ms = Date.parse(readiness.lastTransitionTime) + wait_ms - now_ms;
  if (wait_ms > 0 && left_ms > 0) {
    outcome.requeue(left_ms);
    return { type, status: "False", reason: "WaitingForMinReadySeconds" };
  }
  return { type, status: "True", reason: "Available" };
}

function setV1Beta1Conditions(scope: MachineScope, now_ms: number): void {
  const { machine } = scope;
  const write = (type: string, done: boolean, reason: string, message: string) =>
    done
      ? markV1Beta1True(machine, type, now_ms)
      : markV1Beta1False(machine, type, reason, "Info", message, now_ms);
  write("BootstrapReady", scope.dataSecretCreated, "WaitingForDataSecret", "");
  write("InfrastructureReady", scope.infrastructureProvisioned, "WaitingForInfrastructure", "");
  if (isConditionTrue(machine, "NodeHealthy")) markV1Beta1True(machine, "NodeHealthy", now_ms);
  else {
    const [reason, message] = v1beta1NodeReason(scope);
    markV1Beta1False(machine, "NodeHealthy", reason, "Info", message, now_ms);
  }
  setV1Beta1Summary(
    machine,
    ["InfrastructureReady", "BootstrapReady", "HealthCheckSucceeded", "OwnerRemediated"],
    now_ms,
    { steps: machine.spec?.providerID === undefined },
  );
}

function v1beta1NodeReason({ machine, isDeleting, node }: MachineScope): [string, string] {
  if (isDeleting) return ["Deleting", ""];
  if (machine.status?.nodeRef === undefined) return ["WaitingForNodeRef", ""];
  if (node.node === undefined) return ["NodeNotFound", ""];
  return ["NodeConditionsFailed", conditionOf(machine, "NodeHealthy")?.message ?? ""];
}

/** The phase that the Machine is in. */
export function machinePhase(scope: MachineScope): string {
  const { machine } = scope;
  if (scope.isDeleting) return "Deleting";
  if (machine.status?.nodeRef !== undefined && scope.infrastructureProvisioned) return "Running";
  if (machine.spec?.providerID !== undefined) return "Provisioned";
  if (scope.dataSecretCreated) return "Provisioning";
  return "Pending";
}
