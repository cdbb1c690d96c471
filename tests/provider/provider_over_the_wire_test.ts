// The provider against a management cluster it can only reach over TLS.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import {
  InMemoryProvider,
  type InMemoryProviderOptions,
} from "../../clusters/in_memory_provider.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import { formatRecord, makeLogger } from "../../runtime/log.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { REF } from "../capi/management.ts";
import { freePort } from "../free_port.ts";
import { SwitchedHost } from "./switched_host.ts";
import { clientOf, until, WireManagement } from "./wire_management.ts";

const example = await Deno.readTextFile(
  new URL("../../manifests/examples/cluster.yaml", import.meta.url),
);
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const PORTS = { first: 30100, last: 30999 };

interface World {
  readonly management: WireManagement;
  readonly log: string[];
  provider(more?: Partial<InMemoryProviderOptions>): Promise<InMemoryProvider>;
}

async function inWorld(story: (world: World) => Promise<void>): Promise<void> {
  await using management = await WireManagement.start();
  const log: string[] = [];
  await story({
    management,
    log,
    async provider(more = {}) {
      const provider = new InMemoryProvider({
        client: await management.remoteClient(),
        logger: makeLogger((record) => log.push(formatRecord(record)), "warn"),
        fleet: { ports: PORTS },
        ...more,
      });
      await provider.start();
      return provider;
    },
  });
}

async function machinesUp(management: WireManagement, count: number): Promise<boolean> {
  const machines = await management.list("Machine");
  return machines.length === count &&
    machines.every((machine) => conditionOf(machine, "Available")?.status === "True");
}

async function fromKubeconfig(
  management: WireManagement,
  ref: ResourceRef,
): Promise<readonly KubeObject[]> {
  const name = "demo-kubeconfig";
  const secret = await management.cluster.client.get(SECRETS, { namespace: "default", name });
  const workload = await clientOf(Buffer.from(secret["data"].value, "base64").toString());
  try {
    return (await workload.client.list(ref)).items;
  } finally {
    workload.close();
  }
}

async function nothingLeft(management: WireManagement): Promise<void> {
  const { client } = management.cluster;
  await client.delete(REF["Cluster"] as ResourceRef, { namespace: "default", name: "demo" });
  await until("nothing left", async () => {
    for (const kind of ["Cluster", "Machine", "InMemoryCluster", "InMemoryMachine"]) {
      if ((await management.list(kind)).length > 0) return false;
    }
    return true;
  });
}

function etcdIds(pods: readonly KubeObject[]): string[] {
  return pods.flatMap(({ metadata }) =>
    Object.entries(metadata.annotations ?? {}).filter(([key]) => /(cluster|member)-id$/.test(key))
      .map(([, value]) => value)
  ).sort();
}

Deno.test("The provider makes and takes away a cluster over the wire", async () => {
  await inWorld(async ({ management, log, provider: start }) => {
    await using provider = await start();
    await management.startManagers(provider.fleet);
    await management.apply(example);
    await until("4 machines up", () => machinesUp(management, 4));
    assertEquals((await fromKubeconfig(management, NODES)).length, 4);
    await nothingLeft(management);
    assertEquals(provider.fleet.kept, []);
    assertEquals(log, []);
  });
});

Deno.test("A provider that comes back elsewhere takes up its clusters and mends their addresses", async () => {
  await inWorld(async ({ management, provider: start }) => {
    const first = await start();
    const host = new SwitchedHost(first.fleet);
    await management.startManagers(host);
    await management.apply(example);
    await until("4 machines up", () => machinesUp(management, 4));
    const machines = (await management.list("Machine")).map(({ metadata }) => metadata.uid);
    const [before] = await management.list("InMemoryCluster");
    const { port } = before?.spec.controlPlaneEndpoint;
    const ids = etcdIds(await fromKubeconfig(management, PODS));
    assertEquals(ids.length, 2);
    await first.close();

    await using second = await start({ fleet: { ports: PORTS, host: "127.0.0.2" } });
    // Nobody sees the cluster before its Nodes are back.
    let nodesAtFirst = -1;
    second.fleet.onServingChange((cluster) =>
      void second.fleet.client(cluster)?.list(NODES).then(({ items }) =>
        nodesAtFirst = items.length
      )
    );
    host.switchTo(second.fleet);
    await until("serving again", () => Promise.resolve(second.fleet.isServing("default/demo")));
    await until("nodes were counted", () => Promise.resolve(nodesAtFirst >= 0));
    assertEquals(nodesAtFirst, 4);
    await until("address mended", async () => {
      const [cluster] = await management.list("Cluster");
      return cluster?.spec.controlPlaneEndpoint.host === "127.0.0.2";
    });
    assertEquals(etcdIds(await fromKubeconfig(management, PODS)), ids);
    const [infrastructure] = await management.list("InMemoryCluster");
    assertEquals(infrastructure?.spec.controlPlaneEndpoint, { host: "127.0.0.2", port });
    await until("4 machines up again", () => machinesUp(management, 4));
    assertEquals((await management.list("Machine")).map(({ metadata }) => metadata.uid), machines);
    await nothingLeft(management);
  });
});

Deno.test("What went while no provider ran is not kept", async () => {
  await inWorld(async ({ management, provider: start }) => {
    await using provider = await start();
    const port = freePort();
    await provider.fleet.ensureListener("default/gone", port);
    await provider.fleet.reserve("default/also-gone", freePort());
    await until("orphans collected", () => Promise.resolve(provider.fleet.kept.length === 0));
    assert(await provider.fleet.reserve("default/new", port), "the port is free again");
    await management.list("Cluster");
  });
});
