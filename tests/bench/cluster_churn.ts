// An hour of a management cluster's life in virtual time, in which workload
// clusters come and go: what a cluster costs, and the memory that stays, must
// not grow with how many there have been.

import { parseAll } from "@std/yaml";
import { type Client, FakeManagement, type KubeObject, VirtualClock } from "../../mod.ts";
import type { Bench, Row } from "./main.ts";
import { cpuSeconds } from "./servers.ts";

const MINUTES = 60;
const EACH_MINUTE = 2;
const TICK_MS = 5_000;
const EXAMPLE = new URL("../../manifests/examples/cluster.yaml", import.meta.url);
const CLUSTERS = { apiVersion: "cluster.x-k8s.io/v1beta2", resource: "clusters" };
const MACHINES = { apiVersion: CLUSTERS.apiVersion, resource: "machines" };

/** A row for every ten minutes. */
export const clusterChurn: Bench = {
  name: "cluster-churn",
  title: "An hour of virtual time in which workload clusters of 1 + 3 machines come and go",
  async run() {
    const clock = new VirtualClock();
    await using management = await FakeManagement.start({ clock });
    const { client } = management.cluster;
    const rows: Row[] = [];
    let cpu = cpuSeconds("self");
    for (let minute = 1; minute <= MINUTES; minute++) {
      const objects = Array.from(
        { length: EACH_MINUTE },
        (_, i) => exampleNamed(`c-${minute}-${i}`),
      );
      for (const object of objects.flat()) await client.create(resourceOf(object), object);
      await advance(clock, 30_000);
      const running = (await client.list(MACHINES)).items
        .filter(({ status }) => status?.phase === "Running").length;
      for (const object of objects.flat().toReversed()) await remove(client, object);
      await advance(clock, 30_000);
      if (minute % 10 > 0) continue;
      const now = cpuSeconds("self");
      rows.push({
        minute,
        "machines running": running,
        "clusters left": (await client.list(CLUSTERS)).items.length,
        "in the fleet": management.fleet.clusters.length,
        "CPU ms a cluster": ((now - cpu) * 1000 / (10 * EACH_MINUTE)).toFixed(0),
        ...memory(),
      });
      cpu = now;
    }
    return rows;
  },
};

/** Whatever the controllers want to do at once may take more than one turn. */
async function advance(clock: VirtualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += TICK_MS) await clock.advance(TICK_MS);
}

/** Deletes the Cluster, whose controllers delete the rest, and the templates, which are nobody's. */
async function remove(client: Client, object: KubeObject): Promise<void> {
  if (object.kind !== "Cluster" && !object.kind.endsWith("Template")) return;
  const { name = "", namespace = "default" } = object.metadata;
  await client.delete(resourceOf(object), { name, namespace });
}

function memory(): Row {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  const { heapUsed, rss } = Deno.memoryUsage();
  return {
    "heap MiB": (heapUsed / 2 ** 20).toFixed(1),
    "resident MiB": Math.round(rss / 2 ** 20),
  };
}

const example = JSON.stringify(parseAll(Deno.readTextFileSync(EXAMPLE)));

function exampleNamed(name: string): KubeObject[] {
  return JSON.parse(example.replaceAll("demo", name)) as KubeObject[];
}

function resourceOf({ apiVersion, kind }: KubeObject): { apiVersion: string; resource: string } {
  return { apiVersion, resource: `${kind.toLowerCase()}s` };
}
