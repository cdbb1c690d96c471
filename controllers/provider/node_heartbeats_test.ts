import { assert, assertEquals } from "@std/assert";
import { fetchAdapter } from "../../apiserver/http/fetch.ts";
import { ApiServer } from "../../apiserver/mod.ts";
import type { Client } from "../../runtime/client.ts";
import { rfc3339, rfc3339Micro, VirtualClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/log.ts";
import { SeededRandom } from "../../runtime/random.ts";
import { adminUser } from "../../runtime/user.ts";
import { LEASE_PERIOD_MS, NodeHeartbeats, STATUS_PERIOD_MS } from "./node_heartbeats.ts";
import { ensureNodeConditions } from "./node_conditions.ts";
import { ensureNamespaces } from "./workload/kubeadm_objects.ts";
import { ensureNode } from "./workload/node.ts";
import { WORKLOAD } from "./workload/resources.ts";

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const NODES = "/api/v1/nodes";

/** Clusters whose Nodes share their heartbeats' timer. */
class World {
  readonly clock = new VirtualClock();
  readonly heartbeats = new NodeHeartbeats({ clock: this.clock, logger: silentLogger });
  readonly #random = new SeededRandom(1);

  async cluster(...nodes: string[]): Promise<Cluster> {
    const { clock } = this;
    const beats = this.heartbeats.of(() => client);
    const server = new ApiServer({ clock, random: this.#random, reads: beats });
    const client = server.client();
    await ensureNamespaces(client);
    for (const name of nodes) {
      const facts = { name, controlPlane: false, version: "v1.36.0", uid: name };
      await ensureNode(client, facts, clock.now());
    }
    const fetch = fetchAdapter(server.handler, { user: adminUser });
    return {
      client,
      clock,
      read: async (path) => await (await fetch(new Request(`https://demo${path}`))).json(),
      watch: async (path) => {
        const gone = new AbortController();
        const { signal } = gone;
        const response = await fetch(new Request(`https://demo${path}?watch=1`, { signal }));
        const reader = response.body?.getReader();
        assert(reader !== undefined);
        return {
          // deno-lint-ignore no-explicit-any
          next: async (): Promise<any> =>
            JSON.parse(new TextDecoder().decode((await reader.read()).value)),
          end: async () => {
            gone.abort();
            await reader.cancel();
          },
        };
      },
      close: () => {
        beats.stop();
        server.close();
      },
    };
  }
}

interface Cluster {
  readonly client: Client;
  readonly clock: VirtualClock;
  // deno-lint-ignore no-explicit-any
  read(path: string): Promise<any>;
  // deno-lint-ignore no-explicit-any
  watch(path: string): Promise<{ next(): Promise<any>; end(): Promise<void> }>;
  close(): void;
}

async function stored({ client }: Cluster, name: string): Promise<[string, string]> {
  const lease = await client.get(WORKLOAD.leases, { namespace: "kube-node-lease", name });
  const node = await client.get(WORKLOAD.nodes, { name });
  return [lease.spec.renewTime, node.status.conditions[0].lastHeartbeatTime];
}

Deno.test("Heartbeats are written when somebody looks, and at most once in a period", async () => {
  const world = new World();
  const { clock } = world;
  const cluster = await world.cluster("a");
  const made_ms = clock.now();
  await clock.advance(3_600_000);
  assertEquals(clock.pending, 0);
  assertEquals(await stored(cluster, "a"), [rfc3339Micro(made_ms), rfc3339(made_ms)]);

  const { spec } = await cluster.read(`${LEASES}/a`);
  assertEquals(spec.renewTime, rfc3339Micro(clock.now()));
  const { items: [node] } = await cluster.read(NODES);
  const times = node.status.conditions.map((one: Record<string, string>) => one.lastHeartbeatTime);
  assertEquals(times, Array(4).fill(rfc3339(clock.now())));
  assertEquals(node.status.conditions[0].lastTransitionTime, rfc3339(made_ms));
  assertEquals(clock.pending, 0);

  const renewed_ms = clock.now();
  await clock.advance(LEASE_PERIOD_MS - 1);
  const again = await cluster.read(LEASES);
  assertEquals(again.items[0].spec.renewTime, rfc3339Micro(renewed_ms));
  await clock.advance(1);
  const later = await cluster.read(LEASES);
  assertEquals(later.items[0].spec.renewTime, rfc3339Micro(clock.now()));
  const { metadata } = await cluster.read(`${NODES}/a`);
  assertEquals(metadata.resourceVersion, node.metadata.resourceVersion);
  cluster.close();
});

Deno.test("Watchers see every heartbeat, and the timer ends with the last watch", async () => {
  const world = new World();
  const { clock } = world;
  const [first, second] = [await world.cluster("a"), await world.cluster("b")];
  const waiting = clock.pending;
  const leases = await first.watch(LEASES);
  assertEquals((await leases.next()).type, "ADDED");
  const begun_ms = clock.now();
  for (let i = 1; i <= 3; i++) {
    await clock.advance(LEASE_PERIOD_MS);
    const { type, object } = await leases.next();
    const expected = rfc3339Micro(begun_ms + i * LEASE_PERIOD_MS);
    assertEquals([type, object.spec.renewTime], ["MODIFIED", expected]);
  }
  const nodes = await second.watch(NODES);
  assertEquals((await nodes.next()).type, "ADDED");
  await clock.advance(STATUS_PERIOD_MS);
  assertEquals((await nodes.next()).type, "MODIFIED");
  // Nobody has asked for its Lease.
  const status = rfc3339(begun_ms + STATUS_PERIOD_MS);
  assertEquals(await stored(second, "b"), [rfc3339Micro(begun_ms), status]);
  await leases.end();
  await nodes.end();
  assertEquals(clock.pending, waiting);
  first.close();
  second.close();
});

Deno.test("A Node that is not Ready, or is no machine's, is not renewed; a missing Lease comes back", async () => {
  const world = new World();
  const { clock } = world;
  const cluster = await world.cluster("a", "b");
  const { client } = cluster;
  const made_ms = clock.now();
  const node = await client.get(WORKLOAD.nodes, { name: "a" });
  await ensureNodeConditions(client, node, new Map([["Ready", "False"]]), made_ms);
  await client.create(WORKLOAD.nodes, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "c" },
    spec: { providerID: "other://c" },
    status: node.status,
  });
  await client.delete(WORKLOAD.leases, { namespace: "kube-node-lease", name: "b" });
  await clock.advance(STATUS_PERIOD_MS);
  const { items } = await cluster.read(LEASES);
  const renewed = items.map((
    one: { metadata: { name: string }; spec: { renewTime: string } },
  ) => [one.metadata.name, one.spec.renewTime]);
  assertEquals(renewed, [
    ["a", rfc3339Micro(made_ms)],
    ["b", rfc3339Micro(clock.now())],
  ]);
  await cluster.read(NODES);
  assertEquals((await stored(cluster, "a"))[1], rfc3339(made_ms));
  assertEquals((await stored(cluster, "b"))[1], rfc3339(clock.now()));

  await ensureNodeConditions(
    client,
    await client.get(WORKLOAD.nodes, { name: "a" }),
    new Map(),
    clock.now(),
  );
  await clock.advance(LEASE_PERIOD_MS);
  await cluster.read(LEASES);
  assertEquals((await stored(cluster, "a"))[0], rfc3339Micro(clock.now()));
  cluster.close();
});

Deno.test("A cluster that ends takes its watches off the timer", async () => {
  const world = new World();
  const cluster = await world.cluster("a");
  await cluster.watch(LEASES);
  assertEquals(world.clock.untilNext, LEASE_PERIOD_MS);
  cluster.close();
  assert((world.clock.untilNext ?? Infinity) > LEASE_PERIOD_MS);
});
