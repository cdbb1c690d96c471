import { FakeCluster } from "../../mod.ts";
const one = async () => {
  const c = await FakeCluster.start();
  await c.client.create({ apiVersion: "v1", resource: "namespaces" }, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "mine" },
  });
  await c.client.create({ apiVersion: "v1", resource: "configmaps" }, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a", namespace: "mine" },
    data: { a: "b" },
  });
  return c;
};
await one();
(globalThis as any).gc();
const m0 = Deno.memoryUsage();
const t = performance.now();
const k = [];
for (let i = 0; i < 100; i++) k.push(await one());
const e = (performance.now() - t) / 100;
(globalThis as any).gc();
const m1 = Deno.memoryUsage();
console.log(
  "ms each",
  e.toFixed(2),
  "heap KiB each",
  ((m1.heapUsed - m0.heapUsed) / 102400).toFixed(0),
  "rss KiB each",
  ((m1.rss - m0.rss) / 102400).toFixed(0),
);
Deno.exit(0);
