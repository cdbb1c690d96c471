// Workload clusters of a fleet as controllers use them over the wire, with a
// client certificate of the cluster's authority. The cases are those of the
// original provider's tests of its server and of its store, whose names the
// tests carry in brackets; where the original differs from a real API server,
// the real one counts.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { FakeFleet } from "../../clusters/fake_fleet.ts";
import { HttpsTransport, RemoteClient } from "../../remote/mod.ts";
import type { Client, ResourceRef } from "../../runtime/client.ts";
import { systemClock } from "../../runtime/clock.ts";
import { silentLogger } from "../../runtime/log.ts";
import { clone, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { createAuthority, issueCertificate } from "../../runtime/pki/mod.ts";
import { SeededRandom, systemRandom } from "../../runtime/random.ts";
import { Cache } from "../../runtime/reconcile/mod.ts";
import { StatusError } from "../../runtime/status.ts";
import { freePort } from "../free_port.ts";
import { until } from "./wire_management.ts";

const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const SERVICES: ResourceRef = { apiVersion: "v1", resource: "services" };
const CONFIG_MAPS: ResourceRef = { apiVersion: "v1", resource: "configmaps" };
const CLUSTER_ROLES: ResourceRef = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  resource: "clusterroles",
};
const CLUSTER = "default/demo";
const authority = createAuthority({ commonName: "kubernetes", now_ms: systemClock.now() });

function fleetOf(ports: number): FakeFleet {
  const first = freePort();
  return new FakeFleet({ ports: { first, last: Math.min(first + ports, 65_535) } });
}

/** Tells a story to a client of a cluster that listens. */
async function withCluster(story: (client: Client) => Promise<void>): Promise<void> {
  await using fleet = fleetOf(10);
  const { host, port } = await fleet.ensureListener(CLUSTER);
  await fleet.startApiServer(CLUSTER, authority, "m");
  const { certificate: cert, key } = issueCertificate(authority, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms: systemClock.now(),
  });
  const transport = new HttpsTransport({
    server: `https://${host}:${port}`,
    namespace: "default",
    credentials: () =>
      Promise.resolve({ headers: {}, tls: { ca: authority.certificate, cert, key } }),
  });
  try {
    const [clock, random] = [systemClock, systemRandom];
    await story(new RemoteClient({ transport, clock, random, qps: 1000, burst: 1000 }));
  } finally {
    transport.close();
  }
}

function object(apiVersion: string, kind: string, metadata: JsonObject, rest: JsonObject = {}) {
  return { apiVersion, kind, metadata, ...rest } as KubeObject;
}

function pod(name: string, rest: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
  const spec = { containers: [{ name: "c", image: "i" }], ...rest };
  return object("v1", "Pod", { name, namespace: "default", ...metadata }, { spec });
}

function configMap(name: string, metadata: JsonObject = {}): KubeObject {
  return object("v1", "ConfigMap", { name, namespace: "default", ...metadata });
}

const at = (name: string) => ({ namespace: "default", name });
const annotated = { metadata: { annotations: { foo: "bar" } } };

async function refused(work: () => Promise<unknown>, reason: string): Promise<void> {
  assertEquals((await assertRejects(work, StatusError)).reason, reason);
}

async function names(client: Client, ref: ResourceRef, query: JsonObject = {}): Promise<string[]> {
  return (await client.list(ref, query)).items.map(({ metadata }) => metadata.name ?? "");
}

