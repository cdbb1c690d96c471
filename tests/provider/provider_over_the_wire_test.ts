// The provider against a management cluster it can only reach over TLS.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { conditionOf } from "../../controllers/capi/conditions.ts";
import { InMemoryProvider } from "../../in_memory_provider.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import { formatRecord, makeLogger } from "../../runtime/log.ts";
import { REF } from "../capi/management.ts";
import { clientOf, until, WireManagement } from "./wire_management.ts";

const example = await Deno.readTextFile(
  new URL("../../manifests/examples/cluster.yaml", import.meta.url),
);
const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };
const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };

async function machinesUp(management: WireManagement, count: number): Promise<boolean> {
  const machines = await management.list("Machine");
  return machines.length === count &&
    machines.every((machine) => conditionOf(machine, "Available")?.status === "True");
}

Deno.test("The provider makes and takes away a cluster over the wire", async () => {
  await using management = await WireManagement.start();
  const log: string[] = [];
  await using provider = await InMemoryProvider.start({
    client: await management.remoteClient(),
    logger: makeLogger((record) => log.push(formatRecord(record)), "warn"),
    fleet: { ports: { first: 30100, last: 30199 } },
  });
  await management.startManagers(provider.fleet);
  await management.apply(example);
  await until("4 machines up", () => machinesUp(management, 4));

  const secret = await management.cluster.client.get(SECRETS, {
    namespace: "default",
    name: "demo-kubeconfig",
  });
  const workload = await clientOf(Buffer.from(secret["data"].value, "base64").toString());
  const nodes = await workload.client.list(NODES);
  workload.close();
  assertEquals(nodes.items.length, 4);

  const { client } = management.cluster;
  await client.delete(REF["Cluster"] as ResourceRef, { namespace: "default", name: "demo" });
  await until("nothing left", async () => {
    for (const kind of ["Cluster", "Machine", "InMemoryCluster", "InMemoryMachine"]) {
      if ((await management.list(kind)).length > 0) return false;
    }
    return true;
  });
  assertEquals(provider.fleet.clusters, []);
  assert(log.length === 0, log.join("\n"));
});
