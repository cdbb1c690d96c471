// A provider that is killed, at any moment, and started again.

import { assert, assertEquals } from "@std/assert";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { sleep, systemClock } from "../../runtime/clock.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { freePort } from "../free_port.ts";
import { HandMadeCluster } from "./hand_made_cluster.ts";
import { ProviderProcess } from "./provider_process.ts";
import { clientOf, until, WireManagement } from "./wire_management.ts";

const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const LEASES: ResourceRef = { apiVersion: "coordination.k8s.io/v1", resource: "leases" };
const NOTE = { namespace: "default", name: "note" };

/** The range of one port that nobody else is given meanwhile. */
function onePort(): string {
  const port = freePort();
  return `${port}-${port}`;
}

/** What has to be the same before and after, as clients of the workload cluster see it. */
interface Sight {
  readonly endpoint: { host: string; port: number };
  readonly etcd: string[];
  readonly providerID: string;
  readonly nodeUid: string;
  readonly notes: number;
}

async function look(cluster: HandMadeCluster): Promise<Sight> {
  const { controlPlaneEndpoint: endpoint } = (await cluster.get("InMemoryCluster")).spec;
  const machine = await cluster.get("InMemoryMachine", "demo-0");
  if (conditionOf(machine, "Ready")?.status !== "True") throw new Error("not ready yet");
  return await inside(cluster, endpoint, async (client) => {
    const node = await client.get(NODES, { name: "demo-0" });
    const etcd = await client.get(PODS, { namespace: "kube-system", name: "etcd-demo-0" });
    const ids = Object.entries(etcd.metadata.annotations ?? {})
      .filter(([key]) => key.endsWith("-id")).map(([, value]) => value);
    const { items } = await client.list(CONFIG_MAPS, { namespace: "default" });
    return {
      endpoint,
      etcd: ids.sort(),
      providerID: machine.spec.providerID,
      nodeUid: node.metadata.uid ?? "",
      notes: items.filter(({ metadata }) => metadata.name === NOTE.name).length,
    };
  });
}

async function inside<T>(
  cluster: HandMadeCluster,
  endpoint: { host: string; port: number },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { client, close } = await clientOf(cluster.kubeconfig(endpoint));
  try {
    return await work(client);
  } finally {
    close();
  }
}

async function up(cluster: HandMadeCluster): Promise<Sight> {
  let sight: Sight | undefined;
  await until("the workload cluster answers", async () => {
    sight = await look(cluster).catch(() => undefined);
    return sight !== undefined;
  });
  return sight as Sight;
}

async function writeNote(cluster: HandMadeCluster, { endpoint }: Sight): Promise<void> {
  await inside(
    cluster,
    endpoint,
    (client) => client.create(CONFIG_MAPS, { apiVersion: "v1", kind: "ConfigMap", metadata: NOTE }),
  );
}

Deno.test("A provider that is killed takes its cluster up again", async () => {
  await using management = await WireManagement.start();
  const { client } = management.cluster;
  const cluster = new HandMadeCluster(client, "demo", systemClock.now());
  const flags = ["--cluster-ports", onePort()];
  // While the machine is on its way it is killed again and again.
  const random = new SeededRandom(7);
  await cluster.create("700ms");
  for (let round = 0; round < 3; round++) {
    await using provider = new ProviderProcess(management.kubeconfig, ...flags);
    await provider.ready;
    await sleep(systemClock, 1500 * random.next());
    await provider.kill("SIGKILL");
  }
  let before: Sight;
  {
    await using provider = new ProviderProcess(management.kubeconfig, ...flags);
    before = await up(cluster);
    assertEquals(before.etcd.length, 2);
    await writeNote(cluster, before);
    await provider.kill("SIGKILL");
  }
  await using _provider = new ProviderProcess(management.kubeconfig, ...flags);
  const after = await up(cluster);
  // Without a data directory the contents are made anew.
  assertEquals({ ...after, nodeUid: "" }, { ...before, nodeUid: "" });
  assert(after.nodeUid !== before.nodeUid);
});

Deno.test("With a data directory the contents survive, and a graceful stop loses nothing", async () => {
  await using management = await WireManagement.start();
  const { client } = management.cluster;
  const cluster = new HandMadeCluster(client, "demo", systemClock.now());
  const directory = await Deno.makeTempDir();
  const flags = ["--cluster-ports", onePort(), "--data-dir", directory];
  try {
    await cluster.create("0s");
    let before: Sight;
    {
      await using provider = new ProviderProcess(management.kubeconfig, ...flags);
      before = await up(cluster);
      await writeNote(cluster, before);
      await provider.kill("SIGKILL");
    }
    {
      await using provider = new ProviderProcess(management.kubeconfig, ...flags);
      assertEquals(await up(cluster), { ...before, notes: 1 });
      await provider.kill("SIGTERM");
      assertEquals(await provider.ended, 0);
    }
    await using _provider = new ProviderProcess(management.kubeconfig, ...flags);
    assertEquals(await up(cluster), { ...before, notes: 1 });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("A provider that loses the lease exits, and the next one acts", async () => {
  await using management = await WireManagement.start();
  const { client } = management.cluster;
  const name = "inmemory-controller-leader-election-capi";
  const flags = [
    `--cluster-ports=${onePort()}`,
    "--leader-elect=true",
    "--leader-elect-lease-duration=3s",
    "--leader-elect-renew-deadline=2s",
    "--leader-elect-retry-period=500ms",
    "--logging-format=json",
  ];
  await using first = new ProviderProcess(management.kubeconfig, ...flags);
  await first.ready;
  await using second = new ProviderProcess(management.kubeconfig, ...flags);
  await until(
    "the second one waits",
    () => Promise.resolve(second.log.some((line) => line.includes("Waiting to lead"))),
  );
  const lease = await client.get(LEASES, { namespace: "default", name });
  await client.patch(LEASES, { namespace: "default", name }, "merge", {
    spec: { holderIdentity: "somebody-else" },
  });
  assertEquals(await first.ended, 1);
  const last = JSON.parse(first.log.at(-1) ?? "{}");
  assertEquals([last.level, last.msg], ["error", "The leader election was lost"]);
  await second.ready;
  const now = await client.get(LEASES, { namespace: "default", name });
  assert(now.spec.leaseTransitions > lease.spec.leaseTransitions);
});
