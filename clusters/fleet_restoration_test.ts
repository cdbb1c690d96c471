import { assertEquals } from "@std/assert";
import { coreResources, IN_MEMORY_KINDS } from "../controllers/mod.ts";
import { FakeFleet } from "./fake_fleet.ts";
import { FleetRestoration } from "./fleet_restoration.ts";
import type { Client, ResourceRef } from "../runtime/client.ts";
import { VirtualClock } from "../runtime/clock.ts";
import { formatRecord, makeLogger } from "../runtime/log.ts";
import type { KubeObject } from "../runtime/object.ts";
import { createAuthority } from "../runtime/pki/mod.ts";
import { freePort } from "../tests/free_port.ts";

const INFRASTRUCTURE = "infrastructure.cluster.x-k8s.io";
const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };

function infrastructureCluster(name: string, port: number): KubeObject {
  return {
    apiVersion: `${INFRASTRUCTURE}/v1alpha1`,
    kind: "InMemoryCluster",
    metadata: {
      namespace: "ns",
      name,
      annotations: { [`inmemorycluster.${INFRASTRUCTURE}/listener`]: `ns/${name}` },
    },
    spec: { controlPlaneEndpoint: { host: "127.0.0.1", port } },
  };
}

function machine(cluster: string, name: string, bootstrapped = true): KubeObject {
  const annotation = `machine.inmemory.${INFRASTRUCTURE}/bootstrapped`;
  return {
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { namespace: "ns", name, annotations: bootstrapped ? { [annotation]: "" } : {} },
    spec: { clusterName: cluster, infrastructureRef: { name } },
  };
}

/** A management cluster that can only be listed. */
function listing(lists: Record<string, KubeObject[]>): Client {
  const list = ({ resource }: ResourceRef) =>
    Promise.resolve({ items: lists[resource] ?? [], resourceVersion: "1" });
  return { list } as unknown as Client;
}

interface World {
  readonly fleet: FakeFleet;
  readonly clock: VirtualClock;
  readonly log: string[];
  readonly restoration: FleetRestoration;
}

async function inWorld(
  lists: Record<string, KubeObject[]>,
  story: (world: World) => Promise<void>,
): Promise<void> {
  const clock = new VirtualClock();
  const log: string[] = [];
  await using fleet = new FakeFleet({ clock, ports: { first: 30600, last: 30699 } });
  const restoration = new FleetRestoration({
    client: listing(lists),
    fleet,
    kinds: [IN_MEMORY_KINDS],
    core: coreResources("v1beta2"),
    clock,
    logger: makeLogger((record) => log.push(formatRecord(record)), "warn"),
  });
  await restoration.prepare();
  await story({ fleet, clock, log, restoration });
}

async function addNode(fleet: FakeFleet, name: string): Promise<void> {
  await fleet.client("ns/a")?.create(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name },
  });
}

Deno.test("FleetRestoration keeps the ports of clusters that are yet to come", async () => {
  const inmemoryclusters = [infrastructureCluster("a", 30600), infrastructureCluster("b", 30601)];
  await inWorld({ inmemoryclusters }, async ({ fleet }) => {
    const { port } = await fleet.ensureListener("ns/new");
    assertEquals(port > 30601, true);
    assertEquals((await fleet.ensureListener("ns/b", 30601)).port, 30601);
    assertEquals((await fleet.ensureListener("ns/a")).port, 30600);
  });
});

Deno.test("FleetRestoration lets nobody in before all Nodes are back", async () => {
  const inmemoryclusters = [infrastructureCluster("a", freePort())];
  const machines = [machine("a", "m0"), machine("a", "m1"), machine("a", "new", false)];
  await inWorld({ inmemoryclusters, machines }, async ({ fleet, clock, restoration, log }) => {
    const done = restoration.complete(new AbortController().signal);
    await fleet.ensureListener("ns/a");
    await addNode(fleet, "m0");
    const authority = createAuthority({ commonName: "ca", now_ms: clock.now() });
    await fleet.startApiServer("ns/a", authority, "m0");
    await clock.advance(1_000);
    assertEquals(fleet.isServing("ns/a"), false);
    await addNode(fleet, "m1");
    while (!fleet.isServing("ns/a")) await clock.advance(100);
    await done;
    assertEquals(log, []);
  });
});

Deno.test("FleetRestoration does not wait for ever", async () => {
  const inmemoryclusters = [infrastructureCluster("a", freePort())];
  await inWorld({ inmemoryclusters, machines: [machine("a", "m0")] }, async (world) => {
    const { fleet, clock, restoration, log } = world;
    await fleet.ensureListener("ns/a");
    const authority = createAuthority({ commonName: "ca", now_ms: clock.now() });
    await fleet.startApiServer("ns/a", authority, "m0");
    const done = restoration.complete(new AbortController().signal);
    let settled = false;
    void done.then(() => settled = true);
    for (let i = 0; !settled && i < 1_000; i++) await clock.advance(100);
    await done;
    assertEquals(fleet.isServing("ns/a"), true);
    assertEquals(log, [
      "warn Nodes have not come back; the cluster answers without them cluster=ns/a nodes=m0",
    ]);
  });
});
