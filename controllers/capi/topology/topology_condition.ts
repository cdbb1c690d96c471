// The TopologyReconciled condition of a Cluster: whether everything is as
// its topology says, and what still goes on. Source: Cluster API's topology
// controller, "status".

import type { KubeObject } from "../../../runtime/object.ts";
import { type ConditionUpdate, setCondition } from "../conditions.ts";
import { setV1Beta1Condition, type Severity } from "../conditions_v1beta1.ts";
import { PAUSED_ANNOTATION } from "../kubeadm/names.ts";
import { errorText } from "../kubeadm/services.ts";
import type { UpgradeTracker } from "./upgrade_tracker.ts";

/** The condition. */
export const TOPOLOGY_RECONCILED = "TopologyReconciled";

const NAMES_MAX = 3;

/** What a reconcile came to. */
export interface TopologyOutcome {
  readonly error?: unknown;
  /** Absent when the reconcile did not come so far. */
  readonly clusterClass?: KubeObject;
  readonly tracker?: UpgradeTracker;
  /** Of the control plane object that should be. */
  readonly controlPlane?: KubeObject;
}

interface Verdict {
  readonly reason: string;
  readonly older?: string;
  readonly severity?: Severity;
  readonly message: string;
}

/** Sets the condition in both forms. */
export function setTopologyReconciled(
  cluster: KubeObject,
  outcome: TopologyOutcome,
  now_ms: number,
): void {
  const verdict = verdictOf(cluster, outcome);
  const type = TOPOLOGY_RECONCILED;
  if (verdict === undefined) {
    setCondition(cluster, { type, status: "True", reason: "ReconcileSucceeded" }, now_ms);
    setV1Beta1Condition(cluster, { type, status: "True" }, now_ms);
    return;
  }
  const { reason, message, older = reason, severity = "Info" } = verdict;
  const update: ConditionUpdate = { type, status: "False", reason, message };
  setCondition(cluster, update, now_ms);
  setV1Beta1Condition(cluster, { type, status: "False", severity, reason: older, message }, now_ms);
}

/** Why the topology is not reconciled; `undefined` when it is. */
function verdictOf(cluster: KubeObject, outcome: TopologyOutcome): Verdict | undefined {
  const paused = [
    ...(cluster.spec?.paused === true ? ["Cluster spec.paused is set to true"] : []),
    ...(cluster.metadata.annotations?.[PAUSED_ANNOTATION] === undefined
      ? []
      : [`Cluster has the ${PAUSED_ANNOTATION} annotation`]),
  ];
  if (paused.length > 0) {
    return { reason: "Paused", message: paused.join(", ") };
  }
  if (outcome.error !== undefined) {
    return {
      reason: "ReconcileFailed",
      older: "TopologyReconcileFailed",
      severity: "Error",
      message: errorText(outcome.error),
    };
  }
  if (cluster.metadata.deletionTimestamp !== undefined) {
    return { reason: "Deleting", message: "Cluster is deleting" };
  }
  const { tracker, controlPlane } = outcome;
  if (tracker?.isUpgrading !== true || controlPlane === undefined) return undefined;
  return upgrading(cluster, tracker, controlPlane);
}

function upgrading(
  cluster: KubeObject,
  tracker: UpgradeTracker,
  { kind, spec }: KubeObject,
): Verdict {
  const { controlPlane: state, workers, plan } = tracker;
  const version: string = spec.version;
  const lines = [`Cluster is upgrading to ${cluster.spec.topology.version}`];
  const say = (text: string) => lines.push(`  * ${text}`);
  const moving = state.starting || state.upgrading;
  if (moving) {
    say(`${kind} upgrading to version ${version}${later(plan.controlPlane, version)}`);
  } else if (plan.controlPlane.length > 0) {
    say(`${kind} pending upgrade to version ${plan.controlPlane.join(", ")}`);
  }
  const active = [...workers.upgrading];
  const deferred = [...workers.deferred].filter((name) => !workers.upgrading.has(name));
  const pending = [...workers.pending].filter((name) =>
    !workers.upgrading.has(name) && !workers.deferred.has(name)
  );
  if (active.length > 0) {
    say(`${named(active)} upgrading to version ${version}${later(plan.workers, version)}`);
  }
  if (pending.length > 0 && plan.workers.length > 0) {
    say(`${named(pending)} pending upgrade to version ${plan.workers.join(", ")}`);
  }
  if (deferred.length > 0) {
    say(
      `${
        named(deferred)
      } upgrade to version ${version} deferred using defer-upgrade or hold-upgrade-sequence annotations`,
    );
  }
  if (workers.pendingCreate.size > 0) {
    say(
      `${
        named([...workers.pendingCreate])
      } creation deferred while control plane upgrade is in progress`,
    );
  }
  const held = deferred.length > 0 && !moving && active.length === 0 && pending.length === 0;
  return {
    reason: held ? "MachineDeploymentsUpgradeDeferred" : "ClusterUpgrading",
    message: lines.join("\n"),
  };
}

/** The versions that come after this one. */
function later(plan: readonly string[], version: string): string {
  const rest = plan.filter((one) => one !== version);
  return rest.length === 0 ? "" : ` (${rest.join(", ")} pending)`;
}

function named(names: readonly string[]): string {
  const sorted = [...names].sort();
  if (sorted.length === 1) return `MachineDeployment ${sorted[0]}`;
  const more = sorted.length - NAMES_MAX;
  const told = sorted.slice(0, NAMES_MAX).join(", ");
  return `MachineDeployments ${told}${more > 0 ? `, ... (${more} more)` : ""}`;
}
