import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../../../../runtime/clock.ts";
import { clone, type KubeObject } from "../../../../runtime/object.ts";
import type {
  ClassJsonPatch,
  ClassPatch,
  PatchSelector,
} from "../../../../webhooks/class_types.ts";
import type { Blueprint, DesiredState, MachineDeploymentState } from "../states.ts";
import { applyClassPatches } from "./apply_class_patches.ts";

const object = (
  kind: string,
  name: string,
  spec: KubeObject["spec"],
  labels: Record<string, string> = {},
): KubeObject => ({
  apiVersion: "g/v1",
  kind,
  metadata: {
    namespace: "n",
    name,
    labels,
    annotations: { "cluster.x-k8s.io/cloned-from-name": "t" },
  },
  spec,
});
const template = (kind: string, spec: KubeObject["spec"]): KubeObject => ({
  apiVersion: "g/v1",
  kind,
  metadata: {
    namespace: "n",
    name: "t",
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
  },
  spec: { template: { spec } },
});
const OWNED = { "cluster.x-k8s.io/cluster-name": "c", "topology.cluster.x-k8s.io/owned": "" };

function world(patches: readonly ClassPatch[]): [Blueprint, DesiredState] {
  const templateRef = (kind: string) => ({ templateRef: { apiVersion: "g/v1", kind, name: "t" } });
  const workers = {
    class: "worker",
    bootstrap: templateRef("ConfigTemplate"),
    infrastructure: templateRef("MachineTemplate"),
  };
  const machines = template("MachineTemplate", { size: "small" });
  const config = template("ConfigTemplate", { files: [] });
  const topology = {
    classRef: { name: "class" },
    version: "v1.36.0",
    controlPlane: { replicas: 3, variables: { overrides: [{ name: "size", value: "large" }] } },
    workers: {
      machineDeployments: [
        { class: "worker", name: "a" },
        { class: "worker", name: "b", variables: { overrides: [{ name: "size", value: "huge" }] } },
      ],
    },
    variables: [{ name: "size", value: "medium" }, { name: "foreign", value: 1 }],
  };
  const spec = {
    infrastructure: templateRef("InfraTemplate"),
    controlPlane: {
      ...templateRef("ControlTemplate"),
      machineInfrastructure: templateRef("MachineTemplate"),
    },
    workers: { machineDeployments: [workers] },
    patches,
  };
  const clusterClass = object("ClusterClass", "class", spec);
  clusterClass.status = {
    variables: [
      { name: "size", definitions: [{ from: "inline" }] },
      { name: "foreign", definitions: [{ from: "an-extension" }] },
    ],
  };
  const deployment = (name: string): [string, MachineDeploymentState] => [name, {
    object: object("MachineDeployment", `c-${name}-x`, {
      template: { spec: { version: "v1.36.0" } },
    }),
    bootstrapTemplate: object("ConfigTemplate", `c-${name}-b`, clone(config.spec), OWNED),
    infrastructureTemplate: object("MachineTemplate", `c-${name}-i`, clone(machines.spec), OWNED),
  }];
  const control = {
    replicas: 3,
    version: "v1.36.0",
    machineTemplate: { metadata: { labels: OWNED } },
  };
  return [{
    topology,
    clusterClass,
    spec,
    infrastructureCluster: template("InfraTemplate", { region: "x" }),
    controlPlane: template("ControlTemplate", { config: {} }),
    controlPlaneMachines: machines,
    machineDeployments: new Map([["worker", {
      class: workers,
      bootstrap: config,
      infrastructure: machines,
    }]]),
  }, {
    cluster: object("Cluster", "c", { topology }),
    infrastructureCluster: object("Infra", "c-i", { region: "x" }, OWNED),
    controlPlane: {
      object: object("Control", "c-k", { config: {}, ...control }, OWNED),
      machineTemplate: object("MachineTemplate", "c-m", clone(machines.spec), OWNED),
    },
    machineDeployments: new Map([deployment("a"), deployment("b")]),
  }];
}

const patch = (
  kind: string,
  matchResources: PatchSelector["matchResources"],
  jsonPatches: readonly ClassJsonPatch[],
  name = "p",
): ClassPatch => ({
  name,
  definitions: [{ selector: { apiVersion: "g/v1", kind, matchResources }, jsonPatches }],
});
const WORKERS = { machineDeploymentClass: { names: ["*"] } };

async function patched(patches: readonly ClassPatch[]): Promise<DesiredState> {
  const [blueprint, desired] = world(patches);
  const before = clone(blueprint.controlPlaneMachines);
  await applyClassPatches(blueprint, desired, new VirtualClock());
  assertEquals(blueprint.controlPlaneMachines, before, "templates of the class are not changed");
  return desired;
}