Deno.test("A cluster listens from its first API server to its last [TestMux]", async () => {
  await using fleet = fleetOf(10);
  const { host, port } = await fleet.ensureListener(CLUSTER);
  assertEquals(host, "127.0.0.1");
  assert(port > 0);
  const member = (machine: string, memberId: string) => ({ machine, clusterId: "1", memberId });
  const about = () => {
    const { serving, apiServers, etcdMembers } = fleet.describe(CLUSTER) ?? {};
    return { serving, apiServers, etcdMembers };
  };
  assertEquals(about(), { serving: false, apiServers: [], etcdMembers: [] });
  await fleet.startApiServer(CLUSTER, authority, "a");
  await fleet.addEtcdMember(CLUSTER, authority, member("a", "1"));
  await fleet.startApiServer(CLUSTER, authority, "b");
  await fleet.addEtcdMember(CLUSTER, authority, member("b", "2"));
  assertEquals(about(), { serving: true, apiServers: ["a", "b"], etcdMembers: ["a", "b"] });
  await fleet.stopApiServer(CLUSTER, "b");
  await fleet.removeEtcdMember(CLUSTER, "b");
  assertEquals(about(), { serving: true, apiServers: ["a"], etcdMembers: ["a"] });
  await fleet.stopApiServer(CLUSTER, "a");
  await fleet.removeEtcdMember(CLUSTER, "a");
  assertEquals(about(), { serving: false, apiServers: [], etcdMembers: [] });
  await fleet.remove(CLUSTER);
  assertEquals(fleet.describe(CLUSTER), undefined);
});

Deno.test("Nodes and Pods are made, found, changed and taken away [TestAPI_corev1_CRUD, TestAPI_unstructured_CRUD]", async () => {
  await withCluster(async (client) => {
    await client.create(NODES, object("v1", "Node", { name: "foo" }));
    assertEquals(await names(client, NODES), ["foo"]);
    await client.create(PODS, pod("bar", { nodeName: "foo" }));
    await client.create(PODS, pod("labelled", {}, { labels: { name: "labelled" } }));
    assertEquals(await names(client, PODS, { fields: "spec.nodeName=foo" }), ["bar"]);
    assertEquals(await names(client, PODS, { labels: "name=labelled" }), ["labelled"]);
    await client.patch(NODES, { name: "foo" }, "merge", annotated);
    const taints = [{ key: "foo", effect: "NoSchedule" }];
    await client.patch(NODES, { name: "foo" }, "strategic", { spec: { taints } });
    const node = await client.get(NODES, { name: "foo" });
    assertEquals(node.metadata.annotations, { foo: "bar" });
    assertEquals(
      (node.spec.taints as JsonObject[]).filter(({ key }) => key === "foo"),
      taints,
    );
    await client.delete(NODES, { name: "foo" });
    assertEquals(await names(client, NODES), []);
  });
});

Deno.test("Roles are made, found, changed and taken away [TestAPI_rbacv1_CRUD]", async () => {
  await withCluster(async (client) => {
    const { apiVersion } = CLUSTER_ROLES;
    await client.create(CLUSTER_ROLES, object(apiVersion, "ClusterRole", { name: "foo" }));
    assert((await names(client, CLUSTER_ROLES)).includes("foo"));
    await client.patch(CLUSTER_ROLES, { name: "foo" }, "merge", annotated);
    const role = await client.get(CLUSTER_ROLES, { name: "foo" });
    assertEquals(role.metadata.annotations, { foo: "bar" });
    await client.delete(CLUSTER_ROLES, { name: "foo" });
    await refused(() => client.get(CLUSTER_ROLES, { name: "foo" }), "NotFound");
  });
});

