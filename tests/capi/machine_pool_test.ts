// Machine pools of the provider under the MachinePool contract. What Cluster
// API's own controller does (a Machine for each infrastructure machine) the
// story does itself.

import { assert, assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { ownerOfKind } from "../../runtime/owner.ts";
import { FAMILIES, type Family, inWorld, ownerReference, World } from "./provider_world.ts";

const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const CLUSTER_LABEL = "cluster.x-k8s.io/cluster-name";
const POOL_LABEL = "cluster.x-k8s.io/pool-name";

class PoolWorld extends World {
  async pool(replicas: number, spec: JsonObject = {}): Promise<void> {
    const owner = await this.create("MachinePool", "workers", {
      spec: {
        clusterName: "demo",
        replicas,
        template: {
          spec: {
            clusterName: "demo",
            version: "v1.36.0",
            bootstrap: { dataSecretName: "data" },
            infrastructureRef: {
              apiGroup: "infrastructure.cluster.x-k8s.io",
              kind: "DevMachinePool",
              name: "workers",
            },
          },
        },
      },
    });
    await this.create(
      "DevMachinePool",
      "workers",
      { spec: { backend: { inMemory: {} }, ...spec } },
      {
        labels: { [CLUSTER_LABEL]: "demo" },
        ownerReferences: [ownerReference(owner)],
      },
    );
    await this.settle();
  }

  machines(): Promise<readonly KubeObject[]> {
    return this.management.list("DevMachine");
  }

  /** What Cluster API does until nothing changes. */
  async act(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      let changed = false;
      const alive = new Set(
        (await this.management.list("Machine")).map(({ metadata }) => metadata.name),
      );
      for (const object of await this.machines()) {
        const { name = "", labels = {} } = object.metadata;
        const owner = ownerOfKind(object, "cluster.x-k8s.io", "Machine");
        if (owner === undefined) {
          changed = true;
          const machine = await this.create("Machine", name, {
            spec: {
              clusterName: "demo",
              bootstrap: { dataSecretName: "" },
              infrastructureRef: {
                apiGroup: "infrastructure.cluster.x-k8s.io",
                kind: "DevMachine",
                name,
              },
            },
          }, { labels });
          await this.patch("DevMachine", name, {
            metadata: {
              ownerReferences: [
                ...(object.metadata.ownerReferences ?? []).map((reference) => ({ ...reference })),
                { ...ownerReference(machine), controller: true },
              ],
            },
          });
        } else if (!alive.has(owner.name)) {
          changed = true;
          await this.delete("DevMachine", name);
        }
      }
      await this.settle();
      if (!changed) return;
    }
    throw new Error("The pool does not settle");
  }

  async nodes(): Promise<string[]> {
    const client = this.management.host.client("default/demo");
    const { items } = await client?.list(NODES) ?? { items: [] };
    return items.map(({ metadata, status }) =>
      `${metadata.name} ${status?.nodeInfo?.kubeletVersion}`
    ).sort();
  }
}

async function inPoolWorld(story: (world: PoolWorld) => Promise<void>): Promise<void> {
  const world = new PoolWorld(FAMILIES[1] as Family);
  try {
    await world.management.start();
    await world.cluster();
    await story(world);
  } finally {
    await world.management.stop();
  }
}

Deno.test("A machine pool has as many machines as its MachinePool wants, and tells the contract's facts", async () => {
  await inPoolWorld(async (world) => {
    await world.pool(3);
    const ready = async () => conditionOf(await world.get("DevMachinePool", "workers"), "Ready");
    assertEquals((await ready())?.reason, "WaitingForClusterInfrastructureReady");
    assertEquals(await world.machines(), []);
    await world.provisioned();
    await world.settle();
    const made = await world.machines();
    assertEquals(made.length, 3);
    for (const { metadata } of made) {
      assertEquals([metadata.labels?.[POOL_LABEL], metadata.labels?.[CLUSTER_LABEL]], [
        "workers",
        "demo",
      ]);
    }
    const before = await world.get("DevMachinePool", "workers");
    assertEquals(before.status.infrastructureMachineKind, "DevMachine");
    assertEquals(before.status.initialization, undefined);
    await world.act();
    const names = (await world.machines()).map(({ metadata }) => metadata.name).sort();
    assertEquals(await world.nodes(), names.map((name) => `${name} v1.36.0`));
    const pool = await world.get("DevMachinePool", "workers");
    assertEquals(pool.spec.providerIDList, names.map((name) => `in-memory://${name}`));
    assertEquals(
      [pool.status.replicas, pool.status.ready, pool.status.initialization.provisioned],
      [
        3,
        true,
        true,
      ],
    );
    assertEquals((await ready())?.status, "True");
    const [first] = pool.status.instances;
    assertEquals([first.instanceName, first.version, first.ready], [names[0], "v1.36.0", true]);
  });
});

