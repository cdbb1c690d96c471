// The ports of a fake control plane as a control plane controller reaches
// them: through the API server's port forwarding, with certificates.

import { assert, assertEquals, assertRejects } from "@std/assert";
import * as grpc from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import net from "node:net";
import type { Duplex } from "node:stream";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { FakeFleet, type FakeFleetOptions, type KubeObject } from "../mod.ts";
import {
  type Caller,
  type Forwarder,
  openForwarder,
} from "../apiserver/tunnel/_port_forward_client_for_test.ts";
import { EtcdCluster } from "../etcd/etcd_cluster.ts";
import { memberServices } from "../etcd/grpc_services.ts";
import { MemberApi } from "../etcd/member_api.ts";
import { SqliteStorage } from "../apiserver/persistence/sqlite_storage.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { createAuthority, issueCertificate, type KeyPair } from "../runtime/pki/mod.ts";
import { SeededRandom } from "../runtime/random.ts";

const CLUSTER = "default/demo";
const PODS = { apiVersion: "v1", resource: "pods" };
const SERVICE_ACCOUNTS = { apiVersion: "v1", resource: "serviceaccounts" };
const RECORD = "etcd.inmemory.infrastructure.cluster.x-k8s.io";
const MACHINES = ["m-0", "m-1", "m-2"];

interface Fixture {
  readonly fleet: FakeFleet;
  readonly caller: Caller;
  readonly authority: KeyPair;
  readonly etcdAuthority: KeyPair;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await holds()) return;
    await new Promise((next) => setTimeout(next, 10));
  }
  throw new Error("It did not come to pass");
}

function staticPod(component: string, machine: string, annotations = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `${component}-${machine}`,
      namespace: "kube-system",
      labels: { component, tier: "control-plane" },
      annotations,
    },
    spec: { nodeName: machine, hostNetwork: true, containers: [{ name: "a", image: "a" }] },
  };
}

async function withControlPlane(
  act: (fixture: Fixture) => Promise<void>,
  where: FakeFleetOptions = { ports: { first: 28_100, last: 28_200 } },
): Promise<void> {
  await using fleet = new FakeFleet(where);
  const now_ms = systemClock.now();
  const authority = createAuthority({ commonName: "kubernetes", now_ms });
  const etcdAuthority = createAuthority({ commonName: "etcd-ca", now_ms });
  const { host, port } = await fleet.ensureListener(CLUSTER);
  const client = fleet.client(CLUSTER);
  assert(client !== undefined);
  const account = { namespace: "kube-system", name: "default" };
  await until(() => client.get(SERVICE_ACCOUNTS, account).then(() => true, () => false));
  const { items } = await client.list(PODS, { namespace: "kube-system" });
  const present = new Set(items.map(({ metadata }) => metadata.name));
  for (const [i, machine] of MACHINES.entries()) {
    const spec = { machine, clusterId: "77", memberId: String(i + 1) };
    const record = { [`${RECORD}/cluster-id`]: "77", [`${RECORD}/member-id`]: spec.memberId };
    const leads = i === 1 ? { [`${RECORD}/leader-from`]: "2026-01-01T00:00:00.000000Z" } : {};
    const pods = [
      staticPod("etcd", machine, { ...record, ...leads }),
      staticPod("kube-apiserver", machine),
    ];
    for (const pod of pods) {
      const key = { namespace: "kube-system", name: pod.metadata.name ?? "" };
      if (present.has(key.name)) continue;
      await client.create(PODS, pod);
      const running = { status: { phase: "Running" } };
      await client.patch(PODS, key, "merge", running, { subresource: "status" });
    }
    await fleet.addEtcdMember(CLUSTER, etcdAuthority, spec);
    await fleet.startApiServer(CLUSTER, authority, machine);
  }
  const admin = issueCertificate(authority, {
    commonName: "kubernetes-admin",
    organizations: ["system:masters"],
    usages: ["client"],
    now_ms,
  });
  const address = where.serverNames === undefined ? {} : { address: "127.0.0.1" };
  const url = `https://${host}:${port}`;
  const caller = { url, ...address, authority: authority.certificate, ...admin };
  await act({ fleet, caller, authority, etcdAuthority });
}

interface EtcdClient {
  // deno-lint-ignore no-explicit-any -- grpc-js makes the methods at run time
  call(method: string, request?: unknown): Promise<any>;
}

