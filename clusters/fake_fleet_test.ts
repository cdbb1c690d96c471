import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect } from "node:http2";
import { fetchAdapter } from "../apiserver/http/fetch.ts";
import type { Reach } from "../controllers/provider/host.ts";
import { FakeFleet } from "../mod.ts";
import type { FleetStorage } from "./fleet_options.ts";
import type { JsonObject } from "../runtime/object.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../runtime/pki/mod.ts";
import { detachedSignature } from "../runtime/bootstrap_token.ts";
import { rfc3339, VirtualClock } from "../runtime/clock.ts";
import { SeededRandom } from "../runtime/random.ts";
import { StatusError } from "../runtime/status.ts";
import { adminUser } from "../runtime/user.ts";

const CLUSTER = "default/demo";
const PORT = 28_300;
const NODES = { apiVersion: "v1", resource: "nodes" };

function fleetOf(clock: VirtualClock): FakeFleet {
  const ports = { first: PORT, last: PORT + 9 };
  return new FakeFleet({ clock, random: new SeededRandom(1), ports });
}

async function nodesOf(fleet: FakeFleet, ...names: string[]): Promise<string> {
  const client = fleet.client(CLUSTER);
  assert(client !== undefined);
  for (const name of names) {
    await client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name } });
  }
  return (await client.list(NODES)).resourceVersion;
}

async function watchFrom(fleet: FakeFleet, resourceVersion: string): Promise<void> {
  const client = fleet.client(CLUSTER);
  assert(client !== undefined);
  const signal = AbortSignal.timeout(2_000);
  for await (const { type } of client.watch(NODES, { resourceVersion, signal })) {
    throw new Error(`An event came: ${type}`);
  }
}

Deno.test("A FakeFleet serves all clusters on one port, by the names that clients ask for", async () => {
  await using fleet = new FakeFleet({ serverNames: { port: 0, suffix: "test.local" } });
  const clusters = ["default/a", "default/b", "other/a"];
  const ports = new Set<number>();
  for (const name of clusters) {
    const { host, port } = await fleet.ensureListener(name);
    ports.add(port);
    const authority = createAuthority({ commonName: name, now_ms: Date.now() });
    await fleet.startApiServer(name, authority, "m");
    const namespaces = { apiVersion: "v1", resource: "namespaces" };
    const metadata = { name: `of-${name.replace("/", "-")}` };
    await fleet.client(name)?.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata });
    const admin = issueCertificate(authority, {
      commonName: "admin",
      organizations: ["system:masters"],
      usages: ["client"],
      now_ms: Date.now(),
    });
    const session = connect(`https://127.0.0.1:${port}`, {
      servername: host,
      ca: authority.certificate,
      cert: admin.certificate,
      key: admin.key,
    });
    const stream = session.request({ ":path": `/api/v1/namespaces/${metadata.name}` });
    const status = await new Promise((resolve, reject) => {
      stream.on("response", (headers) => resolve(headers[":status"]));
      stream.on("error", reject);
      session.on("error", reject);
    });
    session.destroy();
    assertEquals([host, status], [`${name.split("/").reverse().join(".")}.test.local`, 200]);
  }
  assertEquals(ports.size, 1);
});

