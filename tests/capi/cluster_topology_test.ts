// Clusters whose objects come from a ClusterClass, from the manifests of the
// release, in a whole management cluster under a virtual clock.

import { assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { Management, REF } from "./management.ts";

const namespace = "default";
const read = async (name: string) =>
  (await Deno.readTextFile(
    new URL(`../../manifests/infrastructure-in-memory/v0.1.0/${name}.yaml`, import.meta.url),
  )).replaceAll(/(^metadata:\n)/gm, "$1  namespace: default\n")
    .replaceAll(/startupDuration: \d+s/g, "startupDuration: 10ms");
const inMemoryClass = await read("clusterclass-in-memory-quick-start");
const devClass = await read("clusterclass-in-memory");

function cluster(more = "", version = "v1.35.0"): string {
  return `
apiVersion: cluster.x-k8s.io/v1beta2
kind: Cluster
metadata: {name: demo, namespace: default}
spec:
  clusterNetwork: {services: {cidrBlocks: [10.128.0.0/12]}, pods: {cidrBlocks: [192.168.0.0/16]}}
  topology:
    classRef: {name: in-memory-quick-start}
    version: ${version}
    controlPlane: {replicas: 1}
    workers:
      machineDeployments:
      - {class: default-worker, name: md-0, replicas: 2}
${more}
`;
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

async function allUp(world: Management, count: number): Promise<boolean> {
  const machines = await world.list("Machine");
  return machines.length === count &&
    machines.every((machine) => conditionOf(machine, "Available")?.status === "True");
}

async function demo(world: Management): Promise<KubeObject> {
  return await world.client.get(REF["Cluster"] as ResourceRef, { namespace, name: "demo" });
}

async function change(world: Management, topology: JsonObject) {
  const ref = REF["Cluster"] as ResourceRef;
  await world.client.patch(ref, { namespace, name: "demo" }, "merge", { spec: { topology } });
}

const isReconciled = async (world: Management) =>
  conditionOf(await demo(world), "TopologyReconciled")?.status === "True";

Deno.test("A Cluster of either class comes up, scales, and goes without a trace", async () => {
  for (
    const [manifest, name] of [[inMemoryClass, "in-memory-quick-start"], [devClass, "in-memory"]]
  ) {
    await inWorld(31, async (world) => {
      await world.apply(manifest as string);
      await world.apply(cluster().replace("in-memory-quick-start", name as string));
      await world.until("3 machines up", () => allUp(world, 3));
      await world.until(
        "available",
        async () => conditionOf(await demo(world), "Available")?.status === "True",
      );
      assertEquals(await isReconciled(world), true);
      // Health checks look once more when their startup timeout has passed.
      await world.pass(660_000);
      const { revision } = world.server.store;
      await world.pass(3_600_000);
      assertEquals(world.server.store.revision, revision, "at rest nothing is written");
      await change(world, {
        controlPlane: { replicas: 3 },
        workers: { machineDeployments: [{ class: "default-worker", name: "md-0", replicas: 1 }] },
      });
      await world.until("4 machines up", () => allUp(world, 4));
      await world.client.delete(REF["Cluster"] as ResourceRef, { namespace, name: "demo" });
      await world.until("nothing left but the class", async () => {
        for (const kind of Object.keys(REF)) {
          if (kind === "ClusterClass" || kind.endsWith("Template")) continue;
          if ((await world.list(kind)).length > 0) return false;
        }
        const templates = await Promise.all(
          Object.keys(REF).filter((kind) => kind.endsWith("Template")).map((kind) =>
            world.list(kind)
          ),
        );
        return templates.flat().every(({ metadata }) => metadata.name?.startsWith("in-memory"));
      });
      assertEquals(world.log, []);
    });
  }
});

Deno.test("A new version goes through the control plane first, then through the workers", async () => {
  await inWorld(32, async (world) => {
    await world.apply(inMemoryClass);
    await world.apply(cluster());
    await world.until("3 machines up", () => allUp(world, 3));
    await change(world, { version: "v1.36.0" });
    let early = false;
    await world.until("all at v1.36.0", async () => {
      const machines = await world.list("Machine");
      const [deployment] = await world.list("MachineDeployment");
      const isControlPlane = ({ metadata }: KubeObject) =>
        metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined;
      const behind = machines.filter(({ spec }) => spec.version !== "v1.36.0");
      early ||= deployment?.spec.template.spec.version === "v1.36.0" &&
        behind.some(isControlPlane);
      return behind.length === 0 && await allUp(world, 3) && await isReconciled(world);
    });
    assertEquals(early, false);
    assertEquals(world.log, []);
  });
});
