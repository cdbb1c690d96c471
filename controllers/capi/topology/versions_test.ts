import { assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../../runtime/object.ts";
import type { MachineDeploymentTopology } from "../../../webhooks/class_types.ts";
import { DEFER_UPGRADE, HOLD_UPGRADE_SEQUENCE } from "./names.ts";
import type { Blueprint, CurrentState } from "./states.ts";
import { UpgradeTracker } from "./upgrade_tracker.ts";
import { controlPlaneVersion, deploymentVersion, trackUpgrade } from "./versions.ts";

const [OLD, NEW] = ["v1.35.0", "v1.36.0"];
const object = (kind: string, name: string, spec: KubeObject["spec"], status = {}): KubeObject => ({
  apiVersion: "g/v1",
  kind,
  metadata: { name },
  spec,
  status,
});
const deployments = (...names: string[]): MachineDeploymentTopology[] =>
  names.map((name) => ({ class: "worker", name }));
const annotated = (name: string, annotation: string): MachineDeploymentTopology => ({
  class: "worker",
  name,
  metadata: { annotations: { [annotation]: "" } },
});

function blueprint(
  machineDeployments: readonly MachineDeploymentTopology[] = [],
  more: object = {},
): Blueprint {
  const topology = { classRef: { name: "c" }, version: NEW, workers: { machineDeployments } };
  return { topology, spec: more } as unknown as Blueprint;
}

function current(
  controlPlane: string | undefined,
  reported: readonly string[] = [],
  workers: Record<string, string> = {},
): CurrentState {
  const machineDeployments = new Map(
    Object.entries(workers).map(([name, version]) => [name, {
      object: object("MachineDeployment", name, {
        selector: { matchLabels: { of: name } },
        template: { spec: { version } },
      }),
    }]),
  );
  const status = { versions: reported.map((version) => ({ version, replicas: 1 })) };
  return {
    cluster: object("Cluster", "c", {}),
    machineDeployments,
    ...(controlPlane === undefined
      ? {}
      : { controlPlane: { object: object("Control", "k", { version: controlPlane }, status) } }),
  };
}

function tracked(
  state: CurrentState,
  plan: Blueprint,
  machines: KubeObject[] = [],
): UpgradeTracker {
  const tracker = new UpgradeTracker(1);
  trackUpgrade(tracker, plan, state, machines);
  return tracker;
}

Deno.test("trackUpgrade() plans, and counts who still has Machines of another version", () => {
  const state = current(OLD, [OLD], { a: OLD, b: NEW });
  const machine = (of: string, version: string): KubeObject => ({
    ...object("Machine", "m", { version }),
    metadata: { name: "m", labels: { of } },
  });
  const machines = [machine("a", OLD), machine("b", OLD), machine("b", NEW)];
  const tracker = tracked(state, blueprint(deployments("a", "b")), machines);
  assertEquals(tracker.plan, { controlPlane: [NEW], workers: [NEW] });
  assertEquals([...tracker.workers.upgrading], ["b"]);
  assertEquals(tracked(current(undefined), blueprint()).plan, { controlPlane: [], workers: [] });
});

Deno.test("trackUpgrade() refuses a plan that an extension would make", () => {
  const external = { upgrade: { external: { generateUpgradePlanExtension: "plan.ext" } } };
  assertThrows(
    () => tracked(current(OLD, [OLD]), blueprint([], external)),
    Error,
    'cannot use GenerateUpgradePlan extension "plan.ext": runtime extensions are not supported',
  );
});

Deno.test("controlPlaneVersion() takes a step only when the control plane is at rest", () => {
  const cases: [string, CurrentState, string, Partial<UpgradeTracker["controlPlane"]>][] = [
    ["it is made with the new version", current(undefined), NEW, {}],
    ["it is there already", current(NEW, [NEW]), NEW, {}],
    ["it starts", current(OLD, [OLD]), NEW, { starting: true }],
    ["it reports nothing yet", current(OLD), OLD, { provisioning: true, pending: true }],
    ["it upgrades already", current(NEW, [OLD, NEW]), NEW, { upgrading: true }],
    [
      "it upgrades to what was wanted before",
      current(OLD, ["v1.34.0"]),
      OLD,
      { upgrading: true, pending: true },
    ],
  ];
  const calm = {
    pending: false,
    waitsForWorkers: false,
    provisioning: false,
    upgrading: false,
    starting: false,
  };
  for (const [name, state, version, flags] of cases) {
    const tracker = tracked(state, blueprint());
    assertEquals(controlPlaneVersion(tracker, blueprint(), state), version, name);
    assertEquals(tracker.controlPlane, { ...calm, ...flags }, name);
  }
});

Deno.test("controlPlaneVersion() waits for workers that would fall too far behind, and for those that upgrade", () => {
  const versions = ["v1.32.0", "v1.33.0", "v1.34.0", "v1.35.0", "v1.36.0"];
  const plan = blueprint(deployments("a"), { kubernetesVersions: versions });
  const behind = current(OLD, [OLD], { a: "v1.32.0" });
  const tracker = tracked(behind, plan);
  assertEquals(tracker.plan.workers, [OLD, NEW]);
  assertEquals(controlPlaneVersion(tracker, plan, behind), OLD);
  assertEquals(tracker.controlPlane.waitsForWorkers, true);
  assertEquals(tracker.isStableOrWaiting, true);
  const busy = current(OLD, [OLD], { a: OLD });
  const other = tracked(busy, plan);
  other.workers.upgrading.add("a");
  assertEquals(controlPlaneVersion(other, plan, busy), OLD);
  assertEquals(other.controlPlane.starting, false);
});

Deno.test("deploymentVersion() lets one upgrade after the other, when the control plane is at rest", () => {
  const names = deployments("a", "b");
  const plan = blueprint(names);
  const state = current(NEW, [NEW], { a: OLD, b: OLD });
  const tracker = tracked(state, plan);
  const versions = names.map((one) =>
    deploymentVersion(tracker, plan, one, state.machineDeployments.get(one.name)?.object)
  );
  assertEquals(versions, [NEW, OLD]);
  assertEquals([...tracker.workers.upgrading], ["a"]);
  assertEquals([...tracker.workers.pending], ["b"]);
  const early = tracked(state, plan);
  early.controlPlane.upgrading = true;
  const [first] = names as [MachineDeploymentTopology];
  const { object: one } = state.machineDeployments.get("a") as { object: KubeObject };
  assertEquals(deploymentVersion(early, plan, first, one), OLD);
  assertEquals([...early.workers.pending], ["a"]);
});

Deno.test("deploymentVersion() heeds what holds up one deployment, or all that come after it", () => {
  const names = [annotated("a", DEFER_UPGRADE), ...deployments("b")];
  const held = [...deployments("a"), annotated("b", HOLD_UPGRADE_SEQUENCE), ...deployments("c")];
  const cases: [MachineDeploymentTopology[], string[], string[]][] = [
    [names, [OLD, NEW], ["a"]],
    [held, [NEW, OLD, OLD], ["b", "c"]],
  ];
  for (const [all, expected, deferred] of cases) {
    const plan = blueprint(all);
    const state = current(NEW, [NEW], Object.fromEntries(all.map(({ name }) => [name, OLD])));
    const tracker = tracked(state, plan);
    assertEquals(
      all.map((one) =>
        deploymentVersion(tracker, plan, one, state.machineDeployments.get(one.name)?.object)
      ),
      expected,
    );
    assertEquals([...tracker.workers.deferred], deferred);
  }
});

Deno.test("deploymentVersion() holds up what is to be made until the control plane is there", () => {
  const [wanted] = deployments("a") as [MachineDeploymentTopology];
  const plan = blueprint([wanted]);
  const tracker = tracked(current(NEW, [NEW]), plan);
  assertEquals(deploymentVersion(tracker, plan, wanted, undefined), NEW);
  assertEquals(tracker.workers.pendingCreate.size, 0);
  tracker.controlPlane.upgrading = true;
  assertEquals(deploymentVersion(tracker, plan, wanted, undefined), NEW);
  assertEquals([...tracker.workers.pendingCreate], ["a"]);
});