Deno.test("A FakeFleet serves all clusters on one port, by path, for tokens and client certificates", async () => {
  await using fleet = new FakeFleet({ serverPaths: { port: 0 } });
  const clusters = ["default/a", "default/b", "other/a"];
  const reached = new Map<string, Reach>();
  const admins = new Map<string, KeyPair>();
  for (const name of clusters) {
    await fleet.ensureListener(name);
    const authority = createAuthority({ commonName: "kubernetes", now_ms: Date.now() });
    admins.set(
      name,
      issueCertificate(authority, {
        commonName: "admin",
        organizations: ["system:masters"],
        usages: ["client"],
        now_ms: Date.now(),
      }),
    );
    await fleet.startApiServer(name, authority, "m");
    const reach = await fleet.reach(name);
    assert(reach !== undefined);
    reached.set(name, reach);
  }
  const ask = async (name: string, who: { token?: string; client?: KeyPair }) => {
    const { server, authority } = reached.get(name)!;
    const { token, client } = who;
    using http = Deno.createHttpClient({
      caCerts: [authority],
      ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    });
    const response = await fetch(`${server}/api/v1/namespaces`, {
      client: http,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(new Set([...reached.values()].map(({ server }) => new URL(server).port)).size, 1);
  for (const name of clusters) {
    for (const whose of clusters) {
      const status = name === whose ? 200 : 401;
      assertEquals(await ask(name, { token: reached.get(whose)!.token }), status);
      assertEquals(await ask(name, { client: admins.get(whose)! }), status);
    }
    assertEquals(await ask(name, {}), 403);
  }
  await fleet.stopApiServer("other/a", "m");
  assertEquals(await ask("other/a", { token: reached.get("other/a")!.token }), 404);
  assertEquals(await ask("default/a", { token: reached.get("default/a")!.token }), 200);
});

Deno.test("A FakeFleet tells watchers of an earlier process that what they remember is too old", async () => {
  const clock = new VirtualClock(Date.UTC(2027, 0, 1));
  let remembered: string;
  {
    await using fleet = fleetOf(clock);
    await fleet.ensureListener(CLUSTER);
    remembered = await nodesOf(fleet, "a", "b", "c");
  }
  clock.advance(1000);
  await using fleet = fleetOf(clock);
  await fleet.reserve(CLUSTER, PORT);
  await fleet.ensureListener(CLUSTER, PORT);
  const now = await nodesOf(fleet, "a");
  assert(Number(now) > Number(remembered), `${now} is after ${remembered}`);
  const error = await assertRejects(() => watchFrom(fleet, remembered), StatusError);
  assertEquals(error.code, 410);
});

Deno.test("A FakeFleet keeps the port of a cluster whose contents cannot be read", async () => {
  let readable = false;
  const storage: FleetStorage = {
    open: () => {
      if (!readable) throw new Error("disk I/O error");
      return { journal: { append: () => {} }, restored: undefined };
    },
    remove: () => {},
    secret: (_cluster, _name, make) => make(),
    buckets: () => ({ read: () => [], write: () => {}, clear: () => {} }),
    clusters: [CLUSTER],
  };
  const ports = { first: PORT, last: PORT + 1 };
  await using fleet = new FakeFleet({ clock: new VirtualClock(), ports, storage });
  assert(await fleet.reserve(CLUSTER, PORT + 1));
  for (let tries = 0; tries < 3; tries++) {
    await assertRejects(() => fleet.ensureListener(CLUSTER, PORT + 1), Error, "disk I/O error");
    await assertRejects(() => fleet.ensureListener("default/new"), Error, "disk I/O error");
  }
  readable = true;
  assertEquals((await fleet.ensureListener("default/new")).port, PORT);
  assertEquals((await fleet.ensureListener(CLUSTER, PORT + 1)).port, PORT + 1);
});

Deno.test("A FakeFleet renews what kubelets would have renewed before its clusters' Nodes are read", async () => {
  const clock = new VirtualClock();
  await using fleet = fleetOf(clock);
  await fleet.ensureListener(CLUSTER);
  const client = fleet.client(CLUSTER);
  const server = fleet.server(CLUSTER);
  assert(client !== undefined && server !== undefined);
  const before = "2026-01-01T00:00:00Z";
  await client.create(NODES, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "a" },
    spec: { providerID: "in-memory://a" },
    status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: before }] },
  });
  await clock.advance(3_600_000);
  const fetch = fetchAdapter(server.handler, { user: adminUser });
  const response = await fetch(new Request("https://demo/api/v1/nodes/a"));
  const { status } = await response.json();
  assertEquals(status.conditions, [{
    type: "Ready",
    status: "True",
    lastHeartbeatTime: "2026-01-01T01:00:00Z",
    lastTransitionTime: null,
  }]);
});