Deno.test("Watchers hear of everything in its order [TestAPI_corev1_Watch]", async () => {
  await withCluster(async (client) => {
    const stop = new AbortController();
    const seen = new Map<string, string[]>();
    const { signal } = stop;
    const listen = async (ref: ResourceRef, resourceVersion: string) => {
      for await (const { type, object } of client.watch(ref, { resourceVersion, signal })) {
        const name = object.metadata.name ?? "";
        seen.set(name, [...seen.get(name) ?? [], type]);
      }
    };
    const { resourceVersion } = await client.list(NODES);
    const watches = [NODES, CONFIG_MAPS].map((ref) => listen(ref, resourceVersion));
    await client.create(NODES, object("v1", "Node", { name: "foo" }));
    await client.patch(NODES, { name: "foo" }, "merge", annotated);
    await client.delete(NODES, { name: "foo" });
    await client.create(CONFIG_MAPS, configMap("bar"));
    await client.patch(CONFIG_MAPS, at("bar"), "merge", annotated);
    await client.delete(CONFIG_MAPS, at("bar"));
    const ended = (name: string) => seen.get(name)?.at(-1) === "DELETED";
    await until("both have gone", () => ended("foo") && ended("bar"));
    stop.abort();
    await Promise.allSettled(watches);
    assertEquals(seen.get("bar"), ["ADDED", "MODIFIED", "DELETED"]);
    // Whatever else taints the node comes in between.
    assertEquals(new Set(seen.get("foo")), new Set(["ADDED", "MODIFIED", "DELETED"]));
    assertEquals(seen.get("foo")?.[0], "ADDED");
  });
});

Deno.test("Caches show what is written within a second [TestAPI_corev1_Watch_With_Cache]", async () => {
  await withCluster(async (client) => {
    const stop = new AbortController();
    const cache = new Cache({ client, clock: systemClock, logger: silentLogger });
    cache.start(stop.signal);
    try {
      const ports = [{ port: 80 }];
      const service = object("v1", "Service", at("foo"), { spec: { ports } });
      for (const [ref, one] of [[SERVICES, service], [PODS, pod("foo")]] as const) {
        const informer = cache.informer(ref);
        await informer.synced();
        assertEquals(informer.get("default", "foo"), undefined);
        await client.create(ref, one);
        const begun_ms = systemClock.now();
        await until("it is there", () => informer.get("default", "foo") !== undefined);
        await client.patch(ref, at("foo"), "merge", annotated);
        await until(
          "it is changed",
          () => informer.get("default", "foo")?.metadata.annotations?.["foo"] === "bar",
        );
        await client.delete(ref, at("foo"), { gracePeriodSeconds: 0 });
        await until("it is gone", () => informer.get("default", "foo") === undefined);
        assert(systemClock.now() - begun_ms < 3_000);
      }
    } finally {
      stop.abort();
    }
  });
});

