// NodeReady and NodeHealthy of a Machine: what its Node says, or why that
// is not known. Source: Cluster API's Machine controller.

import type { KubeObject } from "../../../runtime/object.ts";
import type { ConnectionHealth } from "../cluster_access.ts";
import {
  conditionOf,
  type ConditionStatus,
  type ConditionUpdate,
  INTERNAL_ERROR_MESSAGE,
} from "../conditions.ts";
import type { MachineScope } from "./machine_scope.ts";

const GRACE_MS = 5 * 60_000;
const PRESSURES = ["MemoryPressure", "DiskPressure", "PIDPressure"];

interface NodeCondition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason?: string;
  readonly message?: string;
}

/** Both conditions; none while what was known before still stands. */
export function nodeConditions(
  scope: MachineScope,
  health: ConnectionHealth | undefined,
  now_ms: number,
): ConditionUpdate[] {
  const { node } = scope.node;
  if (node !== undefined) return [nodeReady(node), nodeHealthy(node)];
  const why = whyUnknown(scope, health, now_ms);
  return why === undefined ? [] : ["NodeReady", "NodeHealthy"].map((type) => ({ type, ...why }));
}

function whyUnknown(
  scope: MachineScope,
  health: ConnectionHealth | undefined,
  now_ms: number,
): Omit<ConditionUpdate, "type"> | undefined {
  const { machine } = scope;
  const inspection = (message: string) => ({
    status: "Unknown" as const,
    reason: "InspectionFailed",
    message,
  });
  if (!scope.infrastructureProvisioned && machine.spec?.providerID === undefined) {
    return inspection(
      `Waiting for ${machine.spec?.infrastructureRef?.kind} to report spec.providerID`,
    );
  }
  if (!scope.controlPlaneInitialized) {
    return inspection("Waiting for Cluster control plane to be initialized");
  }
  if (scope.node.failed) {
    return { status: "Unknown", reason: "InternalError", message: INTERNAL_ERROR_MESSAGE };
  }
  if (scope.node.disconnected) return disconnected(scope, health, now_ms);
  const name: string | undefined = machine.status?.nodeRef?.name;
  if (name !== undefined) {
    return scope.isDeleting
      ? { status: "False", reason: "NodeDeleted", message: `Node ${name} has been deleted` }
      : {
        status: "False",
        reason: "NodeDeleted",
        message: `Node ${name} has been deleted while the Machine still exists`,
      };
  }
  const providerID: string | undefined = machine.spec?.providerID;
  if (providerID === undefined) {
    return inspection(
      `Waiting for ${machine.spec?.infrastructureRef?.kind} to report spec.providerID`,
    );
  }
  if (scope.isDeleting) {
    return { status: "False", reason: "NodeDoesNotExist", message: "Node does not exist" };
  }
  return inspection(`Waiting for a Node with spec.providerID ${providerID} to exist`);
}

/** A short loss of the connection says nothing about the Node. */
function disconnected(
  scope: MachineScope,
  health: ConnectionHealth | undefined,
  now_ms: number,
): Omit<ConditionUpdate, "type"> | undefined {
  const initialized = conditionOf(scope.cluster, "ControlPlaneInitialized");
  const since_ms = Math.max(
    health?.lastProbeSuccess_ms ?? 0,
    Date.parse(initialized?.lastTransitionTime ?? "1970-01-01T00:00:00Z"),
  );
  const known = conditionOf(scope.machine, "NodeHealthy") !== undefined;
  if (known && now_ms - since_ms < GRACE_MS) return undefined;
  return {
    status: "Unknown",
    reason: "ConnectionDown",
    message: health?.lastProbeSuccess_ms === undefined
      ? "Remote connection not established yet"
      : "Remote connection down",
  };
}

function conditionsOfNode(node: KubeObject): readonly NodeCondition[] {
  return node.status?.conditions ?? [];
}

function nodeReady(node: KubeObject): ConditionUpdate {
  const found = conditionsOfNode(node).find(({ type }) => type === "Ready");
  if (found === undefined) {
    return {
      type: "NodeReady",
      status: "Unknown",
      reason: "NodeReadyUnknown",
      message: "* Node.Ready: Condition not yet reported",
    };
  }
  const reasons = { True: "NodeReady", False: "NodeNotReady", Unknown: "NodeReadyUnknown" };
  return {
    type: "NodeReady",
    status: found.status,
    reason: reasons[found.status],
    message: found.status === "True" ? "" : `* Node.Ready: ${found.message ?? ""}`,
  };
}

/** Folds the Node's conditions into one. */
function nodeHealthy(node: KubeObject): ConditionUpdate {
  const type = "NodeHealthy";
  const judged = ["Ready", ...PRESSURES].map((name) => judge(node, name));
  const lines = judged.filter(({ verdict }) => verdict !== "ok");
  if (lines.length === 0) return { type, status: "True", reason: "NodeHealthy" };
  const bad = lines.some(({ verdict }) => verdict === "bad");
  const texts = new Set(lines.map(({ text }) => text));
  const message = lines.length === judged.length && texts.size === 1
    ? `* Node.AllConditions: ${[...texts][0]}`
    : lines.map(({ name, text }) => `* Node.${name}: ${text}`).join("\n");
  return bad
    ? { type, status: "False", reason: "NodeNotHealthy", message }
    : { type, status: "Unknown", reason: "NodeHealthyUnknown", message };
}

interface Verdict {
  readonly name: string;
  readonly verdict: "ok" | "bad" | "unknown";
  readonly text: string;
}

function judge(node: KubeObject, name: string): Verdict {
  const found = conditionsOfNode(node).find(({ type }) => type === name);
  if (found === undefined) {
    return { name, verdict: "unknown", text: "Condition not yet reported" };
  }
  const good = name === "Ready" ? "True" : "False";
  const verdict = found.status === good ? "ok" : found.status === "Unknown" ? "unknown" : "bad";
  return { name, verdict, text: found.message || found.reason || "" };
}
