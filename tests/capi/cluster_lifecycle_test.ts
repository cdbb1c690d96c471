// A cluster's life from the example manifest to nothing left: every
// controller in one process, under a virtual clock.

import { assert, assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { Management, REF } from "./management.ts";

const example = await Deno.readTextFile(
  new URL("../../manifests/examples/cluster.yaml", import.meta.url),
);

const NAMESPACE = "default";
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };

function isUp(machine: KubeObject): boolean {
  return machine.status?.phase === "Running" &&
    conditionOf(machine, "Ready")?.status === "True" &&
    conditionOf(machine, "Available")?.status === "True";
}

async function machinesUp(world: Management, count: number): Promise<boolean> {
  const machines = await world.list("Machine");
  return machines.length === count && machines.every(isUp);
}

async function change(world: Management, kind: string, name: string, patch: JsonObject) {
  const ref = REF[kind] as ResourceRef;
  await world.client.patch(ref, { namespace: NAMESPACE, name }, "merge", patch);
}

async function inWorld(seed: number, story: (world: Management) => Promise<void>) {
  const world = new Management(seed);
  try {
    await world.start();
    await story(world);
  } finally {
    await world.stop();
  }
}

/** The example with the kinds of the other generation. */
const devExample = example
  .replaceAll("infrastructure.cluster.x-k8s.io/v1alpha1", "infrastructure.cluster.x-k8s.io/v1beta2")
  .replaceAll(/InMemory(Cluster|Machine)/g, "Dev$1")
  .replace(/kind: DevCluster\n.*\n.*\n.*\n/, "$&spec: {backend: {inMemory: {}}}\n")
  .replaceAll("spec: {}", "spec: {backend: {inMemory: {}}}");

Deno.test("The example cluster comes up, scales, and goes without a trace", async () => {
  for (const manifest of [example, devExample]) await wholeLife(manifest);
});

async function wholeLife(manifest: string): Promise<void> {
  await inWorld(1, async (world) => {
    await world.apply(manifest);
    const took_ms = await world.until("4 machines up", () => machinesUp(world, 4));
    assert(took_ms < 1000, `nothing takes time here, but it took ${took_ms} ms`);
    const [cluster] = await world.list("Cluster");
    assertEquals(cluster?.status.phase, "Provisioned");
    await world.until("cluster available", async () => {
      const [one] = await world.list("Cluster");
      return conditionOf(one as KubeObject, "Available")?.status === "True" &&
        one?.status.workers.availableReplicas === 3 &&
        one?.status.controlPlane.availableReplicas === 1;
    });
    for (const replicas of [5, 3]) {
      await change(world, "MachineDeployment", "demo-md-0", { spec: { replicas } });
      await world.until(`${replicas} workers`, () => machinesUp(world, replicas + 1));
      const nodes = await world.host.client("default/demo")?.list(NODES);
      assertEquals(nodes?.items.length, replicas + 1);
    }
    await world.client.delete(REF["Cluster"] as ResourceRef, {
      namespace: NAMESPACE,
      name: "demo",
    });
    await world.until("nothing left", async () => {
      for (const kind of Object.keys(REF)) if ((await world.list(kind)).length > 0) return false;
      return (await world.client.list(SECRETS, { namespace: NAMESPACE })).items.length === 0;
    });
    assertEquals(world.host.clusters.size, 0);
    assertEquals(world.log, []);
  });
}

Deno.test("Both versions of the Dev kinds are served, and say the same", async () => {
  await inWorld(7, async (world) => {
    const old = "infrastructure.cluster.x-k8s.io/v1beta1";
    const template = { apiVersion: old, resource: "devmachinetemplates" };
    await world.apply(devExample);
    await world.until("4 machines up", () => machinesUp(world, 4));
    const { items: [machine] } = await world.client.list({ ...template, resource: "devmachines" });
    assertEquals([machine?.apiVersion, machine?.status.ready], [old, true]);
    assertEquals(machine?.spec.providerID, `in-memory://${machine?.metadata.name}`);
    const { items: [cluster] } = await world.client.list({ ...template, resource: "devclusters" });
    assertEquals(cluster?.status.ready, true);
    assert(cluster?.status.conditions.some((one: JsonObject) => one.type === "Ready"));
    await world.client.create(template, {
      apiVersion: old,
      kind: "DevMachineTemplate",
      metadata: { name: "older", namespace: NAMESPACE },
      spec: { template: { spec: { backend: { inMemory: {} } } } },
    });
    const made = (await world.list("DevMachineTemplate")).find(({ metadata }) =>
      metadata.name === "older"
    );
    assertEquals(made?.apiVersion, "infrastructure.cluster.x-k8s.io/v1beta2");
  });
});

Deno.test("A cluster at rest writes nothing", async () => {
  await inWorld(2, async (world) => {
    await world.apply(example);
    await world.until("4 machines up", () => machinesUp(world, 4));
    await world.pass(60_000);
    const { revision } = world.server.store;
    await world.pass(3_600_000);
    assertEquals(world.server.store.revision, revision);
  });
});

