import { assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../../runtime/object.ts";
import { machinesToDelete } from "./delete_priority.ts";
import { preflightFailures } from "./machine_set_preflight.ts";
import { outdatedReasons } from "./machine_template.ts";
import { selectorText } from "./selector_text.ts";

const NOW = Date.UTC(2026, 0, 31);

function machine(name: string, changes: Partial<KubeObject["metadata"]> = {}, status = {}) {
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name, creationTimestamp: "2026-01-01T00:00:00Z", ...changes },
    status: { nodeRef: { name }, ...status },
  };
}

Deno.test("machinesToDelete() picks by urgency, order and name", () => {
  const fresh = { creationTimestamp: "2026-01-30T00:00:00Z" };
  const machines = [
    machine("old"),
    machine("new", fresh),
    machine("asked", { annotations: { "cluster.x-k8s.io/delete-machine": "" } }),
    machine("ending", { deletionTimestamp: "2026-01-30T00:00:00Z" }),
    machine("sick", {}, { conditions: [{ type: "NodeHealthy", status: "False" }] }),
    machine("nodeless", {}, { nodeRef: undefined }),
  ];
  const names = (order: "Random" | "Newest" | "Oldest") =>
    machinesToDelete(machines, 9, order, NOW).map(({ metadata }) => metadata.name);
  assertEquals(names("Random"), ["ending", "asked", "nodeless", "sick", "new", "old"]);
  assertEquals(names("Oldest"), ["ending", "asked", "nodeless", "sick", "old", "new"]);
  assertEquals(names("Newest"), ["ending", "asked", "nodeless", "sick", "new", "old"]);
  assertEquals(machinesToDelete(machines, 1, "Random", NOW).length, 1);
});

function object(kind: string, spec: object, status = {}, annotations = {}): KubeObject {
  return {
    apiVersion: "x/v1",
    kind,
    metadata: { namespace: "ns", name: "a", annotations },
    spec,
    status,
  };
}

function check(
  worker: string,
  control: string,
  running: string[],
  annotations = {},
  template = "KubeadmConfigTemplate",
): string[] {
  return preflightFailures({
    set: object("MachineSet", { template: { spec: { version: worker } } }, {}, annotations),
    cluster: object("Cluster", {}),
    controlPlane: object("KubeadmControlPlane", { version: control }, {
      versions: running.map((version) => ({ version })),
    }),
    bootstrapTemplate: object(template, {}),
  }).map((text) => /"(\w+)" preflight/.exec(text)?.[1] ?? text);
}

Deno.test("preflightFailures() holds back machines that would not fit", () => {
  assertEquals(check("v1.33.0", "v1.33.0", ["v1.33.0"]), []);
  assertEquals(check("v1.33.0", "v1.33.0", []), ["ControlPlaneIsStable"]);
  assertEquals(check("v1.33.0", "v1.33.1", ["v1.33.0"]), ["ControlPlaneIsStable"]);
  assertEquals(check("v1.34.0", "v1.33.0", ["v1.33.0"]), [
    "KubernetesVersionSkew",
    "KubeadmVersionSkew",
  ]);
  assertEquals(check("v1.30.0", "v1.33.0", ["v1.33.0"], {}, "Other"), []);
  assertEquals(check("v1.29.0", "v1.33.0", ["v1.33.0"], {}, "Other"), ["KubernetesVersionSkew"]);
  const skip = (checks: string) => ({
    "machineset.cluster.x-k8s.io/skip-preflight-checks": checks,
  });
  assertEquals(check("v1.34.0", "v1.33.0", [], skip("All")), []);
  assertEquals(check("v1.33.0", "v1.33.0", [], skip("ControlPlaneIsStable")), []);
  assertThrows(() => check("one", "v1.33.0", ["v1.33.0"]), Error, "semantic version");
});

Deno.test("outdatedReasons() names what needs new machines, and nothing else", () => {
  const template = (changes: object, more: object = {}) => ({
    ...object("MachineSet", {
      template: {
        metadata: more,
        spec: {
          version: "v1.33.0",
          bootstrap: { configRef: { kind: "KubeadmConfigTemplate", name: "a" } },
          infrastructureRef: { kind: "InMemoryMachineTemplate", name: "a" },
          ...changes,
        },
      },
    }),
  });
  const reasons = (set: KubeObject, wanted: KubeObject) => outdatedReasons(set, wanted, NOW);
  assertEquals(reasons(template({}), template({ minReadySeconds: 5 }, { labels: { a: "b" } })), []);
  assertEquals(reasons(template({}), template({ version: "v1.34.0" })), [
    "Version v1.33.0, v1.34.0 required",
  ]);
  assertEquals(
    reasons(
      template({}),
      template({ infrastructureRef: { kind: "InMemoryMachineTemplate", name: "b" } }),
    ),
    ["InMemoryMachine is not up-to-date"],
  );
  assertEquals(
    reasons(
      template({}),
      template({ bootstrap: { configRef: { kind: "KubeadmConfigTemplate", name: "b" } } }),
    ),
    ["KubeadmConfig is not up-to-date"],
  );
  const after = template({});
  after.spec.rollout = { after: "2026-01-15T00:00:00Z" };
  const before = template({});
  before.metadata.creationTimestamp = "2026-01-01T00:00:00Z";
  assertEquals(reasons(before, after), ["MachineDeployment spec.rollout.after expired"]);
  before.metadata.creationTimestamp = "2026-01-16T00:00:00Z";
  assertEquals(reasons(before, after), []);
});

Deno.test("selectorText() prints selectors as the server does", () => {
  assertEquals(
    selectorText({
      matchLabels: { b: "2", a: "1" },
      matchExpressions: [
        { key: "c", operator: "In", values: ["y", "x"] },
        { key: "d", operator: "Exists" },
        { key: "e", operator: "DoesNotExist" },
      ],
    }),
    "a=1,b=2,c in (x,y),d,!e",
  );
});
