// What capim does not take over from the original provider: each test is
// named by its row in docs/differences.md. D1 and D11 to D14 are in
// ../capi/provider_contract_test.ts.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fetchAdapter } from "../../apiserver/http/fetch.ts";
import {
  ETCD_LEADER_FROM,
  ETCD_MEMBER_REMOVED,
  EtcdRecord,
} from "../../controllers/provider/etcd_record.ts";
import { ensureStaticPod } from "../../controllers/provider/workload/static_pod.ts";
import { FakeCluster } from "../../clusters/fake_cluster.ts";
import { FakeFleet } from "../../clusters/fake_fleet.ts";
import { fleetMetrics } from "../../clusters/fleet_metrics.ts";
import type { Client, ListQuery, ResourceRef, WatchEvent } from "../../runtime/client.ts";
import { systemClock, VirtualClock } from "../../runtime/clock.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import {
  createAuthority,
  issueCertificate,
  type KeyAlgorithm,
  type KeyPair,
} from "../../runtime/pki/mod.ts";
import { StatusError } from "../../runtime/status.ts";
import { adminUser } from "../../runtime/user.ts";

const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const BUDGETS: ResourceRef = { apiVersion: "policy/v1", resource: "poddisruptionbudgets" };
const PORTS = { first: 30300, last: 30301 };

function configMap(name: string, metadata: JsonObject = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", ...metadata },
  };
}

const ALGORITHMS = [
  "RSA-2048",
  "RSA-3072",
  "RSA-4096",
  "ECDSA-P256",
  "ECDSA-P384",
  "ECDSA-P521",
] as const satisfies readonly KeyAlgorithm[];

function authorityOf(algorithm: KeyAlgorithm): KeyPair {
  return createAuthority({ commonName: "kubernetes", algorithm, now_ms: Date.parse("2026-01-01") });
}

