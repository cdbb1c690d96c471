// An etcd member as a gRPC client sees it, through a duplex stream and with
// mutual TLS.

import { assert, assertEquals, assertRejects } from "@std/assert";
import * as grpc from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import net from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { connectedPair } from "../apiserver/tunnel/connected_pair.ts";
import { SeededRandom } from "../runtime/random.ts";
import { systemClock } from "../runtime/clock.ts";
import { createAuthority, issueCertificate } from "../runtime/pki/mod.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { memberServices } from "./grpc_services.ts";
import { MemberServer } from "./grpc_server.ts";
import { MemberApi } from "./member_api.ts";

interface Fixture {
  readonly cluster: EtcdCluster;
  readonly api: MemberApi;
  call<A>(method: string, request?: unknown): Promise<A>;
  stream(method: string, ...metadata: grpc.Metadata[]): grpc.ClientDuplexStream<unknown, unknown>;
}

/** Runs `act` with a cluster of three whose first member is on the wire. */
async function withMember(act: (fixture: Fixture) => Promise<void>, tls = true): Promise<void> {
  const cluster = new EtcdCluster({ clock: systemClock, random: new SeededRandom(1) });
  const first = cluster.startMember({ name: "a" });
  for (const name of ["b", "c"]) cluster.startMember({ name });
  const api = new MemberApi(cluster, first.id);
  const now_ms = systemClock.now();
  const authority = createAuthority({ commonName: "etcd-ca", now_ms });
  const pair = issueCertificate(authority, {
    commonName: "etcd-a",
    dnsNames: ["localhost", "etcd-a"],
    usages: ["server", "client"],
    now_ms,
  });
  const client = issueCertificate(authority, { commonName: "c", usages: ["client"], now_ms });
  const server = new MemberServer(
    api,
    tls ? { authority: authority.certificate, ...pair } : undefined,
  );
  const listener = net.createServer((socket) => void server.serve(socket));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as net.AddressInfo;
  const credentials = tls
    ? grpc.credentials.createSsl(
      Buffer.from(authority.certificate),
      Buffer.from(client.key),
      Buffer.from(client.certificate),
    )
    : grpc.credentials.createInsecure();
  const definitions = Object.fromEntries(
    memberServices(api).flatMap(({ definition }) => Object.entries(definition)),
  );
  const Client = grpc.makeGenericClientConstructor(definitions, "etcd");
  const connection = new Client(`127.0.0.1:${port}`, credentials, {
    "grpc.ssl_target_name_override": "etcd-a",
    "grpc.default_authority": "etcd-a",
  });
  // deno-lint-ignore no-explicit-any -- grpc-js makes the methods at run time
  const methods = connection as any;
  try {
    await act({
      cluster,
      api,
      call: (method, request = {}) =>
        new Promise((resolve, reject) =>
          methods[method](
            request,
            (error: Error | null, answer: never) =>
              error === null ? resolve(answer) : reject(error),
          )
        ),
      stream: (method, ...metadata) => methods[method](...metadata),
    });
  } finally {
    connection.close();
    await server.close();
    listener.close();
    cluster.close();
  }
}

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

Deno.test("MemberServer answers what a control plane controller asks", async () => {
  await withMember(async ({ cluster, call }) => {
    const status = await call<{ leader: bigint; version: string; header: { memberId: bigint } }>(
      "Status",
    );
    assertEquals(status.version, "3.6.4");
    assertEquals(status.leader, cluster.leader?.id);
    assertEquals(status.header.memberId, cluster.memberByName("a")?.id);
    const list = await call<{ members: { id: bigint; name: string }[] }>("MemberList");
    assertEquals(list.members.map(({ name }) => name).sort(), ["a", "b", "c"]);
    const ids = list.members.map(({ id }) => id);
    assertEquals(ids, ids.toSorted((a, b) => a < b ? -1 : 1));
    const c = cluster.memberByName("c");
    await call("MoveLeader", { id: c?.id });
    assertEquals(cluster.leader?.name, "c");
    await assertRejects(() => call("MoveLeader", { id: c?.id }), Error, "etcdserver: not leader");
    await call("MemberRemove", { id: c?.id });
    assertEquals(cluster.leader?.name, "a");
    const alarms = await call<{ alarms: unknown[] }>("Alarm", { action: 0 });
    assertEquals(alarms.alarms, []);
    await assertRejects(
      () => call("MemberRemove", { id: 12345n }),
      Error,
      "5 NOT_FOUND: etcdserver: member not found",
    );
  });
});

