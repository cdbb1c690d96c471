// Makes and ends clusters for ended_clusters_test.ts, in a process of its own
// that may collect garbage when it likes to. `_ended_clusters.ts COUNT ROUNDS`
// prints, as JSON, how many of the ended ones somebody still holds, and what
// the heap and the open files are after each round.

import { FakeCluster, FakeFleet, systemClock } from "../mod.ts";
import { createAuthority } from "../runtime/pki/mod.ts";

const [count = 10, rounds = 2] = Deno.args.map(Number);
const collect = (globalThis as unknown as { gc: () => void }).gc;
const namespaces = { apiVersion: "v1", resource: "namespaces" };
const configMaps = { apiVersion: "v1", resource: "configmaps" };
/** What must go with its cluster. */
let held: WeakRef<object>[] = [];

async function live(cluster: FakeCluster): Promise<void> {
  const { client } = cluster;
  const signal = new AbortController();
  const watching = (async () => {
    for await (const _event of client.watch(configMaps, { signal: signal.signal })) return;
  })();
  await client.create(namespaces, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "mine" },
  });
  await watching;
  await cluster.fetch(new Request("https://any/api/v1/configmaps"));
  using http = Deno.createHttpClient({ caCerts: [cluster.authority.certificate] });
  const response = await fetch(`${await cluster.url}/version`, { client: http });
  await response.body?.cancel();
}

async function standalone(i: number): Promise<void> {
  const cluster = await FakeCluster.start({ name: `c-${i}` });
  await live(cluster);
  held.push(new WeakRef(cluster), new WeakRef(cluster.server), new WeakRef(cluster.server.store));
  await cluster.close();
}

async function members(): Promise<void> {
  for (const options of [{}, { serverNames: { port: 0 } }, { serverPaths: { port: 0 } }]) {
    await using fleet = new FakeFleet(options);
    for (let i = 0; i < count; i++) {
      const name = `default/c-${i}`;
      await fleet.ensureListener(name);
      const authority = createAuthority({ commonName: "kubernetes", now_ms: systemClock.now() });
      await fleet.startApiServer(name, authority, "m");
      const server = fleet.server(name)!;
      held.push(new WeakRef(server), new WeakRef(server.store));
      await fleet.remove(name);
    }
    await settle();
    // The fleet is still there: it must not be what goes with them.
    report.push(measured());
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => systemClock.after(20, () => resolve(undefined)));
    collect();
  }
}

interface Measured {
  readonly made: number;
  readonly held: number;
  readonly heapKiB: number;
  readonly files: number;
}

function measured(): Measured {
  const made = held.length;
  const still = held.filter((one) => one.deref() !== undefined).length;
  held = [];
  return {
    made,
    held: still,
    heapKiB: Math.round(Deno.memoryUsage().heapUsed / 1024),
    files: [...Deno.readDirSync("/proc/self/fd")].length,
  };
}

const report: Measured[] = [];
for (let round = 0; round < rounds; round++) {
  for (let i = 0; i < count; i++) await standalone(i);
  await settle();
  report.push(measured());
}
await members();
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
Deno.exit(0);
