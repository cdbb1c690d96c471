// One Machine under the eyes of a MachineHealthCheck: is it unhealthy, and if
// not, when might it be. Pure but for the condition it sets on its own copy.
// Source: Cluster API's MachineHealthCheck controller, "targets".

import { formatDurationMs } from "../../../runtime/duration.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import {
  type Condition,
  conditionOf,
  conditionsOf,
  type ConditionStatus,
  isConditionTrue,
  setCondition,
} from "../conditions.ts";
import { markV1Beta1False, markV1Beta1True } from "../conditions_v1beta1.ts";
import { REMEDIATE_MACHINE_ANNOTATION } from "../kubeadm/names.ts";
import { isControlPlane } from "./cluster_scope.ts";

/** The condition that tells what a health check found. */
export const HEALTH_CHECK_SUCCEEDED = "HealthCheckSucceeded";

/** A condition that makes unhealthy when it lasts. */
interface UnhealthyCondition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly timeoutSeconds?: number;
}

/** `spec.checks` of a MachineHealthCheck. */
export interface HealthChecks {
  /** 0 waits for ever; default 600. */
  readonly nodeStartupTimeoutSeconds?: number;
  readonly unhealthyNodeConditions?: readonly UnhealthyCondition[];
  readonly unhealthyMachineConditions?: readonly UnhealthyCondition[];
}

/** A Machine and what belongs to it. */
export interface HealthCheckTarget {
  /** As it was read. */
  readonly before: KubeObject;
  /** A copy that may be changed. */
  readonly machine: KubeObject;
  readonly cluster: KubeObject;
  /** Absent while it is not known, and when it is gone. */
  readonly node: KubeObject | undefined;
  /** The Machine had a Node that is no longer there. */
  readonly nodeGone: boolean;
}

/** What was found: unhealthy, healthy, or neither yet. */
export interface Health {
  readonly state: "unhealthy" | "healthy" | "undecided";
  /** When an undecided target may turn unhealthy. */
  readonly lookAgain_ms?: number;
}

interface Findings {
  readonly messages: readonly string[];
  readonly lookAgain_ms?: number | undefined;
}

interface NodeFindings extends Findings {
  readonly reason: string;
  readonly older: string;
}

const NODE_STARTUP_DEFAULT_S = 600;
const GRACE_MS = 1_000;

/** Looks at a target, and says on its Machine what was found. */
export function checkHealth(
  target: HealthCheckTarget,
  checks: HealthChecks,
  now_ms: number,
): Health {
  const { machine, cluster } = target;
  if (machine.metadata.annotations?.[REMEDIATE_MACHINE_ANNOTATION] !== undefined) {
    setCondition(machine, {
      type: HEALTH_CHECK_SUCCEEDED,
      status: "False",
      reason: "HasRemediateAnnotation",
      message:
        `Health check failed: marked for remediation via ${REMEDIATE_MACHINE_ANNOTATION} annotation`,
    }, now_ms);
    markV1Beta1False(
      machine,
      HEALTH_CHECK_SUCCEEDED,
      "HasRemediateMachineAnnotation",
      "Warning",
      "Marked for remediation via remediate-machine annotation",
      now_ms,
    );
    return { state: "unhealthy" };
  }
  const waits = !isConditionTrue(cluster, "ControlPlaneInitialized") && !isControlPlane(machine) ||
    !isConditionTrue(cluster, "InfrastructureReady");
  if (!waits) {
    const ofMachine = checkConditions(
      conditionsOf(machine),
      checks.unhealthyMachineConditions,
      "Machine",
      now_ms,
    );
    const ofNode = checkNode(target, checks, now_ms);
    if (ofMachine.messages.length + ofNode.messages.length > 0) {
      markUnhealthy(machine, ofMachine, ofNode, now_ms);
      return { state: "unhealthy" };
    }
    const lookAgain_ms = earliest([ofMachine.lookAgain_ms, ofNode.lookAgain_ms]);
    if (lookAgain_ms !== undefined) return { state: "undecided", lookAgain_ms };
  }
  if (machine.metadata.deletionTimestamp !== undefined || target.node === undefined) {
    return { state: "undecided" };
  }
  setCondition(
    machine,
    { type: HEALTH_CHECK_SUCCEEDED, status: "True", reason: HEALTH_CHECK_SUCCEEDED },
    now_ms,
  );
  markV1Beta1True(machine, HEALTH_CHECK_SUCCEEDED, now_ms);
  return { state: "healthy" };
}