Deno.test("MemberServer keeps keys, transactions and history", async () => {
  await withMember(async ({ call }) => {
    type Range = { kvs: { key: Uint8Array; value: Uint8Array }[]; count: number };
    for (const key of ["k1", "k2", "k3"]) await call("Put", { key: bytes(key), value: bytes("v") });
    const all = await call<Range>("Range", { key: bytes("k"), rangeEnd: bytes("l"), limit: 2 });
    assertEquals(all.kvs.map(({ key }) => text(key)), ["k1", "k2"]);
    assertEquals(all.count, 3);
    const txn = await call<{ succeeded: boolean; header: { revision: number } }>("Txn", {
      compare: [{ result: 0, target: 0, key: bytes("new"), version: 0 }],
      success: [{ put: { key: bytes("new"), value: bytes("1") } }],
      failure: [],
    });
    assertEquals(txn.succeeded, true);
    assertEquals(txn.header.revision, 5);
    await call("DeleteRange", { key: bytes("k1") });
    assertEquals((await call<Range>("Range", { key: bytes("k1") })).count, 0);
    assertEquals((await call<Range>("Range", { key: bytes("k1"), revision: 5 })).count, 1);
    await call("Compact", { revision: 6 });
    await assertRejects(
      () => call("Range", { key: bytes("k1"), revision: 5 }),
      Error,
      "etcdserver: mvcc: required revision has been compacted",
    );
  }, false);
});

Deno.test("MemberServer watches and cancels", async () => {
  await withMember(async ({ call, stream }) => {
    type Answer = { watchId: number; created: boolean; events: { kv: { key: Uint8Array } }[] };
    const watch = stream("Watch");
    const answers: Answer[] = [];
    const waiting: (() => void)[] = [];
    watch.on("data", (answer: Answer) => {
      answers.push(answer);
      waiting.shift()?.();
    });
    const next = () => new Promise<void>((resolve) => waiting.push(resolve));
    const created = next();
    watch.write({ createRequest: { key: bytes("a"), rangeEnd: bytes("b") } });
    await created;
    assert(answers[0]?.created);
    const told = next();
    await call("Put", { key: bytes("b"), value: bytes("not told") });
    await call("Put", { key: bytes("a1"), value: bytes("told") });
    await told;
    assertEquals(text(answers[1]?.events[0]?.kv.key ?? bytes("")), "a1");
    watch.end();
    await new Promise((resolve) => watch.on("end", resolve));
  });
});

Deno.test("MemberServer ends watches that want a leader when there is none any more, and only those", async () => {
  await withMember(async ({ cluster, stream }) => {
    const wanting = new grpc.Metadata();
    wanting.set("hasleader", "true");
    const open = async (...metadata: grpc.Metadata[]) => {
      const watch = stream("Watch", ...metadata);
      const ended = new Promise<string>((resolve) =>
        watch.on("error", ({ message }: Error) => resolve(message))
      );
      watch.write({ createRequest: { key: bytes("a") } });
      await new Promise<void>((resolve) => {
        watch.once("data", () => resolve());
        void ended.then(() => resolve());
      });
      return { watch, ended };
    };
    const [plain, bound] = [await open(), await open(wanting)];
    for (const name of ["b", "c"]) cluster.stopMember(cluster.memberByName(name)?.id ?? 0n);
    assertEquals(await bound.ended, "14 UNAVAILABLE: etcdserver: no leader");
    assertEquals(await (await open(wanting)).ended, "14 UNAVAILABLE: etcdserver: no leader");
    const late = await open();
    for (const { watch } of [plain, late]) {
      watch.write({ progressRequest: {} });
      await new Promise((resolve) => watch.once("data", resolve));
      watch.cancel();
    }
  }, false);
});

Deno.test("MemberServer tells a watch that was not read for a while of all that happened meanwhile", async () => {
  await withMember(async ({ call, stream }) => {
    type Answer = { events: { kv: { modRevision: number } }[] };
    const watch = stream("Watch");
    watch.write({ createRequest: { key: bytes("a") } });
    await new Promise((resolve) => watch.once("data", resolve));
    watch.pause();
    for (let i = 0; i < 60; i++) {
      await call("Put", { key: bytes("a"), value: new Uint8Array(500_000) });
    }
    const told: number[] = [];
    watch.on("data", ({ events }: Answer) => {
      told.push(...events.map(({ kv }) => kv.modRevision));
      if (told.length === 60) watch.end();
    });
    watch.resume();
    await new Promise((resolve) => watch.on("end", resolve));
    assertEquals(told, Array.from({ length: 60 }, (_, i) => i + 2));
  }, false);
});