Deno.test("A machine pool grows, shrinks, replaces its machines one by one, and goes", async () => {
  await inPoolWorld(async (world) => {
    await world.provisioned();
    await world.pool(1);
    await world.act();
    await world.patch("MachinePool", "workers", { spec: { replicas: 4 } });
    await world.settle();
    await world.act();
    assertEquals((await world.nodes()).length, 4);
    const [sacrifice] = await world.management.list("Machine");
    const annotations = { "cluster.x-k8s.io/delete-machine": "" };
    await world.patch("Machine", sacrifice?.metadata.name ?? "", { metadata: { annotations } });
    await world.patch("MachinePool", "workers", { spec: { replicas: 3 } });
    await world.settle();
    await world.act();
    const left = await world.nodes();
    assertEquals([left.length, left.includes(`${sacrifice?.metadata.name} v1.36.0`)], [3, false]);
    let fewest = 3;
    await world.patch("MachinePool", "workers", {
      spec: { template: { spec: { version: "v1.37.0" } } },
    });
    for (let i = 0; i < 20; i++) {
      await world.settle();
      fewest = Math.min(fewest, (await world.nodes()).length);
      await world.act();
    }
    const renewed = await world.nodes();
    assertEquals([renewed.length, renewed.every((node) => node.endsWith(" v1.37.0"))], [3, true]);
    assertEquals([fewest, renewed.some((node) => left.includes(node))], [3, false]);
    await world.delete("DevMachinePool", "workers");
    await world.settle();
    await world.act();
    assertEquals([await world.nodes(), await world.exists("DevMachinePool", "workers")], [
      [],
      false,
    ]);
  });
});

Deno.test("A machine that is being drained is listed until it is gone", async () => {
  await inPoolWorld(async (world) => {
    await world.provisioned();
    await world.pool(2);
    await world.act();
    const machines = await world.management.list("Machine");
    for (const { metadata: { name = "" } } of machines) {
      await world.patch("Machine", name, { metadata: { finalizers: ["example.com/drain"] } });
    }
    await world.patch("MachinePool", "workers", { spec: { replicas: 1 } });
    await world.settle();
    const told = async () => {
      const pool = await world.get("DevMachinePool", "workers");
      const ready = conditionOf(pool, "Ready")?.status;
      return [pool.spec.providerIDList.length, pool.status.replicas, ready];
    };
    assertEquals(await told(), [2, 2, "True"]);
    const [going] = (await world.management.list("Machine"))
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    const name = going?.metadata.name ?? "";
    // As Cluster API goes on once the Node is drained.
    await world.delete("DevMachine", name);
    await world.patch("Machine", name, { metadata: { finalizers: null } });
    await world.settle();
    assertEquals(await told(), [1, 1, "True"]);
    assertEquals((await world.nodes()).length, 1);
  });
});

Deno.test("A machine pool makes a machine anew that went, and refuses containers", async () => {
  await inPoolWorld(async (world) => {
    await world.provisioned();
    await world.pool(2);
    await world.act();
    const [lost] = await world.management.list("Machine");
    // As Cluster API does it: the infrastructure first, then the Machine.
    for (const kind of ["DevMachine", "Machine"]) {
      await world.delete(kind, lost?.metadata.name ?? "");
    }
    await world.act();
    const names = (await world.machines()).map(({ metadata }) => metadata.name);
    assertEquals([names.length, names.includes(lost?.metadata.name)], [2, false]);
    await world.patch("DevMachinePool", "workers", {
      spec: { backend: { inMemory: null, docker: {} } },
    });
    await world.settle();
    const refused = conditionOf(await world.get("DevMachinePool", "workers"), "Ready");
    assertEquals([refused?.reason, refused?.message], [
      "BackendNotSupported",
      'backend of this DevMachinePool is "docker"; this provider serves inMemory only',
    ]);
  });
});

Deno.test("Templates of machines say what a Node offers, before there is any", async () => {
  await inWorld(async (world) => {
    await world.cluster();
    const kind = `${world.family.machine}Template`;
    await world.create(kind, "worker", {
      spec: { template: { spec: world.family.machineSpec() } },
    });
    await world.settle();
    const { status } = await world.get(kind, "worker");
    await world.provisioned();
    await world.machine("a", {}, { worker: true });
    const node = await world.management.host.client("default/demo")?.get(NODES, { name: "a" });
    assert(node !== undefined);
    assertEquals(status.capacity, node.status.capacity);
    const { architecture, operatingSystem } = node.status.nodeInfo;
    assertEquals(status.nodeInfo, { architecture, operatingSystem });
  });
});
