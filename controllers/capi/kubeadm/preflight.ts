// Checks that must pass before a control plane gains or loses a Machine.
// What keeps it from changing is remembered for its conditions. Source:
// Cluster API's KubeadmControlPlane preflight checks.

import type { Result } from "../../../runtime/reconcile/types.ts";
import { conditionOf, isConditionTrue } from "../conditions.ts";
import {
  COMPONENT_CONDITIONS,
  type ControlPlane,
  type ControlPlaneMachine,
  nodeNameOf,
} from "./control_plane.ts";
import { REMEDIATION_IN_PROGRESS, UPGRADE_STEP } from "./names.ts";
import { componentsSurvive, etcdSurvives } from "./projections.ts";
import type { ControlPlaneServices } from "./services.ts";

const WAIT_MS = 15_000;
const DELETION_WAIT_MS = 30_000;

/** What a check is for. */
export interface PreflightOptions {
  readonly scaleUp: boolean;
  /** This Machine's own health does not count. */
  readonly except?: ControlPlaneMachine;
}

/** Checks; `undefined` when the control plane may change, otherwise when to ask again. */
export function runPreflightChecks(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
  options: PreflightOptions,
): Result | undefined {
  const { kcp, preflight } = controlPlane;
  if (controlPlane.machines.length === 0) return undefined;
  const pending = pendingTopologyVersion(controlPlane);
  if (pending !== undefined) {
    preflight.topologyVersion = pending;
    return { requeueAfter_ms: WAIT_MS };
  }
  if (options.scaleUp && !isConditionTrue(kcp, "CertificatesAvailable")) {
    preflight.certificatesMissing = true;
    return { requeueAfter_ms: WAIT_MS };
  }
  if (controlPlane.deletingMachines.length > 0) {
    preflight.deletingMachine = true;
    return { requeueAfter_ms: DELETION_WAIT_MS };
  }
  const problems = healthProblems(controlPlane, options.except);
  if (problems.length === 0) return undefined;
  const replacing = kcp.metadata.annotations?.[REMEDIATION_IN_PROGRESS] !== undefined;
  if (options.scaleUp && replacing && mayReplace(controlPlane)) {
    preflight.componentsNotHealthy = preflight.etcdNotHealthy = false;
    return undefined;
  }
  services.events.event(
    kcp,
    "Warning",
    "ControlPlaneUnhealthy",
    `Waiting for control plane to pass preflight checks to continue reconciliation: [${
      problems.join(", ")
    }]`,
  );
  return { requeueAfter_ms: WAIT_MS };
}

/** The version that the topology still has to hand down, if that is not the present step of an upgrade. */
export function pendingTopologyVersion(controlPlane: ControlPlane): string | undefined {
  const { cluster, version } = controlPlane;
  const wanted = cluster.spec?.topology?.version;
  if (wanted === undefined || wanted === version) return undefined;
  return cluster.metadata.annotations?.[UPGRADE_STEP] === version ? undefined : wanted;
}

/** Whether a replacement may be added although not everything is healthy. */
function mayReplace(controlPlane: ControlPlane): boolean {
  if (!componentsSurvive(controlPlane, { add: true })) return false;
  return !controlPlane.managesEtcd || etcdSurvives(controlPlane, { add: true });
}

function healthProblems(controlPlane: ControlPlane, except?: ControlPlaneMachine): string[] {
  const problems: string[] = [];
  const { etcdMember } = COMPONENT_CONDITIONS;
  for (const one of controlPlane.machines) {
    if (one === except) continue;
    const { name } = one.machine.metadata;
    if (nodeNameOf(one) === undefined) {
      controlPlane.preflight.componentsNotHealthy = true;
      problems.push(
        `Machine ${name} does not have a corresponding Node yet (Machine.status.nodeRef not set)`,
      );
      continue;
    }
    for (const type of controlPlane.componentConditions) {
      const condition = conditionOf(one.machine, type);
      if (condition?.status === "True") continue;
      if (type === etcdMember) controlPlane.preflight.etcdNotHealthy = true;
      else controlPlane.preflight.componentsNotHealthy = true;
      problems.push(
        condition === undefined
          ? `Machine ${name} does not have ${type} condition`
          : condition.status === "False"
          ? `Machine ${name} reports ${type} condition is false (${condition.reason}, ${condition.message})`
          : `Machine ${name} reports ${type} condition is unknown (${condition.message})`,
      );
    }
  }
  return problems;
}