Deno.test("MemberServer makes no more of a snapshot than its client reads", async () => {
  await withMember(async ({ api, call, stream }) => {
    const value = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 16; i++) await call("Put", { key: bytes(`key-${i}`), value });
    let [made_bytes, open] = [0, 0];
    const { snapshot } = MemberApi.prototype;
    api.snapshot = function* () {
      open++;
      try {
        for (const piece of snapshot.call(api)) {
          made_bytes += piece.blob.length;
          yield piece;
        }
      } finally {
        open--;
      }
    };
    const size_bytes = api.status().dbSize;
    const slow = stream("Snapshot");
    const first = await new Promise<{ blob: Uint8Array }>((resolve) => slow.once("data", resolve));
    slow.pause();
    await new Promise((next) => setTimeout(next, 200));
    const ahead_bytes = made_bytes;
    assert(ahead_bytes < 2 * 1024 * 1024, `${ahead_bytes} of ${size_bytes} bytes are made`);
    await new Promise((next) => setTimeout(next, 200));
    assertEquals(made_bytes, ahead_bytes);
    let read_bytes = first.blob.length;
    for await (const { blob } of slow) read_bytes += (blob as Uint8Array).length;
    assertEquals([read_bytes, open], [size_bytes + 32, 0]);

    const leaving = stream("Snapshot");
    leaving.on("error", () => {});
    await new Promise((resolve) => leaving.once("data", resolve));
    assertEquals(open, 1);
    leaving.cancel();
    for (let i = 0; i < 200 && open > 0; i++) await new Promise((next) => setTimeout(next, 5));
    assertEquals(open, 0);
  }, false);
});

Deno.test("MemberServer refuses clients without a certificate", async () => {
  const cluster = new EtcdCluster({ clock: systemClock, random: new SeededRandom(1) });
  const member = cluster.startMember({ name: "a" });
  const now_ms = systemClock.now();
  const authority = createAuthority({ commonName: "etcd-ca", now_ms });
  const pair = issueCertificate(authority, {
    commonName: "etcd-a",
    dnsNames: ["etcd-a"],
    usages: ["server", "client"],
    now_ms,
  });
  const api = new MemberApi(cluster, member.id);
  const server = new MemberServer(api, { authority: authority.certificate, ...pair });
  const listener = net.createServer((socket) => void server.serve(socket));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as net.AddressInfo;
  const { definition } = memberServices(api)[3] as { definition: grpc.ServiceDefinition };
  const Client = grpc.makeGenericClientConstructor(definition, "Cluster");
  const connection = new Client(
    `127.0.0.1:${port}`,
    grpc.credentials.createSsl(Buffer.from(authority.certificate)),
    { "grpc.ssl_target_name_override": "etcd-a" },
  );
  try {
    await assertRejects(
      () =>
        new Promise((resolve, reject) =>
          // deno-lint-ignore no-explicit-any -- grpc-js makes the methods at run time
          (connection as any).MemberList(
            {},
            (error: Error | null, answer: unknown) =>
              error === null ? resolve(answer) : reject(error),
          )
        ),
      Error,
      "UNAVAILABLE",
    );
  } finally {
    connection.close();
    await server.close();
    listener.close();
    cluster.close();
  }
});

Deno.test("MemberServer says what etcd says while nobody has turned authentication on", async () => {
  await withMember(async ({ call }) => {
    const status = await call<{ enabled: boolean; authRevision: number }>("AuthStatus");
    assertEquals([status.enabled, status.authRevision], [false, 1]);
    assertEquals((await call<{ names: string[] }>("UserList")).names, []);
    await assertRejects(() => call("AuthEnable"), Error, "etcdserver: root user does not exist");
    const refusals = {
      Authenticate: "9 FAILED_PRECONDITION: etcdserver: authentication is not enabled",
      UserGet: "9 FAILED_PRECONDITION: etcdserver: user name not found",
      RoleGrantPermission: "9 FAILED_PRECONDITION: etcdserver: role name not found",
    };
    for (const [method, refusal] of Object.entries(refusals)) {
      await assertRejects(() => call(method), Error, refusal);
    }
  });
});

Deno.test("MemberServer keeps nothing of connections that do not become TLS", async () => {
  const authority = createAuthority({ commonName: "etcd-ca", now_ms: systemClock.now() });
  const cluster = new EtcdCluster({ clock: systemClock, random: new SeededRandom(1) });
  const api = new MemberApi(cluster, cluster.startMember({ name: "a" }).id);
  const server = new MemberServer(api, { ...authority, authority: authority.certificate });
  const served: WeakRef<object>[] = [];
  for (let i = 0; i < 20; i++) {
    const [near, far] = connectedPair();
    served.push(new WeakRef(far));
    await server.serve(far);
    const over = new Promise<void>((resolve) => near.once("close", () => resolve()));
    near.resume().end("no TLS at all\r\n\r\n");
    await over;
  }
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 5; round++) {
    await new Promise((next) => setTimeout(next, 10));
    collect();
  }
  // The last one may still stand on somebody's stack.
  assert(served.filter((one) => one.deref() !== undefined).length <= 2);
  await server.close();
  cluster.close();
});