Deno.test("A FakeFleet's clusters know bootstrap tokens, are signed for by them, and forget them when they end", async () => {
  const clock = new VirtualClock();
  await using fleet = fleetOf(clock);
  await fleet.ensureListener(CLUSTER);
  const client = fleet.client(CLUSTER);
  const server = fleet.server(CLUSTER);
  assert(client !== undefined && server !== undefined);
  const info = { namespace: "kube-public", name: "cluster-info" };
  const maps = { apiVersion: "v1", resource: "configmaps" };
  const secrets = { apiVersion: "v1", resource: "secrets" };
  const signers = async (kubeconfig: string) => {
    // What follows from a write is done before time goes on.
    await clock.advance(0);
    const { data } = await client.get(maps, info) as { data?: Record<string, string> };
    const { kubeconfig: text, ...signatures } = data ?? {};
    assertEquals(text, kubeconfig);
    for (const [key, signature] of Object.entries(signatures)) {
      const id = key.slice("jws-kubeconfig-".length);
      assertEquals(signature, detachedSignature(kubeconfig, { id, secret: `${id}0123456789` }));
    }
    return Object.keys(signatures).map((key) => key.slice(-6)).sort();
  };
  const create = (id: string, more: Record<string, string>) =>
    client.create(secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: "kube-system", name: `bootstrap-token-${id}` },
      type: "bootstrap.kubernetes.io/token",
      data: Object.fromEntries(
        Object.entries({ "token-id": id, "token-secret": `${id}0123456789`, ...more })
          .map(([key, text]) => [key, btoa(text)]),
      ),
    });
  const inMinutes = (minutes: number) => rfc3339(clock.now() + minutes * 60_000);
  await create("aaaaaa", { "usage-bootstrap-signing": "true", expiration: inMinutes(10) });
  await create("bbbbbb", {
    "usage-bootstrap-signing": "true",
    "usage-bootstrap-authentication": "true",
    "auth-extra-groups": "system:bootstrappers:testers",
  });
  await create("cccccc", { expiration: inMinutes(10) });
  const kind = { apiVersion: "v1", kind: "ConfigMap", metadata: info };
  await client.create(maps, { ...kind, data: { kubeconfig: "one" } });
  assertEquals(await signers("one"), ["aaaaaa", "bbbbbb"]);
  await client.patch(maps, info, "merge", { data: { kubeconfig: "two" } });
  assertEquals(await signers("two"), ["aaaaaa", "bbbbbb"]);
  await clock.advance(10 * 60_000);
  assertEquals(await signers("two"), ["bbbbbb"]);
  const { items } = await client.list(secrets, { namespace: "kube-system" });
  assertEquals(items.map(({ metadata }) => metadata.name), ["bootstrap-token-bbbbbb"]);
  const ask = async (token: string) => {
    const response = await fetchAdapter(server.handler)(
      new Request("https://demo/apis/authentication.k8s.io/v1/selfsubjectreviews", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({
          apiVersion: "authentication.k8s.io/v1",
          kind: "SelfSubjectReview",
        }),
      }),
    );
    return response.ok ? (await response.json()).status.userInfo : response.status;
  };
  assertEquals(await ask("bbbbbb.bbbbbb0123456789"), {
    username: "system:bootstrap:bbbbbb",
    groups: ["system:bootstrappers", "system:bootstrappers:testers", "system:authenticated"],
  });
  assertEquals(await ask("aaaaaa.aaaaaa0123456789"), 401);
});

Deno.test("A FakeFleet's clusters tell the oldest version of their API servers", async () => {
  await using fleet = fleetOf(new VirtualClock());
  await fleet.ensureListener(CLUSTER);
  const server = fleet.server(CLUSTER);
  assert(server !== undefined);
  const fetch = fetchAdapter(server.handler, { user: adminUser });
  const version = async () =>
    (await (await fetch(new Request("https://demo/version"))).json()).gitVersion;
  const authority = createAuthority({ commonName: "kubernetes", now_ms: Date.now() });
  const told = [await version()];
  for (const [machine, its] of [["a", "v1.34.1"], ["b", "v1.35.0"], ["a", "v1.36.0"]] as const) {
    await fleet.startApiServer(CLUSTER, authority, machine, its);
    told.push(await version());
  }
  await fleet.stopApiServer(CLUSTER, "b");
  assertEquals([...told, await version()], [
    "v1.36.3",
    "v1.34.1",
    "v1.34.1",
    "v1.35.0",
    "v1.36.0",
  ]);
});

Deno.test("A FakeFleet's clusters give their Services addresses from the ranges of the Cluster", async () => {
  const cases: [ranges: string[], kubernetes: string, of: RegExp, families: string[]][] = [
    [["10.96.0.0/12"], "10.96.0.1", /^10\.(9[6-9]|10\d|11[01])\./, ["IPv4"]],
    [["10.128.0.0/16"], "10.128.0.1", /^10\.128\./, ["IPv4"]],
    [["fd00:10:96::/112"], "fd00:10:96::1", /^fd00:10:96::/, ["IPv6"]],
    [["10.128.0.0/16", "fd00:10:96::/112"], "10.128.0.1", /^10\.128\./, ["IPv4", "IPv6"]],
  ];
  for (const [services, kubernetes, of, families] of cases) {
    await using fleet = fleetOf(new VirtualClock());
    await fleet.ensureListener(CLUSTER, undefined, { services });
    const client = fleet.client(CLUSTER);
    assert(client !== undefined);
    const ref = { apiVersion: "v1", resource: "services" };
    const key = { namespace: "default", name: "kubernetes" };
    assertEquals((await client.get(ref, key)).spec.clusterIP, kubernetes);
    const create = (name: string, more: JsonObject) =>
      client.create(ref, {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: "default", name },
        spec: { ports: [{ port: 80 }], ...more },
      });
    const { spec } = await create("any", { ipFamilyPolicy: "PreferDualStack" });
    assert(of.test(spec.clusterIP), spec.clusterIP);
    assertEquals(spec.ipFamilies, families);
    const taken = await assertRejects(() => create("taken", { clusterIP: kubernetes }));
    assert(String(taken).includes("already allocated"), String(taken));
    const addresses = { apiVersion: "networking.k8s.io/v1", resource: "ipaddresses" };
    const names = (await client.list(addresses)).items.map(({ metadata }) => metadata.name ?? "");
    assertEquals(new Set(names), new Set([kubernetes, ...spec.clusterIPs]));
  }
});
