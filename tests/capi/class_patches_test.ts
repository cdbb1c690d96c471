// A ClusterClass that uses whatever inline patches offer, in a whole
// management cluster under a virtual clock. What the real topology controller
// makes of it is compared by tests/e2e/suites/classes.sh.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import { StatusError } from "../../runtime/status.ts";
import { Management, REF } from "./management.ts";

const read = (name: string) => Deno.readTextFile(new URL(`${name}.yaml`, import.meta.url));
const CLASS = await read("patched_class");
const CLUSTER = await read("patched_cluster");
const key = { namespace: "default", name: "patched" };

async function inWorld(seed: number, story: (world: Management) => Promise<void>) {
  const world = new Management(seed);
  try {
    await world.start();
    await world.apply(CLASS);
    await world.until("the class is read", async () => {
      const { status } = await world.client.get(REF["ClusterClass"] as ResourceRef, key);
      return status?.observedGeneration !== undefined;
    });
    await story(world);
  } finally {
    await world.stop();
  }
}

const topologyCondition = async (world: Management) =>
  conditionOf(
    await world.client.get(REF["Cluster"] as ResourceRef, key),
    "TopologyReconciled",
  );

async function allUp(world: Management): Promise<boolean> {
  const machines = await world.list("Machine");
  return machines.length === 4 &&
    machines.every((machine) => conditionOf(machine, "Available")?.status === "True") &&
    (await topologyCondition(world))?.status === "True";
}

/** Of the templates and objects that are the Cluster's own, the one that was made for a part of it. */
async function ownOf(world: Management, kind: string, part = ""): Promise<KubeObject> {
  const found = (await world.list(kind)).filter(({ metadata: { labels } }) =>
    labels?.["topology.cluster.x-k8s.io/owned"] !== undefined &&
    (labels["topology.cluster.x-k8s.io/deployment-name"] ?? "") === part
  );
  assertEquals(found.length, 1, `${kind} ${part}`);
  return found[0] as KubeObject;
}

function contentOf(files: readonly { path: string; content: string }[], path: string): JsonValue {
  return JSON.parse(files.find((file) => file.path === path)?.content ?? "null");
}

async function change(world: Management, operations: JsonValue, kind = "Cluster") {
  await world.client.patch(REF[kind] as ResourceRef, key, "json", operations);
}

Deno.test("Patches of a ClusterClass reach every object of a Cluster", async () => {
  await inWorld(51, async (world) => {
    await world.apply(CLUSTER);
    await world.until("4 machines up", () => allUp(world));
    const infrastructure = await ownOf(world, "InMemoryCluster");
    assertEquals(infrastructure.metadata.labels?.zone, "north");
    assertEquals(
      infrastructure.metadata.annotations?.["example.com/network"],
      "cluster.local [192.168.0.0/16 fd00::/108]",
    );
    await checkControlPlane(await ownOf(world, "KubeadmControlPlane"));
    await checkWorkers(world);
    const { revision } = world.server.store;
    await world.pass(600_000);
    assertEquals(world.server.store.revision, revision, "at rest nothing is written");
    assertEquals(world.log, []);
  });
});

function checkControlPlane({ metadata, spec }: KubeObject): void {
  assertEquals(metadata.labels, {
    "cluster.x-k8s.io/cluster-name": "patched",
    "topology.cluster.x-k8s.io/owned": "",
    "of-template": "yes",
    patched: "patched",
  });
  assertEquals(spec.version, "v1.36.0");
  assertEquals(spec.replicas, 1);
  assertEquals(spec.machineTemplate.spec.deletion, {
    nodeDrainTimeoutSeconds: 10,
    nodeDeletionTimeoutSeconds: 98,
  });
  const { clusterConfiguration, files } = spec.kubeadmConfigSpec;
  assertEquals(clusterConfiguration, {
    imageRepository: "registry.example.com/mirror",
    apiServer: { certSANs: ["localhost"] },
  });
  assertEquals(files.map(({ path }: { path: string }) => path), [
    "/etc/first",
    "/etc/builtin.json",
    "/etc/variables.json",
    "/etc/last",
  ]);
  const builtin = contentOf(files, "/etc/builtin.json") as JsonObject;
  assertEquals(Object.keys(builtin), ["cluster", "controlPlane"]);
  assertEquals((builtin.controlPlane as JsonObject).name, metadata.name);
  assertEquals(contentOf(files, "/etc/variables.json"), {
    certSANs: ["localhost"],
    imageRepository: "registry.example.com/mirror",
    startup: { vm: "5ms", steps: [{ jitter: "0.1" }, { after: "3ms", jitter: "0.3" }] },
    verbosity: 2,
    zone: "north",
  });
}

async function checkWorkers(world: Management): Promise<void> {
  const args: Record<string, JsonValue | undefined> = {
    plain: [{ name: "v", value: "2" }],
    special: [{ name: "v", value: "5" }, { name: "node-labels", value: "gpu=yes,size=none," }],
    // The patch of files is not enabled there: the words of the class stay but for what is removed.
    edge: undefined,
  };
  for (const [part, expected] of Object.entries(args)) {
    const { spec } = await ownOf(world, "KubeadmConfigTemplate", part);
    const { joinConfiguration, files } = spec.template.spec;
    assertEquals(joinConfiguration?.nodeRegistration?.kubeletExtraArgs, expected, part);
    assertEquals(files === undefined, part === "edge");
    const machines = await ownOf(world, "InMemoryMachineTemplate", part);
    assertEquals(machines.spec.template.metadata.annotations, { "example.com/of": part });
    const { vm, node } = machines.spec.template.spec.behaviour;
    assertEquals(vm.provisioning.startupDuration, "5ms");
    assertEquals(node.provisioning, { startupDuration: "2ms", startupJitter: "0.1" });
  }
}

