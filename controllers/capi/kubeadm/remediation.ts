// Replacing control plane Machines that a health check found unhealthy: one
// at a time, only when the rest can do without, and not for ever. Source:
// Cluster API's KubeadmControlPlane remediation.

import { rfc3339 } from "../../../runtime/clock.ts";
import { conditionOf, isConditionTrue, removeCondition, setCondition } from "../conditions.ts";
import { markV1Beta1False, removeV1Beta1Condition, type Severity } from "../conditions_v1beta1.ts";
import {
  byAge,
  COMPONENT_CONDITIONS,
  type ControlPlane,
  type ControlPlaneMachine,
  isBeingDeleted,
  isToBeRemediated,
  nodeNameOf,
} from "./control_plane.ts";
import { moveLeadership } from "./etcd_steps.ts";
import {
  REMEDIATE_MACHINE_ANNOTATION,
  REMEDIATION_FOR,
  REMEDIATION_IN_PROGRESS,
  RESOURCES,
} from "./names.ts";
import { pendingTopologyVersion } from "./preflight.ts";
import { componentsSurvive, etcdSurvives } from "./projections.ts";
import { isNotFound } from "./reads.ts";
import { type ControlPlaneServices, errorText } from "./services.ts";

const HEALTHY_PERIOD_DEFAULT_MS = 3_600_000;

/** What the remediation annotations hold. */
export interface RemediationRecord {
  readonly machine: string;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly retryCount: number;
}

/** Reads a remediation annotation; `undefined` when there is none. Throws when it cannot be understood. */
export function parseRemediation(text: string | undefined): RemediationRecord | undefined {
  if (text === undefined) return undefined;
  const record = JSON.parse(text);
  if (typeof record !== "object" || record === null) {
    throw new Error("remediation data is no object");
  }
  const { machine = "", timestamp = "", retryCount = 0 } = record;
  return { machine, timestamp, retryCount };
}

/** Starts a remediation if one is due; whether it did, which ends the pass. */
export async function remediate(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
): Promise<boolean> {
  const { kcp } = controlPlane;
  forgetRecovered(controlPlane);
  dropStaleAnnotation(controlPlane);
  const victim = pickUnhealthy(controlPlane);
  if (victim === undefined) return false;
  const now = services.clock.now();
  if (isBeingDeleted(victim)) return false;
  const say = (status: Verdict) => setRemediated(victim, status, now);
  if (kcp.metadata.annotations?.[REMEDIATION_IN_PROGRESS] !== undefined) {
    return false;
  }
  const retry = retryVerdict(controlPlane, victim, now);
  const refusal = topologyVerdict(controlPlane) ?? retry.refusal ??
    stateVerdict(controlPlane, victim);
  if (refusal !== undefined) {
    say(refusal);
    return false;
  }
  if (controlPlane.initialized && controlPlane.managesEtcd) {
    try {
      await moveLeadership(services, controlPlane, victim);
    } catch (error) {
      say(
        cannot(
          "A control plane machine needs remediation, but there is no healthy machine to forward etcd leadership to",
        ),
      );
      throw error;
    }
  }
  await deleteVictim(services, controlPlane, victim);
  const record: RemediationRecord = {
    machine: victim.machine.metadata.name ?? "",
    timestamp: rfc3339(now),
    retryCount: retry.count,
  };
  kcp.metadata.annotations = {
    ...kcp.metadata.annotations,
    [REMEDIATION_IN_PROGRESS]: JSON.stringify(record),
  };
  say({
    reason: "MachineDeleting",
    older: "RemediationInProgress",
    severity: "Warning",
    message: "Machine is deleting",
  });
  return true;
}

/** What is said on a Machine about its remediation. */
interface Verdict {
  readonly reason: string;
  readonly older: string;
  readonly severity: Severity;
  readonly message: string;
}

function deferred(message: string): Verdict {
  return {
    reason: "RemediationDeferred",
    older: "WaitingForRemediation",
    severity: "Warning",
    message,
  };
}

function cannot(message: string): Verdict {
  return {
    reason: "CannotBeRemediated",
    older: "WaitingForRemediation",
    severity: "Warning",
    message,
  };
}

function setRemediated({ machine }: ControlPlaneMachine, verdict: Verdict, now_ms: number): void {
  const type = "OwnerRemediated";
  const { reason, message, older, severity } = verdict;
  setCondition(machine, { type, status: "False", reason, message }, now_ms);
  markV1Beta1False(machine, type, older, severity, message, now_ms);
}

/** Machines that are well again are nobody's to remediate. */
function forgetRecovered(controlPlane: ControlPlane): void {
  for (const { machine } of controlPlane.machines) {
    if (!isConditionTrue(machine, "HealthCheckSucceeded")) continue;
    if (conditionOf(machine, "OwnerRemediated")?.status !== "False") continue;
    removeCondition(machine, "OwnerRemediated");
    removeV1Beta1Condition(machine, "OwnerRemediated");
  }
}

