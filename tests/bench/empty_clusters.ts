// What one more cluster costs: time to start it and write two objects, and
// memory that stays.

import { FakeCluster } from "../../mod.ts";
import type { Bench, Row } from "./main.ts";

const COUNTS = [1, 100, 1_000];

/** Clusters one after the other in this process, with a Namespace and a ConfigMap each; in memory and listening. */
export const emptyClusters: Bench = {
  name: "empty",
  title: "One more cluster, with a Namespace and a ConfigMap",
  async run() {
    await (await startOne(0, false)).close();
    const rows: Row[] = [];
    for (const listening of [false, true]) {
      for (const count of COUNTS) rows.push(await measure(count, listening));
    }
    return rows;
  },
};

async function measure(count: number, listening: boolean): Promise<Row> {
  const before_bytes = settledMemory();
  const begin_ms = performance.now();
  const clusters: FakeCluster[] = [];
  for (let i = 0; i < count; i++) clusters.push(await startOne(i, listening));
  const elapsed_ms = performance.now() - begin_ms;
  const kept_bytes = settledMemory() - before_bytes;
  await Promise.all(clusters.map((cluster) => cluster.close()));
  return {
    clusters: count,
    listening: String(listening),
    "ms each": (elapsed_ms / count).toFixed(2),
    "KiB each": Math.round(kept_bytes / count / 1024),
  };
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

/** Resident bytes after a collection where the runtime allows one (`--v8-flags=--expose-gc`). */
function settledMemory(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  collect?.();
  return Deno.memoryUsage().rss;
}