/** What the API server answers inside a tunnel to its port. */
async function nodesThrough(
  { caller, authority }: Pick<Fixture, "caller" | "authority">,
  pod: string,
  kind: "spdy" | "websocket",
): Promise<{ shown: string; answer: string }> {
  const forwarder = await openForwarder(caller, "kube-system", pod, kind);
  const { certificate = "", key = "" } = caller;
  const socket = await secure(forwarder.dial(6443).data, {
    servername: "kubernetes",
    ca: authority.certificate,
    cert: certificate,
    key,
    ALPNProtocols: ["http/1.1"],
  });
  const shown = String(socket.getPeerCertificate().subject.CN);
  socket.write("GET /api/v1/nodes HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  forwarder.connection.close();
  return { shown, answer };
}

/** Runs `act` with a gRPC client of the etcd member on a machine, through a tunnel, as kubectl would make one. */
async function withEtcd(
  { caller, etcdAuthority }: Pick<Fixture, "caller" | "etcdAuthority">,
  machine: string,
  act: (client: EtcdClient) => Promise<void>,
  clientAuthority = etcdAuthority,
  kind: "spdy" | "websocket" = "websocket",
): Promise<void> {
  const forwarder: Forwarder = await openForwarder(
    caller,
    "kube-system",
    `etcd-${machine}`,
    kind,
  );
  const relay = net.createServer((socket) => {
    const { data } = forwarder.dial(2379);
    socket.on("error", () => {});
    socket.on("close", () => data.destroy());
    data.on("close", () => socket.destroy());
    socket.pipe(data).pipe(socket);
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  const now_ms = systemClock.now();
  const pair = issueCertificate(clientAuthority, { commonName: "c", usages: ["client"], now_ms });
  const credentials = grpc.credentials.createSsl(
    Buffer.from(etcdAuthority.certificate),
    Buffer.from(pair.key),
    Buffer.from(pair.certificate),
  );
  const shape = new EtcdCluster({ clock: systemClock, random: new SeededRandom(1) });
  const definitions = Object.fromEntries(
    memberServices(new MemberApi(shape, 1n)).flatMap(({ definition }) =>
      Object.entries(definition)
    ),
  );
  const Client = grpc.makeGenericClientConstructor(definitions, "etcd");
  const client = new Client(`127.0.0.1:${(relay.address() as net.AddressInfo).port}`, credentials, {
    "grpc.ssl_target_name_override": `etcd-${machine}`,
  });
  // deno-lint-ignore no-explicit-any -- grpc-js makes the methods at run time
  const methods = client as any;
  const deadline = () => ({ deadline: systemClock.now() + 3000 });
  try {
    await act({
      call: (method, request = {}) =>
        new Promise((resolve, reject) =>
          methods[method](
            request,
            deadline(),
            (error: Error | null, answer: unknown) =>
              error === null ? resolve(answer) : reject(error),
          )
        ),
    });
  } finally {
    client.close();
    relay.close();
    forwarder.connection.close();
    shape.close();
  }
}

/** TLS inside a stream. */
async function secure(stream: Duplex, options: ConnectionOptions): Promise<TLSSocket> {
  const inside: ConnectionOptions = { ...options, socket: stream };
  const socket = connect(inside);
  await new Promise((resolve, reject) => {
    socket.on("secureConnect", resolve);
    socket.on("error", reject);
  });
  return socket;
}

/** Ends a member as the provider does: the record first. */
async function takeDown(fleet: FakeFleet, machine: string): Promise<void> {
  const key = { namespace: "kube-system", name: `etcd-${machine}` };
  await fleet.client(CLUSTER)?.delete(PODS, key, { gracePeriodSeconds: 0 });
  await fleet.removeEtcdMember(CLUSTER, machine);
}

const names = (answer: { members: { name: string }[] }) => answer.members.map(({ name }) => name);

Deno.test("ControlPlanePorts serves each etcd member with a certificate of its own, and one state", async () => {
  await withControlPlane(async (fixture) => {
    for (const [i, machine] of MACHINES.entries()) {
      await withEtcd(fixture, machine, async ({ call }) => {
        assertEquals(names(await call("MemberList")), MACHINES);
        const status = await call("Status");
        assertEquals([status.header.memberId, status.header.clusterId], [BigInt(i + 1), 77n]);
        assertEquals(status.leader, 2n);
        const key = Buffer.from("shared");
        const none = Buffer.alloc(0);
        const { kvs } = await call("Range", { key, rangeEnd: none });
        assertEquals(
          kvs.map(({ value }: { value: Uint8Array }) => Buffer.from(value).toString()),
          i === 0 ? [] : [MACHINES[i - 1]],
        );
        await call("Put", { key, value: Buffer.from(machine), lease: 0n });
      });
    }
  });
});

Deno.test("ControlPlanePorts keeps what etcd holds where its cluster is kept, until the last member goes", async () => {
  const folder = await Deno.makeTempDir();
  const none = Buffer.alloc(0);
  const range = { key: Buffer.from("kept"), rangeEnd: none };
  const inProcess = async (act: (fixture: Fixture) => Promise<void>) => {
    using storage = new SqliteStorage(`${folder}/clusters.sqlite`);
    await withControlPlane(act, { ports: { first: 28_100, last: 28_200 }, storage });
  };
  try {
    await inProcess((fixture) =>
      withEtcd(fixture, "m-0", async ({ call }) => {
        const { ID } = await call("LeaseGrant", { id: 5n, ttl: 600 });
        assertEquals(ID ?? 5n, 5n);
        await call("Put", { key: range.key, value: Buffer.from("1"), lease: 5n });
      })
    );
    await inProcess(async (fixture) => {
      await withEtcd(fixture, "m-1", async ({ call }) => {
        const { kvs, header } = await call("Range", range);
        assertEquals([Buffer.from(kvs[0].value).toString(), kvs[0].lease], ["1", 5n]);
        assertEquals([header.revision, header.memberId], [2, 2n]);
        assertEquals(names(await call("MemberList")), MACHINES);
      });
      for (const machine of MACHINES) await takeDown(fixture.fleet, machine);
    });
    await inProcess((fixture) =>
      withEtcd(fixture, "m-0", async ({ call }) => {
        assertEquals((await call("Range", range)).kvs, []);
      })
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ControlPlanePorts keeps what etcd holds for members that are yet to start again, and not for those that never do", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/clusters.sqlite`;
  const ports = { first: 28_100, last: 28_200 };
  try {
    {
      using storage = new SqliteStorage(path);
      await withControlPlane((fixture) =>
        withEtcd(fixture, "m-0", async ({ call }) => {
          const value = Buffer.from("1");
          await call("Put", { key: Buffer.from("kept"), value, lease: 0n });
        }), { ports, storage });
    }
    using storage = new SqliteStorage(path);
    await using fleet = new FakeFleet({ ports, storage });
    await fleet.ensureListener(CLUSTER);
    const authority = createAuthority({ commonName: "etcd-ca", now_ms: systemClock.now() });
    const first = { machine: "m-0", clusterId: "77", memberId: "1" };
    await fleet.addEtcdMember(CLUSTER, authority, first);
    const left = () => storage.buckets(CLUSTER).read("key").length;
    await takeDown(fleet, "m-0");
    assertEquals(left(), 1, "two more members have it");
    await takeDown(fleet, "m-1");
    assertEquals(left(), 1, "one more member has it");
    await takeDown(fleet, "m-2");
    assertEquals(left(), 0, "it went with the last member");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ControlPlanePorts shows and wants certificates of the etcd authority", async () => {
  await withControlPlane(async (fixture) => {
    const { caller, authority, etcdAuthority } = fixture;
    await assertRejects(() =>
      withEtcd(fixture, "m-0", async ({ call }) => void await call("Status"), authority)
    );
    const forwarder = await openForwarder(caller, "kube-system", "etcd-m-0", "spdy");
    const pair = issueCertificate(etcdAuthority, {
      commonName: "c",
      usages: ["client"],
      now_ms: systemClock.now(),
    });
    const socket = await secure(forwarder.dial(2379).data, {
      servername: "etcd-m-0",
      ca: etcdAuthority.certificate,
      cert: pair.certificate,
      key: pair.key,
      ALPNProtocols: ["h2"],
    });
    const shown = socket.getPeerCertificate();
    assertEquals(shown.subject.CN, "m-0");
    assertEquals(shown.issuer.CN, "etcd-ca");
    assertEquals(socket.alpnProtocol, "h2");
    socket.destroy();
    forwarder.connection.close();
  });
});

Deno.test("ControlPlanePorts renews the certificates of etcd members long before they end", async () => {
  const DAY_MS = 86_400_000;
  let ahead_ms = 0;
  const clock: Clock = {
    now: () => systemClock.now() + ahead_ms,
    after: (delay_ms, action, options) => systemClock.after(delay_ms, action, options),
  };
  const where = { ports: { first: 28_100, last: 28_200 }, clock };
  await withControlPlane(async ({ caller, etcdAuthority }) => {
    const shown = async () => {
      const forwarder = await openForwarder(caller, "kube-system", "etcd-m-0", "spdy");
      const socket = await secure(forwarder.dial(2379).data, {
        servername: "etcd-m-0",
        ca: etcdAuthority.certificate,
        ...issueCertificateFor(etcdAuthority),
        ALPNProtocols: ["h2"],
        // What is issued later is not valid yet for a client of today.
        rejectUnauthorized: ahead_ms === 0,
      });
      const { serialNumber, valid_to } = socket.getPeerCertificate();
      socket.destroy();
      forwarder.connection.close();
      return { serialNumber, left_d: (Date.parse(valid_to) - clock.now()) / DAY_MS };
    };
    const first = await shown();
    assertEquals((await shown()).serialNumber, first.serialNumber);
    ahead_ms = 239 * DAY_MS;
    assertEquals((await shown()).serialNumber, first.serialNumber);
    ahead_ms = 241 * DAY_MS;
    const renewed = await shown();
    assert(renewed.serialNumber !== first.serialNumber);
    assert(renewed.left_d > 360, `${renewed.left_d} days`);
  }, where);
});

function issueCertificateFor(authority: KeyPair): { cert: string; key: string } {
  const { certificate, key } = issueCertificate(authority, {
    commonName: "c",
    usages: ["client"],
    now_ms: systemClock.now(),
  });
  return { cert: certificate, key };
}

Deno.test("ControlPlanePorts lets go of members that are removed, by whomever", async () => {
  await withControlPlane(async (fixture) => {
    const { fleet } = fixture;
    const client = fleet.client(CLUSTER);
    await withEtcd(fixture, "m-0", async ({ call }) => {
      await call("MemberRemove", { id: 2n });
      assertEquals(names(await call("MemberList")), ["m-0", "m-2"]);
      // The pods tell it to whoever reads the record.
      await until(async () => {
        const pod = await client?.get(PODS, { namespace: "kube-system", name: "etcd-m-1" });
        return pod?.metadata.annotations?.[`${RECORD}/member-removed`] !== undefined;
      });
      assertEquals((await call("Status")).leader !== 2n, true);
    });
    await assertRejects(() =>
      withEtcd(fixture, "m-1", async ({ call }) => void await call("Status"))
    );
    await withEtcd(fixture, "m-2", async ({ call }) => {
      await client?.delete(PODS, { namespace: "kube-system", name: "etcd-m-0" }, {
        gracePeriodSeconds: 0,
      });
      await fleet.removeEtcdMember(CLUSTER, "m-0");
      await until(async () => names(await call("MemberList")).join() === "m-2");
    });
    // A member that goes ends the connections of its clients.
    await assertRejects(() =>
      withEtcd(fixture, "m-2", async ({ call }) => {
        await call("Status");
        await fleet.removeEtcdMember(CLUSTER, "m-2");
        await fleet.removeEtcdMember(CLUSTER, "m-1");
        await call("Status");
      })
    );
  });
});

Deno.test("ControlPlanePorts serves the API itself, from every pod that shares the machine's network", async () => {
  await withControlPlane(async ({ fleet, caller, authority }) => {
    for (const pod of ["kube-apiserver-m-0", "etcd-m-1"]) {
      const { shown, answer } = await nodesThrough({ caller, authority }, pod, "spdy");
      assertEquals(shown, "kube-apiserver");
      assert(answer.startsWith("HTTP/1.1 200"), answer);
    }
    await fleet.stopApiServer(CLUSTER, "m-1");
    const forwarder = await openForwarder(caller, "kube-system", "etcd-m-1", "spdy");
    let why = "";
    for await (const chunk of forwarder.dial(6443).error) why += chunk;
    assert(why.includes("connection refused"), why);
    forwarder.connection.close();
  });
});

Deno.test("ControlPlanePorts are reached alike in clusters that share a port and are told apart by name", async () => {
  await withControlPlane(async (fixture) => {
    const { fleet, etcdAuthority } = fixture;
    // A cluster of the same machines at the same port, which is not meant.
    const other = createAuthority({ commonName: "other", now_ms: systemClock.now() });
    await fleet.ensureListener("default/other");
    await fleet.startApiServer("default/other", other, "m-0");
    for (const kind of ["spdy", "websocket"] as const) {
      await withEtcd(
        fixture,
        "m-0",
        async ({ call }) => {
          assertEquals(names(await call("MemberList")), MACHINES);
          const key = Buffer.from(kind);
          await call("Put", { key, value: key, lease: 0n });
          const { kvs } = await call("Range", { key, rangeEnd: Buffer.alloc(0) });
          assertEquals(kvs.length, 1);
        },
        etcdAuthority,
        kind,
      );
      const { shown, answer } = await nodesThrough(fixture, "kube-apiserver-m-1", kind);
      assertEquals(shown, "kube-apiserver");
      assert(answer.startsWith("HTTP/1.1 200"), answer);
    }
  }, { serverNames: { port: 0 } });
});
