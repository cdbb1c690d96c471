import { assertEquals } from "@std/assert";
import type { KubeObject } from "../../../runtime/object.ts";
import { conditionOf } from "../conditions.ts";
import { setTopologyReconciled, type TopologyOutcome } from "./topology_condition.ts";
import { UpgradeTracker } from "./upgrade_tracker.ts";

const cluster = (more: Partial<KubeObject["metadata"]> = {}, spec: object = {}): KubeObject => ({
  apiVersion: "cluster.x-k8s.io/v1beta2",
  kind: "Cluster",
  metadata: { name: "c", generation: 3, ...more },
  spec: { topology: { version: "v1.36.0" }, ...spec },
  status: {},
});
const controlPlane = (version: string): KubeObject => ({
  apiVersion: "g/v1",
  kind: "KubeadmControlPlane",
  metadata: { name: "k" },
  spec: { version },
});

/** Status, reason and message in the present form, then those of the older one. */
function told(object: KubeObject, outcome: TopologyOutcome) {
  setTopologyReconciled(object, outcome, 0);
  const { status, reason, message } = conditionOf(object, "TopologyReconciled") ?? {};
  const older: { type: string; status: string; reason?: string; severity?: string }[] =
    object.status.deprecated.v1beta1.conditions;
  const { reason: old, severity } = older.find(({ type }) => type === "TopologyReconciled") ?? {};
  return [status, reason, message ?? "", old, severity];
}

function upgrading(change: (tracker: UpgradeTracker) => void): UpgradeTracker {
  const tracker = new UpgradeTracker(1);
  tracker.plan = { controlPlane: ["v1.36.0"], workers: ["v1.36.0"] };
  change(tracker);
  return tracker;
}

Deno.test("setTopologyReconciled() says what keeps a topology from being reconciled", () => {
  const cases: [KubeObject, TopologyOutcome, ReturnType<typeof told>][] = [
    [cluster(), {}, ["True", "ReconcileSucceeded", "", undefined, undefined]],
    [
      cluster(),
      { tracker: new UpgradeTracker(1), controlPlane: controlPlane("v1.36.0") },
      ["True", "ReconcileSucceeded", "", undefined, undefined],
    ],
    [
      cluster(),
      { error: new Error("failed to apply patches: no") },
      [
        "False",
        "ReconcileFailed",
        "failed to apply patches: no",
        "TopologyReconcileFailed",
        "Error",
      ],
    ],
    [
      cluster({}, { paused: true }),
      {},
      ["False", "Paused", "Cluster spec.paused is set to true", "Paused", "Info"],
    ],
    [
      cluster({ annotations: { "cluster.x-k8s.io/paused": "" } }, { paused: true }),
      { error: new Error("not asked for") },
      [
        "False",
        "Paused",
        "Cluster spec.paused is set to true, Cluster has the cluster.x-k8s.io/paused annotation",
        "Paused",
        "Info",
      ],
    ],
    [
      cluster({ deletionTimestamp: "2026-01-01T00:00:00Z" }),
      {},
      ["False", "Deleting", "Cluster is deleting", "Deleting", "Info"],
    ],
  ];
  for (const [object, outcome, expected] of cases) assertEquals(told(object, outcome), expected);
});

Deno.test("setTopologyReconciled() tells how far an upgrade has come", () => {
  const start = "Cluster is upgrading to v1.36.0";
  const cases: [string, UpgradeTracker, string, string, string][] = [
    [
      "the control plane waits",
      upgrading(({ controlPlane }) => controlPlane.pending = true),
      "v1.35.0",
      "ClusterUpgrading",
      `${start}\n  * KubeadmControlPlane pending upgrade to version v1.36.0`,
    ],
    [
      "the control plane goes first",
      upgrading(({ controlPlane, workers }) => {
        controlPlane.starting = true;
        workers.pending.add("b").add("a");
      }),
      "v1.36.0",
      "ClusterUpgrading",
      `${start}\n  * KubeadmControlPlane upgrading to version v1.36.0\n  * MachineDeployments a, b pending upgrade to version v1.36.0`,
    ],
    [
      "there are more steps to come",
      upgrading((tracker) => {
        tracker.plan = { controlPlane: ["v1.35.0", "v1.36.0"], workers: [] };
        tracker.controlPlane.upgrading = true;
      }),
      "v1.35.0",
      "ClusterUpgrading",
      `${start}\n  * KubeadmControlPlane upgrading to version v1.35.0 (v1.36.0 pending)`,
    ],
    [
      "workers follow",
      upgrading((tracker) => {
        tracker.plan = { controlPlane: [], workers: ["v1.36.0"] };
        for (const name of ["a", "b", "c", "d"]) tracker.workers.pending.add(name);
        tracker.workers.upgrading.add("e").add("a");
      }),
      "v1.36.0",
      "ClusterUpgrading",
      `${start}\n  * MachineDeployments a, e upgrading to version v1.36.0\n  * MachineDeployments b, c, d pending upgrade to version v1.36.0`,
    ],
    [
      "many wait",
      upgrading((tracker) => {
        tracker.plan = { controlPlane: [], workers: ["v1.36.0"] };
        for (const name of ["a", "b", "c", "d", "e"]) tracker.workers.pending.add(name);
      }),
      "v1.36.0",
      "ClusterUpgrading",
      `${start}\n  * MachineDeployments a, b, c, ... (2 more) pending upgrade to version v1.36.0`,
    ],
    [
      "one is held up, and nothing else goes on",
      upgrading((tracker) => {
        tracker.plan = { controlPlane: [], workers: ["v1.36.0"] };
        tracker.workers.pending.add("a");
        tracker.workers.deferred.add("a");
      }),
      "v1.36.0",
      "MachineDeploymentsUpgradeDeferred",
      `${start}\n  * MachineDeployment a upgrade to version v1.36.0 deferred using defer-upgrade or hold-upgrade-sequence annotations`,
    ],
    [
      "one is made later",
      upgrading(({ controlPlane, workers }) => {
        controlPlane.upgrading = true;
        workers.pendingCreate.add("new");
      }),
      "v1.36.0",
      "ClusterUpgrading",
      `${start}\n  * KubeadmControlPlane upgrading to version v1.36.0\n  * MachineDeployment new creation deferred while control plane upgrade is in progress`,
    ],
  ];
  for (const [name, tracker, version, reason, message] of cases) {
    const outcome = { tracker, controlPlane: controlPlane(version) };
    const [status, ...rest] = told(cluster(), outcome);
    assertEquals([status, ...rest.slice(0, 2)], ["False", reason, message], name);
  }
});