/** The next events of a watch, as `TYPE name`; a bookmark that ends the initial ones is `END`. */
async function events(
  client: Client,
  query: ListQuery & { bookmarks?: boolean },
  count: number,
  act: () => Promise<unknown> = () => Promise.resolve(),
): Promise<string[]> {
  const stop = new AbortController();
  const stream = client.watch(CONFIG_MAPS, { ...query, signal: stop.signal })
    [Symbol.asyncIterator]();
  const first = stream.next();
  await act();
  const seen: string[] = [];
  for (let next = await first; !next.done; next = await stream.next()) {
    const { type, object }: WatchEvent = next.value;
    seen.push(`${type} ${object.metadata.name ?? ""}`);
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

Deno.test("D2: Certificate authorities of every kind of key serve API servers and etcd members", async () => {
  await using fleet = new FakeFleet({ ports: PORTS });
  for (const algorithm of ALGORITHMS) {
    const authority = authorityOf(algorithm);
    const { host, port } = await fleet.ensureListener("default/a");
    await fleet.startApiServer("default/a", authority, "m");
    const member = { machine: "m", clusterId: "1", memberId: "2" };
    await fleet.addEtcdMember("default/a", authority, member);
    const { certificate, key } = issueCertificate(authority, {
      commonName: "kubernetes-admin",
      organizations: ["system:masters"],
      usages: ["client"],
      now_ms: systemClock.now(),
    });
    using client = Deno.createHttpClient({
      caCerts: [authority.certificate],
      cert: certificate,
      key,
    });
    const response = await fetch(`https://${host}:${port}/api/v1/namespaces`, { client });
    assertEquals((await response.json()).kind, "NamespaceList", algorithm);
    await fleet.remove("default/a");
  }
});

Deno.test("D3: A watch tells only of what it selects, and when that begins and ends", async () => {
  await using cluster = await FakeCluster.start({ controllers: "none" });
  const { client } = cluster;
  const relabel = (name: string, value: string | null) =>
    client.patch(CONFIG_MAPS, { namespace: "default", name }, "merge", {
      metadata: { labels: { wanted: value } },
    });
  const { resourceVersion = "" } = await client.list(CONFIG_MAPS);
  const query = { namespace: "default", labels: "wanted=yes", resourceVersion };
  const seen = await events(client, query, 3, async () => {
    await client.create(CONFIG_MAPS, configMap("other"));
    await client.create(CONFIG_MAPS, configMap("a", { labels: { wanted: "yes" } }));
    await relabel("other", "yes");
    await relabel("a", "no");
  });
  assertEquals(seen, ["ADDED a", "ADDED other", "DELETED a"]);
});

Deno.test("D4: Initial events are the whole state, whatever resource version is asked for", async () => {
  await using cluster = await FakeCluster.start({ controllers: "none" });
  const { client } = cluster;
  for (const name of ["a", "b"]) await client.create(CONFIG_MAPS, configMap(name));
  const { resourceVersion = "" } = await client.list(CONFIG_MAPS);
  const path = "/api/v1/namespaces/default/configmaps?watch=true&sendInitialEvents=true" +
    `&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`;
  const response = await cluster.fetch(new Request(`https://any${path}`));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("initial-events-end")) text += (await reader?.read())?.value;
  await reader?.cancel();
  const seen = text.trim().split("\n").map((line) => JSON.parse(line))
    .map(({ type, object }) => `${type} ${object.metadata.name ?? ""}`.trim());
  assertEquals(seen, ["ADDED a", "ADDED b", "BOOKMARK"]);
});

Deno.test("D5: Resource versions of an earlier process have expired", async () => {
  const clock = new VirtualClock(Date.parse("2026-06-01"));
  const life = async (resourceVersion: string | undefined) => {
    await using fleet = new FakeFleet({ clock, ports: PORTS });
    // Taken up again on the port that it had.
    await fleet.ensureListener(
      "default/a",
      resourceVersion === undefined ? undefined : PORTS.first,
    );
    const client = fleet.client("default/a") as Client;
    for (const name of ["a", "b", "c"]) await client.create(CONFIG_MAPS, configMap(name));
    if (resourceVersion !== undefined) {
      const watch = events(client, { namespace: "default", resourceVersion }, 1);
      const error = await assertRejects(() => watch, StatusError);
      assertEquals(error.code, 410);
    }
    return (await client.list(CONFIG_MAPS)).resourceVersion;
  };
  const before = await life(undefined);
  await clock.advance(1000);
  assert(Number(await life(before)) > Number(before));
});

Deno.test("D6: An update without resource version is unconditional", async () => {
  await using cluster = await FakeCluster.start({ controllers: "none" });
  const { client } = cluster;
  await client.create(CONFIG_MAPS, configMap("a"));
  for (const value of ["1", "2"]) {
    const updated = await client.update(CONFIG_MAPS, { ...configMap("a"), data: { value } });
    assertEquals(updated["data"], { value });
  }
});

Deno.test("D7: A strategic merge patch merges lists by their keys", async () => {
  await using cluster = await FakeCluster.start({ controllers: "none" });
  const { client } = cluster;
  const condition = (type: string, status: string) => ({ type, status });
  await client.create(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    status: { conditions: [condition("Ready", "True"), condition("DiskPressure", "False")] },
  });
  const patched = await client.patch(NODES, { name: "n" }, "strategic", {
    status: { conditions: [condition("Ready", "False")] },
  }, { subresource: "status" });
  const statuses: JsonObject[] = patched.status.conditions;
  assertEquals(statuses.map(({ type, status }) => `${type}=${status}`), [
    "Ready=False",
    "DiskPressure=False",
  ]);
});

Deno.test("D8: Static pods are mirrors, which drain leaves; other pods are evicted as budgets allow", async () => {
  await using cluster = await FakeCluster.start();
  const { client } = cluster;
  const node = await client.create(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
  });
  const facts = { component: "etcd", node, version: "v1.36.0" } as const;
  const pod = await ensureStaticPod(client, facts, systemClock.now());
  assert(pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined);
  const labels = { app: "guest" };
  const evict = () =>
    client.create(PODS, {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: "guest", namespace: "kube-system" },
    }, { subresource: "eviction" });
  await client.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "guest", namespace: "kube-system", labels },
    spec: {
      nodeName: "n",
      containers: [{ name: "c", image: "i" }],
      serviceAccountName: "default",
      automountServiceAccountToken: false,
    },
  });
  const status = {
    phase: "Running",
    conditions: [{ type: "Ready", status: "True" }],
  };
  const guest = { namespace: "kube-system", name: "guest" };
  await client.patch(PODS, guest, "merge", { status }, { subresource: "status" });
  await client.create(BUDGETS, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: guest,
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
  });
  const refused = await assertRejects(evict, StatusError);
  assertEquals(refused.code, 429);
  await client.delete(BUDGETS, guest);
  await evict();
  const evicted = await client.get(PODS, guest).catch(() => undefined);
  assert(evicted === undefined || evicted.metadata.deletionTimestamp !== undefined);
});