function markUnhealthy(
  machine: KubeObject,
  ofMachine: Findings,
  ofNode: NodeFindings,
  now_ms: number,
): void {
  const messages = [...ofMachine.messages, ...ofNode.messages];
  const [reason, older] = ofMachine.messages.length > 0
    ? ["UnhealthyMachine", "UnhealthyMachine"]
    : [ofNode.reason, ofNode.older];
  setCondition(machine, {
    type: HEALTH_CHECK_SUCCEEDED,
    status: "False",
    reason,
    message: `Health check failed:\n${messages.map((line) => `  * ${line}`).join("\n")}`,
  }, now_ms);
  const text = older === "NodeNotFound" ? "" : messages.join("; ");
  markV1Beta1False(machine, HEALTH_CHECK_SUCCEEDED, older, "Warning", text, now_ms);
}

/** Conditions that have been bad for their time, and when the next will have been. */
function checkConditions(
  present: readonly Pick<Condition, "type" | "status" | "reason" | "lastTransitionTime">[],
  unhealthy: readonly UnhealthyCondition[] = [],
  whose: "Machine" | "Node",
  now_ms: number,
): Findings {
  const messages: string[] = [];
  const waits: number[] = [];
  for (const { type, status, timeoutSeconds = 0 } of unhealthy) {
    const condition = present.find((one) => one.type === type);
    if (condition?.status !== status) continue;
    const timeout_ms = timeoutSeconds * 1000;
    const since_ms = now_ms - Date.parse(condition.lastTransitionTime);
    if (since_ms > timeout_ms) {
      messages.push(
        `Condition ${type} on ${whose} is reporting status ${status} with reason ${condition.reason} for more than ${
          formatDurationMs(timeout_ms)
        }`,
      );
    } else waits.push(timeout_ms - since_ms + GRACE_MS);
  }
  return messages.length > 0 ? { messages } : { messages, lookAgain_ms: earliest(waits) };
}

function checkNode(target: HealthCheckTarget, checks: HealthChecks, now_ms: number): NodeFindings {
  const { machine, node, nodeGone } = target;
  if (nodeGone) {
    return {
      reason: "NodeDeleted",
      older: "NodeNotFound",
      messages: [`Node ${machine.status?.nodeRef?.name} has been deleted`],
    };
  }
  if (node === undefined) return checkStartup(target, checks, now_ms);
  const found = checkConditions(
    conditionsOf(node),
    checks.unhealthyNodeConditions,
    "Node",
    now_ms,
  );
  return { reason: "UnhealthyNode", older: "UnhealthyNode", ...found };
}

/** Whether the Machine has waited too long for a Node. */
function checkStartup(
  { machine, cluster }: HealthCheckTarget,
  { nodeStartupTimeoutSeconds = NODE_STARTUP_DEFAULT_S }: HealthChecks,
  now_ms: number,
): NodeFindings {
  const named = { reason: "NodeStartupTimeout", older: "NodeStartupTimeout" };
  if (nodeStartupTimeoutSeconds === 0) return { ...named, messages: [] };
  const timeout_ms = nodeStartupTimeoutSeconds * 1000;
  const since_ms = now_ms - Math.max(
    Date.parse(machine.metadata.creationTimestamp ?? ""),
    trueSince(cluster, "ControlPlaneInitialized"),
    trueSince(cluster, "InfrastructureReady"),
    trueSince(machine, "InfrastructureReady"),
  );
  if (since_ms > timeout_ms) {
    const text = `Node failed to report startup in ${formatDurationMs(timeout_ms)}`;
    return { ...named, messages: [text] };
  }
  return { ...named, messages: [], lookAgain_ms: timeout_ms - since_ms + GRACE_MS };
}

function trueSince(object: KubeObject, type: string): number {
  const condition = conditionOf(object, type);
  return condition?.status === "True" ? Date.parse(condition.lastTransitionTime) : 0;
}

function earliest(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait) => wait !== undefined && wait > 0) as number[];
  return known.length === 0 ? undefined : Math.min(...known);
}