Deno.test("A variable that changes rolls out what it is for, and nothing else", async () => {
  await inWorld(52, async (world) => {
    await world.apply(CLUSTER);
    await world.until("4 machines up", () => allUp(world));
    const before = (await world.list("Machine")).map(({ metadata }) => metadata.name ?? "");
    const path = "/spec/topology/workers/machineDeployments/1/variables/overrides/0/value/gpu";
    await change(world, [{ op: "replace", path, value: "no" }]);
    await world.until("a new template", async () => {
      const { spec } = await ownOf(world, "KubeadmConfigTemplate", "special").catch(() => ({
        spec: undefined,
      }));
      const [, labels] = spec?.template.spec.joinConfiguration.nodeRegistration
        .kubeletExtraArgs ?? [];
      return labels?.value === "gpu=no,size=none," && await allUp(world);
    });
    const after = (await world.list("Machine")).map(({ metadata }) => metadata.name ?? "");
    const gone = before.filter((name) => !after.includes(name));
    assertEquals(gone.map((name) => name.split("-").slice(0, 2).join("-")), ["patched-special"]);
    assertEquals(world.log, []);
  });
});

Deno.test("A patch that cannot be carried out is told in the condition, and goes on when it is mended", async () => {
  await inWorld(53, async (world) => {
    await world.apply(CLUSTER);
    await world.until("4 machines up", () => allUp(world));
    const path = "/spec/patches/0/definitions/0/jsonPatches/1/path";
    const [template, wrong] = ["/spec/template/spec/kubeadmConfigSpec", "clusterConfig"];
    await change(
      world,
      [{ op: "replace", path, value: `${template}/${wrong}` }],
      "ClusterClass",
    );
    await world.until(
      "it is told",
      async () => (await topologyCondition(world))?.reason === "ReconcileFailed",
    );
    assertEquals(
      (await topologyCondition(world))?.message,
      "error computing the desired state of the Cluster topology: failed to apply patches: " +
        'failed to apply patches for patch "image-repository": failed to apply patch: error applying json patch (RFC6902): ' +
        `replace operation does not apply: doc is missing key: ${template}/${wrong}: missing value`,
    );
    const value = `${template}/clusterConfiguration/apiServer/certSANs`;
    await change(world, [{ op: "replace", path, value }], "ClusterClass");
    await world.until(
      "it goes on",
      async () => (await topologyCondition(world))?.status === "True",
    );
  });
});

Deno.test("Values that a class does not allow are refused with the Cluster", async () => {
  await inWorld(54, async (world) => {
    const refusals: [string, string, string][] = [
      [
        "value: north",
        "value: east",
        'spec.topology.variables[zone].value: Unsupported value: "\\"east\\"": supported values: "", "north", "south"',
      ],
      [
        "{ name: imageRepository, value: registry.example.com/mirror }",
        "{ name: nobody, value: 1 }",
        'spec.topology.variables[nobody]: Invalid value: "1": variable is not defined',
      ],
      [
        "{ name: verbosity, value: 5 }",
        "{ name: startup, value: { steps: [] } }",
        'spec.topology.workers.machineDeployments[special].variables.overrides[startup].value: Invalid value: "{\\"steps\\":[],\\"vm\\":\\"5ms\\"}": there must be a step',
      ],
    ];
    for (const [from, to, message] of refusals) {
      const error = await assertRejects(() => world.apply(CLUSTER.replace(from, to)), StatusError);
      assertEquals(
        (error as StatusError).message,
        `Cluster.cluster.x-k8s.io "patched" is invalid: ${message}`,
      );
    }
  });
});

Deno.test("A patch that puts a template's own name into it is held up, and told", async () => {
  await inWorld(55, async (world) => {
    const template =
      "- {path: /etc/own, content: '{{ .builtin.machineDeployment.bootstrap.configRef.name }} {{ .verbosity }}'}";
    const definitions = [{
      selector: {
        apiVersion: "bootstrap.cluster.x-k8s.io/v1beta2",
        kind: "KubeadmConfigTemplate",
        matchResources: { machineDeploymentClass: { names: ["edge"] } },
      },
      jsonPatches: [{ op: "add", path: "/spec/template/spec/files", valueFrom: { template } }],
    }];
    await change(
      world,
      [{ op: "add", path: "/spec/patches/-", value: { name: "own", definitions } }],
      "ClusterClass",
    );
    await world.apply(CLUSTER);
    await world.until("4 machines up", () => allUp(world));
    const path = "/spec/topology/workers/machineDeployments/2/variables/overrides/0/value";
    await change(world, [{ op: "replace", path, value: 3 }]);
    await world.until(
      "it is told",
      async () => (await topologyCondition(world))?.message?.includes("replaced") ?? false,
    );
    assertMatch(
      (await topologyCondition(world))?.message ?? "",
      /^error reconciling the Cluster topology: KubeadmConfigTemplate default\/patched-edge-\w+ has been replaced 30 times within 60 s: /,
    );
  });
});