Deno.test("D9: Ports are given back, and those that are spoken for are not given to others", async () => {
  await using fleet = new FakeFleet({ ports: PORTS });
  const portOf = async (cluster: string) => (await fleet.ensureListener(cluster)).port;
  const ports = [await portOf("default/a"), await portOf("default/b")];
  assertEquals(new Set(ports), new Set([PORTS.first, PORTS.last]));
  await fleet.remove("default/a");
  assertEquals(await portOf("default/c"), ports[0]);
  await fleet.remove("default/c");
  await fleet.remove("default/b");
  assertEquals(await fleet.reserve("default/old", PORTS.first), true);
  assertEquals(await portOf("default/new"), PORTS.last);
  assertEquals(await portOf("default/old"), PORTS.first);
});

Deno.test("D10: An etcd that has lost its leader elects its oldest member", async () => {
  const clock = new VirtualClock(Date.parse("2026-01-01"));
  await using cluster = await FakeCluster.start({ clock, controllers: "none" });
  const { client } = cluster;
  const record = new EtcdRecord(client, clock);
  for (const name of ["a", "b", "c"]) {
    const node = await client.create(NODES, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
    });
    const annotations = await record.newMember("default/demo", name);
    const facts = { component: "etcd", node, version: "v1.36.0", annotations } as const;
    await ensureStaticPod(client, facts, clock.now());
    await record.ensureLeader();
    await clock.advance(1000);
  }
  const leaders = async () =>
    (await record.members()).filter(({ metadata }) =>
      metadata.annotations?.[ETCD_LEADER_FROM] !== undefined
    ).map(({ metadata }) => metadata.name);
  assertEquals(await leaders(), ["etcd-a"]);
  await client.patch(PODS, { namespace: "kube-system", name: "etcd-a" }, "merge", {
    metadata: { annotations: { [ETCD_MEMBER_REMOVED]: "" } },
  });
  await record.ensureLeader();
  assertEquals(await leaders(), ["etcd-b"]);
});

Deno.test("D15: Metrics grow neither with user agents nor with hosts nor with names", async () => {
  await using fleet = new FakeFleet({ ports: PORTS });
  await fleet.ensureListener("default/a");
  const server = fleet.server("default/a");
  assert(server !== undefined);
  const ask = fetchAdapter(server.handler, { user: adminUser });
  const lines = async (from: number) => {
    for (let i = from; i < from + 100; i++) {
      const url = `https://host-${i}/api/v1/namespaces/default/configmaps/name-${i}`;
      const response = await ask(new Request(url, { headers: { "user-agent": `agent-${i}` } }));
      await response.body?.cancel();
    }
    return fleetMetrics(fleet).flatMap((metric) => [...metric.lines()]);
  };
  const few = await lines(0);
  const many = await lines(100);
  assertEquals(many.length, few.length);
  assert(few.some((line) => line.startsWith("inmemory_apiserver_request_total{")));
  assert(!many.some((line) => /agent-|host-|name-/.test(line)));
});

Deno.test("D16: DELETED is told when an object goes, not when its deletion begins", async () => {
  await using cluster = await FakeCluster.start({ controllers: "none" });
  const { client } = cluster;
  const key = { namespace: "default", name: "a" };
  await client.create(CONFIG_MAPS, configMap("a", { finalizers: ["example.com/wait"] }));
  const { resourceVersion = "" } = await client.list(CONFIG_MAPS);
  const seen = await events(client, { namespace: "default", resourceVersion }, 2, async () => {
    await client.delete(CONFIG_MAPS, key);
    await client.patch(CONFIG_MAPS, key, "merge", { metadata: { finalizers: null } });
  });
  assertEquals(seen, ["MODIFIED a", "DELETED a"]);
});