Deno.test("applyClassPatches() gives each template the values that hold for it", async () => {
  const size: ClassJsonPatch = {
    op: "replace",
    path: "/spec/template/spec/size",
    valueFrom: { variable: "size" },
  };
  const { controlPlane, machineDeployments } = await patched([
    patch("MachineTemplate", { controlPlane: true, ...WORKERS }, [size]),
  ]);
  assertEquals(controlPlane.machineTemplate?.spec, { template: { spec: { size: "large" } } });
  const sizes = [...machineDeployments].map(([name, { infrastructureTemplate }]) => [
    name,
    infrastructureTemplate.spec.template.spec.size,
    infrastructureTemplate.metadata.name,
  ]);
  assertEquals(sizes, [["a", "medium", "c-a-i"], ["b", "huge", "c-b-i"]]);
});

Deno.test("applyClassPatches() goes by the order of patches and definitions", async () => {
  const add = (value: string): ClassJsonPatch => ({
    op: "add",
    path: "/spec/template/spec/files/-",
    value,
  });
  const { machineDeployments } = await patched([
    patch("ConfigTemplate", WORKERS, [add("1"), add("2")], "first"),
    patch("ConfigTemplate", WORKERS, [add("3"), {
      op: "add",
      path: "/spec/template/spec/files/0",
      value: "0",
    }], "second"),
  ]);
  for (const { bootstrapTemplate } of machineDeployments.values()) {
    assertEquals(bootstrapTemplate.spec.template.spec.files, ["0", "1", "2", "3"]);
  }
});

Deno.test("applyClassPatches() leaves to the topology what is the topology's", async () => {
  const { controlPlane: { object } } = await patched([
    patch("ControlTemplate", { controlPlane: true }, [
      { op: "add", path: "/spec/template/spec/version", value: "v1.0.0" },
      { op: "add", path: "/spec/template/spec/replicas", value: 9 },
      {
        op: "add",
        path: "/spec/template/spec/machineTemplate",
        value: { metadata: { labels: {} }, more: 1 },
      },
      {
        op: "add",
        path: "/spec/template/metadata/labels/topology.cluster.x-k8s.io~1owned",
        value: "x",
      },
      { op: "add", path: "/spec/template/metadata/labels/mine", value: "x" },
      {
        op: "remove",
        path: "/spec/template/metadata/annotations/cluster.x-k8s.io~1cloned-from-name",
      },
      { op: "add", path: "/metadata/name", value: "another" },
      { op: "add", path: "/kind", value: "Another" },
    ]),
  ]);
  assertEquals(object, {
    apiVersion: "g/v1",
    kind: "Control",
    metadata: {
      namespace: "n",
      name: "c-k",
      labels: { ...OWNED, mine: "x" },
      annotations: { "cluster.x-k8s.io/cloned-from-name": "t" },
    },
    spec: {
      config: {},
      version: "v1.36.0",
      replicas: 3,
      machineTemplate: { metadata: { labels: OWNED }, more: 1 },
    },
  });
});

Deno.test("applyClassPatches() sees the variables that the class itself defines, and no others", async () => {
  const { infrastructureCluster } = await patched([
    patch("InfraTemplate", { infrastructureCluster: true }, [{
      op: "replace",
      path: "/spec/template/spec/region",
      valueFrom: { template: '{{ keys . | sortAlpha | join "," }} {{ .builtin.cluster.name }}' },
    }]),
  ]);
  assertEquals(infrastructureCluster.spec, { region: "builtin,size c" });
});

Deno.test("applyClassPatches() names the patch that cannot be carried out", async () => {
  const infra = { infrastructureCluster: true };
  const add = (path: string): ClassJsonPatch => ({ op: "replace", path, value: 1 });
  const cases: [ClassPatch, string][] = [
    [
      patch("InfraTemplate", infra, [add("/spec/template/spec/zone")]),
      'failed to apply patches for patch "p": failed to apply patch: error applying json patch (RFC6902): replace operation does not apply: doc is missing key: /spec/template/spec/zone: missing value',
    ],
    [
      patch("InfraTemplate", infra, [{ ...add("/spec/a"), valueFrom: { variable: "size" } }]),
      'failed to generate patches for patch "p": failed to generate JSON patches for "InfraTemplate": failed to calculate value: both .value and .valueFrom are set',
    ],
    [
      { name: "p", external: {} },
      'can not use external patch "p": runtime extensions are not supported',
    ],
    [{ name: "p" }, 'failed to create patch generator for patch "p"'],
  ];
  for (const [one, message] of cases) {
    const error = await assertRejects(() => patched([one]), Error);
    assertEquals((error as Error).message, message);
  }
});