Deno.test("Objects get their facts from the server, and names are taken once [Test_cache_client: create, get, list]", async () => {
  await withCluster(async (client) => {
    const before = (await client.list(CONFIG_MAPS)).resourceVersion;
    const made = await client.create(CONFIG_MAPS, configMap("foo"));
    const { uid, generation, creationTimestamp, resourceVersion } = made.metadata;
    assert(Number(resourceVersion) > Number(before));
    assert(uid !== undefined && creationTimestamp !== undefined);
    assertEquals([made.kind, generation], ["ConfigMap", undefined]);
    await refused(() => client.create(CONFIG_MAPS, configMap("foo")), "AlreadyExists");
    await refused(() => client.get(CONFIG_MAPS, at("other")), "NotFound");
    const unknown = { apiVersion: "v1", resource: "unknowns" };
    await refused(() => client.get(unknown, at("foo")), "NotFound");
    await refused(() => client.create(CONFIG_MAPS, configMap("")), "Invalid");
    assertEquals(await client.get(CONFIG_MAPS, at("foo")), made);
    await client.create(CONFIG_MAPS, configMap("bar"));
    const list = await client.list(CONFIG_MAPS, { namespace: "default" });
    assertEquals(
      list.items.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt")
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`),
      ["ConfigMap bar", "ConfigMap foo"],
    );
    assert(Number(list.resourceVersion) > Number(resourceVersion));
  });
});

Deno.test("Updates count when they change something and nobody was faster [Test_cache_client: update]", async () => {
  await withCluster(async (client) => {
    const made = await client.create(CONFIG_MAPS, configMap("foo"));
    assertEquals(await client.update(CONFIG_MAPS, clone(made)), made);
    const changed = await client.update(CONFIG_MAPS, { ...made, data: { a: "b" } });
    assert(Number(changed.metadata.resourceVersion) > Number(made.metadata.resourceVersion));
    await refused(() => client.update(CONFIG_MAPS, { ...made, data: { c: "d" } }), "Conflict");
    const other = configMap("other", { resourceVersion: made.metadata.resourceVersion ?? "" });
    await refused(() => client.update(CONFIG_MAPS, other), "NotFound");
    // Kinds with a specification count its changes.
    const budgets = { apiVersion: "policy/v1", resource: "poddisruptionbudgets" };
    const selector = { matchLabels: { a: "b" } };
    await client.create(
      budgets,
      object("policy/v1", "PodDisruptionBudget", at("foo"), {
        spec: { minAvailable: 1, selector },
      }),
    );
    const budget = await client.patch(budgets, at("foo"), "merge", { spec: { minAvailable: 2 } });
    assertEquals(budget.metadata.generation, 2);
  });
});

Deno.test("Objects go when their finalizers have, and take theirs along [Test_cache_client: delete, Test_cache_gc]", async () => {
  await withCluster(async (client) => {
    await refused(() => client.delete(CONFIG_MAPS, at("foo")), "NotFound");
    const kept = await client.create(
      CONFIG_MAPS,
      configMap("kept", { finalizers: ["example.com/foo"] }),
    );
    await client.delete(CONFIG_MAPS, at("kept"));
    const { metadata } = await client.get(CONFIG_MAPS, at("kept"));
    assert(metadata.deletionTimestamp !== undefined);
    assert(Number(metadata.resourceVersion) > Number(kept.metadata.resourceVersion));
    await client.patch(CONFIG_MAPS, at("kept"), "merge", { metadata: { finalizers: null } });
    await refused(() => client.get(CONFIG_MAPS, at("kept")), "NotFound");

    const ownedBy = ({ metadata }: KubeObject) => ({
      ownerReferences: [{
        apiVersion: "v1",
        kind: "ConfigMap",
        name: metadata.name ?? "",
        uid: metadata.uid ?? "",
      }],
    });
    const parent = await client.create(CONFIG_MAPS, configMap("parent"));
    const child = await client.create(CONFIG_MAPS, configMap("child", ownedBy(parent)));
    await client.create(CONFIG_MAPS, configMap("grandchild", ownedBy(child)));
    await client.delete(CONFIG_MAPS, at("parent"));
    await until(
      "the grandchild is gone",
      async () => !(await names(client, CONFIG_MAPS)).some((name) => /child|parent/.test(name)),
    );
  });
});

Deno.test("Many clusters keep their contents apart under load [Test_cache_scale]", async () => {
  await using fleet = fleetOf(60);
  const random = new SeededRandom(5);
  const model = new Map<string, Set<string>>();
  for (let i = 0; i < 50; i++) {
    await fleet.ensureListener(`default/c${i}`);
    model.set(`default/c${i}`, new Set());
  }
  const clusters = [...model.keys()];
  const pick = (below: number) => Math.floor(random.next() * below);
  const step = async () => {
    const cluster = clusters[pick(clusters.length)] as string;
    const [client, expected] = [fleet.client(cluster) as Client, model.get(cluster)!];
    const name = `o${pick(20)}`;
    if (random.next() < 0.4 && expected.delete(name)) {
      return await client.delete(CONFIG_MAPS, at(name));
    }
    if (!expected.has(name)) {
      expected.add(name);
      await client.create(CONFIG_MAPS, configMap(name));
    }
  };
  for (let i = 0; i < 100; i++) await Promise.all(Array.from({ length: 50 }, step));
  for (const [cluster, expected] of model) {
    const present = await names(fleet.client(cluster) as Client, CONFIG_MAPS, {
      namespace: "default",
    });
    assertEquals(
      new Set(present.filter((name) => name !== "kube-root-ca.crt")),
      expected,
      cluster,
    );
  }
});