/** A Machine younger than the annotation is the replacement: the annotation has outlived its use. */
function dropStaleAnnotation(controlPlane: ControlPlane): void {
  const { annotations } = controlPlane.kcp.metadata;
  const record = parseRemediation(annotations?.[REMEDIATION_IN_PROGRESS]);
  if (record === undefined || annotations === undefined) return;
  const since = Date.parse(record.timestamp);
  const replaced = controlPlane.machines.some(({ machine }) =>
    Date.parse(machine.metadata.creationTimestamp ?? "") > since
  );
  if (replaced) delete annotations[REMEDIATION_IN_PROGRESS];
}

function pickUnhealthy(controlPlane: ControlPlane): ControlPlaneMachine | undefined {
  const { etcdMember, etcdPod, apiServer, controllerManager, scheduler, node } =
    COMPONENT_CONDITIONS;
  const etcd = controlPlane.managesEtcd ? [etcdMember, etcdPod] : [];
  const order = [...etcd, apiServer, controllerManager, scheduler, node];
  const urgency = (one: ControlPlaneMachine): number => {
    if (one.machine.metadata.annotations?.[REMEDIATE_MACHINE_ANNOTATION] !== undefined) return 0;
    if (nodeNameOf(one) === undefined) return 1;
    const worst = order.findIndex((type) => !isConditionTrue(one.machine, type));
    return worst < 0 ? 2 + order.length : 2 + worst;
  };
  return controlPlane.machines
    .filter(isToBeRemediated)
    .toSorted((a, b) => urgency(a) - urgency(b) || byAge(a, b))[0];
}

function topologyVerdict(controlPlane: ControlPlane): Verdict | undefined {
  const pending = pendingTopologyVersion(controlPlane);
  return pending === undefined ? undefined : deferred(
    `KubeadmControlPlane can't remediate while waiting for a version upgrade to ${pending} to be propagated from Cluster.spec.topology`,
  );
}

function retryVerdict(
  controlPlane: ControlPlane,
  { machine }: ControlPlaneMachine,
  now_ms: number,
): { count: number; refusal?: Verdict } {
  const last = parseRemediation(machine.metadata.annotations?.[REMEDIATION_FOR]);
  if (last === undefined) return { count: 0 };
  const { maxRetry, retryPeriodSeconds = 0, minHealthyPeriodSeconds } =
    controlPlane.kcp.spec?.remediation ?? {};
  const healthy_ms = minHealthyPeriodSeconds === undefined
    ? HEALTHY_PERIOD_DEFAULT_MS
    : minHealthyPeriodSeconds * 1000;
  const since_ms = now_ms - Date.parse(last.timestamp);
  if (since_ms >= healthy_ms) return { count: 0 };
  if (since_ms < retryPeriodSeconds * 1000) {
    return {
      count: last.retryCount,
      refusal: deferred(
        `KubeadmControlPlane can't remediate this machine because the operation already failed in the latest ${retryPeriodSeconds}s (RetryPeriod)`,
      ),
    };
  }
  if (maxRetry !== undefined && last.retryCount >= maxRetry) {
    return {
      count: last.retryCount,
      refusal: cannot(
        `KubeadmControlPlane can't remediate this machine because the operation already failed ${maxRetry} times (MaxRetry)`,
      ),
    };
  }
  return { count: last.retryCount + 1 };
}

/** Whether the rest of an initialised control plane can do without the Machine. */
function stateVerdict(
  controlPlane: ControlPlane,
  victim: ControlPlaneMachine,
): Verdict | undefined {
  if (!controlPlane.initialized) return undefined;
  if (controlPlane.machines.length <= 1) {
    return cannot("KubeadmControlPlane can't remediate if current replicas are less or equal to 1");
  }
  if (controlPlane.hasMachineStillProvisioning) {
    return deferred(
      "KubeadmControlPlane waiting for control plane machine provisioning to complete before triggering remediation",
    );
  }
  if (controlPlane.deletingMachines.length > 0) {
    return deferred(
      "KubeadmControlPlane waiting for control plane machine deletion to complete before triggering remediation",
    );
  }
  if ((controlPlane.etcd?.members ?? []).length === 0 || controlPlane.nodes === undefined) {
    return deferred(
      "KubeadmControlPlane can't remediate while etcd members or Nodes are not known",
    );
  }
  if (!componentsSurvive(controlPlane, { remove: victim })) {
    return cannot(
      "KubeadmControlPlane can't remediate this machine because this would leave no healthy control plane components",
    );
  }
  const known = controlPlane.memberOf(victim) !== undefined;
  if (controlPlane.managesEtcd && known && !etcdSurvives(controlPlane, { remove: victim })) {
    return cannot(
      "KubeadmControlPlane can't remediate this machine because this could result in etcd loosing quorum",
    );
  }
  return undefined;
}

async function deleteVictim(
  { client }: ControlPlaneServices,
  { namespace }: ControlPlane,
  victim: ControlPlaneMachine,
): Promise<void> {
  try {
    await client.delete(RESOURCES.machines, {
      namespace,
      name: victim.machine.metadata.name ?? "",
    });
  } catch (error) {
    if (isNotFound(error)) return;
    throw new Error(`failed to delete unhealthy Machine: ${errorText(error)}`);
  }
}
