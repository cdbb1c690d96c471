// One look at the health of a control plane: what stands in the way of
// looking, the Machines, etcd, and the conditions made of all that. It
// fails when nothing can be known, because later steps rely on it.

import { type ConditionUpdate, setCondition } from "../conditions.ts";
import {
  COMPONENT_CONDITIONS,
  type ControlPlane,
  type ControlPlaneMachine,
} from "./control_plane.ts";
import { aggregateHealth, setControlPlaneHealth } from "./control_plane_health.ts";
import {
  type HealthFindings,
  inspectComponents,
  inspectEtcd,
  setAllHealth,
} from "./machine_health.ts";
import type { ControlPlaneServices } from "./services.ts";
import { conditionOf } from "../conditions.ts";

const PROBE_FAILURES_MAX = 5;
const GRACE_MS = 5 * 60_000;

/** Updates UpToDate and every health condition of the Machines and of the control plane. */
export async function reconcileHealth(
  services: ControlPlaneServices,
  controlPlane: ControlPlane,
): Promise<void> {
  const now = services.clock.now();
  for (const one of controlPlane.machines) setCondition(one.machine, upToDate(one), now);
  if (!controlPlane.initialized) {
    say(
      controlPlane,
      "InspectionFailed",
      "Waiting for Cluster control plane to be initialized",
      now,
    );
    return;
  }
  ensureConnected(services, controlPlane, now);
  const workload = services.clusters.client(controlPlane.namespace, controlPlane.clusterName);
  if (workload === undefined) {
    say(controlPlane, "ConnectionDown", "Remote connection down", now, true);
    throw new Error("connection to the workload cluster is down");
  }
  controlPlane.workload = workload;
  const findings: HealthFindings = { components: [], etcd: [], errors: [] };
  await inspectComponents(controlPlane, workload, findings, now);
  if (controlPlane.managesEtcd) await inspectEtcd(controlPlane, services, findings, now);
  for (const error of findings.errors) {
    services.logger.warn("Health not known", { cluster: controlPlane.clusterName, error });
  }
  aggregateHealth(controlPlane, findings, now);
}

/** Fails while the connection is not known to work. */
function ensureConnected(
  { clusters }: ControlPlaneServices,
  controlPlane: ControlPlane,
  now_ms: number,
): void {
  const health = clusters.health?.(controlPlane.namespace, controlPlane.clusterName);
  if (health === undefined) return;
  const { lastProbeSuccess_ms, consecutiveFailures } = health;
  if (lastProbeSuccess_ms === undefined && consecutiveFailures < PROBE_FAILURES_MAX) {
    say(controlPlane, "ConnectionDown", "Remote connection not established yet", now_ms, true);
    throw new Error("connection to the workload cluster is not established yet");
  }
  const initialized = conditionOf(controlPlane.kcp, "Initialized");
  const since_ms = Math.max(
    lastProbeSuccess_ms ?? 0,
    Date.parse(initialized?.lastTransitionTime ?? "") || now_ms,
  );
  if (now_ms - since_ms <= GRACE_MS) return;
  const last = lastProbeSuccess_ms === undefined
    ? "Remote connection not established yet"
    : `Last successful probe at ${new Date(lastProbeSuccess_ms).toISOString()}`;
  say(controlPlane, "ConnectionDown", last, now_ms);
  throw new Error("connection to the workload cluster is down");
}

function say(
  controlPlane: ControlPlane,
  reason: string,
  message: string,
  now_ms: number,
  weak = false,
): void {
  setAllHealth(controlPlane, { status: "Unknown", reason, message, weak }, now_ms);
  setControlPlaneHealth(controlPlane, { reason, message, weak }, now_ms);
}

function upToDate({ machine, outdated }: ControlPlaneMachine): ConditionUpdate {
  const type = "UpToDate";
  if (outdated.length > 0) {
    const message = outdated.map((reason) => `* ${reason}`).join("\n");
    return { type, status: "False", reason: "NotUpToDate", message };
  }
  const running = machine.status?.nodeInfo?.kubeletVersion;
  const wanted = machine.spec?.version;
  if (running && wanted && running !== wanted) {
    const message = `* Version ${running}, ${wanted} required`;
    return { type, status: "False", reason: "Updating", message };
  }
  return { type, status: "True", reason: "UpToDate" };
}

/** The Machine conditions that this step writes. */
export const MACHINE_HEALTH_CONDITIONS: readonly string[] = [
  ...Object.values(COMPONENT_CONDITIONS),
  "UpToDate",
];
