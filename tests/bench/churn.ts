// An hour of a cluster's life in virtual time, with objects that come, change
// and go under watches: memory and the time of a request must not grow.

import { FakeCluster, VirtualClock } from "../../mod.ts";
import type { Bench, Row } from "./main.ts";

const MINUTES = 60;
const ROUNDS = 100;
const WATCHES = 20;
const PODS = { apiVersion: "v1", resource: "pods" };
const NAMESPACE = "default";

/** A row for every ten minutes. */
export const churn: Bench = {
  name: "churn",
  title: "An hour of virtual time with churn",
  async run() {
    const clock = new VirtualClock();
    await using cluster = await FakeCluster.start({ clock });
    const abort = new AbortController();
    let heard = 0;
    const watching = Array.from({ length: WATCHES }, async () => {
      const options = { namespace: NAMESPACE, signal: abort.signal };
      for await (const _event of cluster.client.watch(PODS, options)) heard++;
    });
    const rows: Row[] = [];
    const times: number[] = [];
    for (let minute = 1; minute <= MINUTES; minute++) {
      for (let i = 0; i < ROUNDS; i++) times.push(await turn(cluster, `p-${i % 50}`));
      await clock.advance(60_000);
      if (minute % 10 === 0) rows.push(row(minute, times.splice(0), heard));
    }
    abort.abort();
    await Promise.allSettled(watching);
    return rows;
  },
};

/** Makes, changes and deletes a pod; answers the milliseconds of one request. */
async function turn({ client }: FakeCluster, name: string): Promise<number> {
  const begin_ms = performance.now();
  await client.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: NAMESPACE },
    spec: { containers: [{ name: "a", image: "b" }] },
  });
  const labels = { round: String(Math.round(begin_ms)) };
  await client.patch(PODS, { name, namespace: NAMESPACE }, "merge", { metadata: { labels } });
  await client.delete(PODS, { name, namespace: NAMESPACE }, { gracePeriodSeconds: 0 });
  return (performance.now() - begin_ms) / 3;
}

function row(minute: number, times: number[], heard: number): Row {
  times.sort((a, b) => a - b);
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  const { heapUsed, rss } = Deno.memoryUsage();
  return {
    minute,
    "median ms": (times[times.length >> 1] ?? 0).toFixed(3),
    "99 % ms": (times[Math.floor(times.length * 0.99)] ?? 0).toFixed(3),
    "heap MiB": (heapUsed / 2 ** 20).toFixed(1),
    "resident MiB": Math.round(rss / 2 ** 20),
    "events heard": heard,
  };
}
