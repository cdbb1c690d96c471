// What a control plane may lose and still work, and which Machine goes.

import { assertEquals } from "@std/assert";
import { SeededRandom } from "../../../runtime/random.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { setCondition } from "../conditions.ts";
import { ControlPlane, type ControlPlaneMachine } from "./control_plane.ts";
import { componentsSurvive, etcdSurvives } from "./projections.ts";
import { domainForNew, selectForScaleDown } from "./scale.ts";

interface Given {
  readonly domain?: string;
  readonly outdated?: boolean;
  readonly marked?: boolean;
  readonly unhealthy?: boolean;
  readonly learner?: boolean;
}

function controlPlane(given: readonly Given[], domains: readonly string[] = []): ControlPlane {
  const machines = given.map((one, i): ControlPlaneMachine => {
    const machine: KubeObject = {
      apiVersion: "cluster.x-k8s.io/v1beta2",
      kind: "Machine",
      metadata: {
        name: `m${i}`,
        creationTimestamp: `2026-01-01T00:00:0${i}Z`,
        ...(one.marked ? { annotations: { "cluster.x-k8s.io/delete-machine": "" } } : {}),
      },
      spec: { ...(one.domain === undefined ? {} : { failureDomain: one.domain }) },
      status: { nodeRef: { name: `m${i}` } },
    };
    for (
      const type of [
        "APIServerPodHealthy",
        "ControllerManagerPodHealthy",
        "SchedulerPodHealthy",
        "EtcdPodHealthy",
        "EtcdMemberHealthy",
      ]
    ) {
      setCondition(machine, { type, status: one.unhealthy ? "False" : "True", reason: "R" }, 0);
    }
    return { machine, found: machine, outdated: one.outdated ? ["old"] : [] };
  });
  const cluster: KubeObject = {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Cluster",
    metadata: { name: "c", namespace: "default" },
    status: { failureDomains: domains.map((name) => ({ name, controlPlane: true })) },
  };
  const kcp: KubeObject = { apiVersion: "a", kind: "KubeadmControlPlane", metadata: {}, spec: {} };
  const made = new ControlPlane(kcp, cluster, machines);
  made.etcd = {
    leader: "0",
    members: given.map(({ learner = false }, i) => ({
      id: String(i),
      name: `m${i}`,
      learner,
      alarms: [],
    })),
  };
  return made;
}

const well: Given = {};
const ill: Given = { unhealthy: true };

Deno.test("etcdSurvives() keeps a quorum of healthy members", () => {
  const cases: [string, Given[], boolean][] = [
    ["3 well", [well, well, well], true],
    ["3, one other ill", [well, well, ill], false],
    ["5, one other ill", [well, well, well, well, ill], true],
    ["5, two others ill", [well, well, well, ill, ill], false],
    ["a learner", [well, well, { learner: true }], false],
    ["itself ill", [ill, well, well], true],
  ];
  for (const [name, given, expected] of cases) {
    const plane = controlPlane(given);
    const [remove] = plane.machines;
    assertEquals(etcdSurvives(plane, { remove: remove as ControlPlaneMachine }), expected, name);
  }
  assertEquals(etcdSurvives(controlPlane([well]), { add: true }), true);
  assertEquals(etcdSurvives(controlPlane([ill]), { add: true }), false);
});

Deno.test("componentsSurvive() needs one machine with everything", () => {
  const plane = controlPlane([well, ill]);
  const [first, second] = plane.machines as [ControlPlaneMachine, ControlPlaneMachine];
  assertEquals(componentsSurvive(plane, { remove: first }), false);
  assertEquals(componentsSurvive(plane, { remove: second }), true);
  assertEquals(componentsSurvive(controlPlane([]), { add: true }), true);
});

Deno.test("selectForScaleDown() prefers what is to go anyway", () => {
  const a = { domain: "a" };
  const b = { domain: "b" };
  const cases: [string, Given[], string][] = [
    ["the oldest", [a, b, b], "m1"],
    ["marked before old", [a, { ...a, marked: true }], "m1"],
    [
      "outdated and marked first",
      [{ ...a, marked: true }, { ...a, marked: true, outdated: true }],
      "m1",
    ],
    [
      "outdated and broken",
      [{ ...a, outdated: true }, { ...a, outdated: true, unhealthy: true }],
      "m1",
    ],
    ["outdated before current", [a, { ...b, outdated: true }], "m1"],
    ["in no known domain", [a, {}, b], "m1"],
  ];
  for (const [name, given, expected] of cases) {
    const picked = selectForScaleDown(controlPlane(given, ["a", "b"]));
    assertEquals(picked?.machine.metadata.name, expected, name);
  }
});

Deno.test("domainForNew() fills the emptiest domain by current machines first", () => {
  const random = new SeededRandom(1);
  const pick = (given: Given[]) => domainForNew(controlPlane(given, ["a", "b"]), { random });
  assertEquals(pick([{ domain: "a" }]), "b");
  assertEquals(pick([{ domain: "a", outdated: true }, { domain: "b" }]), "a");
  assertEquals(domainForNew(controlPlane([well]), { random }), undefined);
});
