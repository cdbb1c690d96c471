// What one more cluster costs: time to start it and write two objects, and
// memory that stays.

import { FakeCluster } from "../../mod.ts";
import type { Bench, Row } from "./main.ts";
import { cpuSeconds } from "./servers.ts";

const COUNTS = [1, 100, 1_000, 10_000];
/** The last clusters of a row, timed apart: the ten-thousandth may cost no more than the hundredth. */
const LAST = 100;

/** Clusters one after the other in this process, with a Namespace and a ConfigMap each; in memory and listening. */
export const emptyClusters: Bench = {
  name: "empty",
  title: "One more cluster, with a Namespace and a ConfigMap",
  async run({ quick }) {
    await (await startOne(0, false)).close();
    const rows: Row[] = [];
    for (const listening of [false, true]) {
      for (const count of quick ? COUNTS.slice(1) : COUNTS) {
        rows.push(await measure(count, listening));
      }
    }
    return rows;
  },
};

async function measure(count: number, listening: boolean): Promise<Row> {
  const before = settled();
  const begin_ms = performance.now();
  const cpu = cpuSeconds("self");
  const clusters: FakeCluster[] = [];
  let last_ms = begin_ms;
  for (let i = 0; i < count; i++) {
    if (i === count - LAST) last_ms = performance.now();
    clusters.push(await startOne(i, listening));
  }
  const end_ms = performance.now();
  const cpu_s = cpuSeconds("self") - cpu;
  const after = settled();
  const reached = listening ? await reach(clusters) : 0;
  await Promise.all(clusters.map((cluster) => cluster.close()));
  return {
    clusters: count,
    listening: String(listening),
    "ms each": ((end_ms - begin_ms) / count).toFixed(2),
    "ms each of the last": ((end_ms - last_ms) / Math.min(LAST, count)).toFixed(2),
    "CPU ms each": (cpu_s * 1000 / count).toFixed(2),
    "KiB resident each": Math.round((after.rss - before.rss) / count / 1024),
    "KiB heap each": Math.round((after.heapUsed - before.heapUsed) / count / 1024),
    "handles each": ((after.handles - before.handles) / count).toFixed(2),
    "MiB in all": Math.round(after.rss / 2 ** 20),
    ...(listening ? { "answered through TLS": reached } : {}),
  };
}

/** Asks some of them for their version, each with its own authority; answers how many said it. */
async function reach(clusters: readonly FakeCluster[]): Promise<number> {
  let answered = 0;
  const step = Math.max(1, Math.floor(clusters.length / LAST));
  for (let i = 0; i < clusters.length; i += step) {
    const cluster = clusters[i]!;
    using client = Deno.createHttpClient({ caCerts: [cluster.authority.certificate] });
    const response = await fetch(`${await cluster.url}/version`, { client });
    if ((await response.json()).major === "1") answered++;
  }
  return answered;
}

async function startOne(i: number, listening: boolean): Promise<FakeCluster> {
  const cluster = await FakeCluster.start({ name: `bench-${i}` });
  await cluster.client.create({ apiVersion: "v1", resource: "namespaces" }, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "mine" },
  });
  await cluster.client.create({ apiVersion: "v1", resource: "configmaps" }, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "mine" },
    data: { colour: "red" },
  });
  if (listening) await cluster.url;
  return cluster;
}

/** Memory after a collection where the runtime allows one (`--v8-flags=--expose-gc`), and open files. */
function settled(): Deno.MemoryUsage & { handles: number } {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  collect?.();
  return { ...Deno.memoryUsage(), handles: [...Deno.readDirSync("/proc/self/fd")].length };
}