Deno.test("Startup durations are kept to the millisecond, one after the other", async () => {
  await inWorld(3, async (world) => {
    const behaviour = "{behaviour: {vm: {provisioning: {startupDuration: 7s}}, " +
      "node: {provisioning: {startupDuration: 5s}}, " +
      "apiServer: {provisioning: {startupDuration: 3s}}}}";
    await world.apply(example.replaceAll("spec: {}", `spec: ${behaviour}`));
    const took_ms = await world.until("4 machines up", () => machinesUp(world, 4));
    // The control plane: 7 + 5 + 3. Then the workers: 7 + 5.
    assert(took_ms >= 27_000 && took_ms < 28_000, `took ${took_ms} ms`);
  });
});

Deno.test("A new version rolls through control plane and workers without falling below the count", async () => {
  await inWorld(4, async (world) => {
    await world.apply(example);
    await world.until("4 machines up", () => machinesUp(world, 4));
    await change(world, "KubeadmControlPlane", "demo-control-plane", {
      spec: { version: "v1.37.0" },
    });
    await world.until("control plane at v1.37.0", async () => {
      const [kcp] = await world.list("KubeadmControlPlane");
      return kcp?.status.upToDateReplicas === 1 && kcp.status.replicas === 1 &&
        kcp.status.versions?.[0]?.version === "v1.37.0";
    });
    await change(world, "MachineDeployment", "demo-md-0", {
      spec: { template: { spec: { version: "v1.37.0" } } },
    });
    let least = Infinity;
    let most = 0;
    await world.until("workers at v1.37.0", async () => {
      const machines = (await world.list("Machine")).filter(({ metadata }) =>
        metadata.labels?.["cluster.x-k8s.io/deployment-name"] !== undefined
      );
      least = Math.min(least, machines.filter(isUp).length);
      most = Math.max(most, machines.length);
      const sets = await world.list("MachineSet");
      return machines.length === 3 && sets.length === 1 &&
        machines.every((machine) => isUp(machine) && machine.spec.version === "v1.37.0");
    });
    assert(least >= 3 && most <= 4, `between ${least} and ${most} workers`);
    const nodes = await world.host.client("default/demo")?.list(NODES);
    assertEquals(nodes?.items.length, 4);
    for (const node of nodes?.items ?? []) {
      assertEquals(node.status.nodeInfo.kubeletVersion, "v1.37.0");
    }
    const [deployment] = await world.list("MachineDeployment");
    assertEquals(
      deployment?.metadata.annotations?.["machinedeployment.clusters.x-k8s.io/revision"],
      "2",
    );
  });
});

Deno.test("Three control plane machines share one etcd, and shrink to one", async () => {
  await inWorld(5, async (world) => {
    await world.apply(example.replace("replicas: 1", "replicas: 3"));
    await world.until("6 machines up", () => machinesUp(world, 6));
    const workload = world.host.client("default/demo");
    const members = async () =>
      (await workload?.list(PODS, { namespace: "kube-system", labels: "component=etcd" }))?.items ??
        [];
    const id = "etcd.inmemory.infrastructure.cluster.x-k8s.io/cluster-id";
    const pods = await members();
    assertEquals(pods.length, 3);
    assertEquals(new Set(pods.map(({ metadata }) => metadata.annotations?.[id])).size, 1);
    await change(world, "KubeadmControlPlane", "demo-control-plane", { spec: { replicas: 1 } });
    await world.until("4 machines up", () => machinesUp(world, 4));
    assertEquals((await members()).length, 1);
  });
});

Deno.test("A machine that is deleted by hand is replaced, drained and forgotten", async () => {
  await inWorld(6, async (world) => {
    await world.apply(example);
    await world.until("4 machines up", () => machinesUp(world, 4));
    const machines = await world.list("Machine");
    const worker = machines.find(({ metadata }) => metadata.name?.startsWith("demo-md-0"));
    const name = worker?.metadata.name ?? "";
    const workload = world.host.client("default/demo");
    await workload?.create({ apiVersion: "v1", resource: "serviceaccounts" }, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { namespace: NAMESPACE, name: "default" },
    });
    await workload?.create(PODS, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: NAMESPACE, name: "guest" },
      spec: {
        nodeName: name,
        containers: [{ name: "c", image: "i" }],
        // There is no kubelet that would end it later.
        terminationGracePeriodSeconds: 0,
      },
    });
    await world.client.delete(REF["Machine"] as ResourceRef, { namespace: NAMESPACE, name });
    await world.until("replaced", async () =>
      await machinesUp(world, 4) &&
      !(await world.list("Machine")).some(({ metadata }) => metadata.name === name));
    const nodes = await workload?.list(NODES);
    assert(!nodes?.items.some(({ metadata }) => metadata.name === name));
    const pods = await workload?.list(PODS, { namespace: NAMESPACE });
    assertEquals(pods?.items.length, 0);
  });
});
