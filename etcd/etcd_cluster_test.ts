// Members of an etcd: who may come, who may go, who leads.

import { assertEquals, assertThrows } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { SeededRandom } from "../runtime/random.ts";
import { toBytes } from "./bytes.ts";
import { EtcdError } from "./errors.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { MemberApi } from "./member_api.ts";

function clusterOf(...names: string[]): EtcdCluster {
  const cluster = new EtcdCluster({ clock: new VirtualClock(), random: new SeededRandom(7) });
  for (const name of names) cluster.startMember({ name });
  return cluster;
}

function idOf(cluster: EtcdCluster, name: string): bigint {
  return cluster.memberByName(name)?.id ?? 0n;
}

Deno.test("EtcdCluster elects another leader when the leader goes", () => {
  const cluster = clusterOf("a", "b", "c");
  const heard: (string | undefined)[] = [];
  cluster.onChange((change) => {
    if (change.type === "leader") heard.push(change.member?.name);
  });
  assertEquals(cluster.leader?.name, "a");
  cluster.moveLeader(idOf(cluster, "a"), idOf(cluster, "c"));
  cluster.removeMember(idOf(cluster, "c"));
  assertEquals(cluster.leader?.name, "a");
  cluster.stopMember(idOf(cluster, "b"));
  assertEquals(cluster.leader, undefined);
  cluster.startMember({ name: "b" });
  assertEquals(cluster.leader?.name, "a");
  assertEquals(heard, ["c", "a", undefined, "a"]);
});

Deno.test("EtcdCluster refuses what would cost the quorum", () => {
  const cluster = clusterOf("a", "b", "c");
  cluster.stopMember(idOf(cluster, "c"));
  assertThrows(
    () => cluster.removeMember(idOf(cluster, "b")),
    Error,
    "etcdserver: unhealthy cluster",
  );
  cluster.removeMember(idOf(cluster, "c"));
  assertEquals(cluster.members.map(({ name }) => name), ["a", "b"]);
  assertThrows(
    () => cluster.removeMember(99n),
    Error,
    "etcdserver: member not found",
  );
});

Deno.test("EtcdCluster takes learners in and promotes them", () => {
  const cluster = clusterOf("a");
  const learner = cluster.addMember(["https://b:2380"], true);
  assertThrows(
    () => cluster.addMember(["https://c:2380"], true),
    Error,
    "etcdserver: too many learner members in cluster",
  );
  assertThrows(
    () => cluster.addMember(["https://b:2380"], false),
    Error,
    "etcdserver: Peer URLs already exists",
  );
  assertThrows(
    () => cluster.promoteMember(learner.id),
    Error,
    "etcdserver: can only promote a learner member which is in sync with leader",
  );
  assertEquals(cluster.startMember({ name: "b" }).id, learner.id);
  assertThrows(
    () => cluster.moveLeader(idOf(cluster, "a"), learner.id),
    Error,
    "etcdserver: bad leader transferee",
  );
  const api = new MemberApi(cluster, learner.id);
  for (const act of [() => api.memberList(), () => api.leaseLeases(), () => api.checkWatch()]) {
    const { code, message } = assertThrows(act, EtcdError);
    assertEquals([code, message], [9, "etcdserver: rpc not supported for learner"]);
  }
  assertEquals(api.snapshot().next().done, false);
  assertEquals(api.status().isLearner, true);
  cluster.promoteMember(learner.id);
  assertEquals(api.memberList().members.length, 2);
  assertThrows(
    () => cluster.promoteMember(learner.id),
    Error,
    "etcdserver: can only promote a learner member",
  );
});

Deno.test("MemberApi raises NOSPACE when the database is full, until it is compacted, defragmented and disarmed", () => {
  const cluster = new EtcdCluster({
    clock: new VirtualClock(),
    random: new SeededRandom(7),
    quota_bytes: 100_000,
  });
  const api = new MemberApi(cluster, cluster.startMember({ name: "a" }).id);
  const put = (size: number) =>
    api.put({
      key: new Uint8Array([97]),
      value: new Uint8Array(size),
      lease: 0n,
      prevKv: false,
      ignoreLease: false,
      ignoreValue: false,
    });
  const disarm = () => api.alarm({ action: 2, memberId: api.id, alarm: 1 });
  const full = "etcdserver: mvcc: database space exceeded";
  for (let i = 0; i < 8; i++) put(10_000);
  assertThrows(() => put(20_000), Error, full);
  assertEquals(api.alarm({ action: 0, memberId: 0n, alarm: 0 }).alarms.length, 1);
  assertThrows(() => put(1), Error, full);
  assertThrows(() => api.leaseGrant({ id: 0n, ttl: 10 }), Error, full);
  assertEquals(api.status().errors.length, 1);
  api.compact({ revision: cluster.store.revision, physical: true });
  disarm();
  assertThrows(() => put(1), Error, full);
  const before = api.status();
  assertEquals([before.dbSize >= 100_000, before.dbSizeInUse < 40_000], [true, true]);
  api.defragment();
  assertEquals(api.status().dbSize < 50_000, true);
  disarm();
  put(10_000);
  assertEquals(api.leaseGrant({ id: 0n, ttl: 10 }).ttl, 10);
});

Deno.test("MemberApi answers no longer once its member is removed", () => {
  const cluster = clusterOf("a", "b");
  const api = new MemberApi(cluster, idOf(cluster, "b"));
  cluster.removeMember(idOf(cluster, "b"));
  assertThrows(() => api.status(), Error, "etcdserver: server stopped");
});

Deno.test("Leases let their keys go when nobody keeps them alive", async () => {
  const clock = new VirtualClock();
  const cluster = new EtcdCluster({ clock, random: new SeededRandom(7) });
  const api = new MemberApi(cluster, cluster.startMember({ name: "a" }).id);
  const { id } = api.leaseGrant({ id: 0n, ttl: 10 });
  const key = new Uint8Array([97]);
  api.put({
    key,
    value: key,
    lease: id,
    prevKv: false,
    ignoreLease: false,
    ignoreValue: false,
  });
  await clock.advance(8_000);
  assertEquals(api.leaseTimeToLive({ id, keys: true }).keys, [key]);
  assertEquals(api.leaseKeepAlive({ id }).ttl, 10);
  await clock.advance(9_000);
  assertEquals(api.leaseTimeToLive({ id, keys: false }).ttl, 1);
  const revision = cluster.store.revision;
  await clock.advance(2_000);
  assertEquals(api.leaseTimeToLive({ id, keys: false }).ttl, -1);
  assertEquals(cluster.store.get("a"), undefined);
  assertEquals(cluster.store.revision, revision + 1);
  assertThrows(() => api.leaseRevoke({ id }), Error, "etcdserver: requested lease not found");
});

Deno.test("MemberApi.alarm() sets and clears one alarm of one member, and answers with that", () => {
  const cluster = clusterOf("a", "b");
  const [a, b] = [idOf(cluster, "a"), idOf(cluster, "b")];
  const api = new MemberApi(cluster, a);
  const [get, set, clear] = [0, 1, 2];
  const ask = (action: number, memberId: bigint, alarm: number) =>
    api.alarm({ action, memberId, alarm }).alarms.map((one) => [one.memberId, one.alarm]);
  assertEquals(ask(set, a, 1), [[a, 1]]);
  assertEquals(ask(set, b, 2), [[b, 2]]);
  assertEquals(ask(set, b, 0), []);
  assertEquals([ask(get, 0n, 0).length, ask(get, 0n, 2)], [2, [[b, 2]]]);
  // None, of nobody, of somebody else.
  assertEquals([ask(clear, a, 0), ask(clear, 0n, 1), ask(clear, b, 1), ask(clear, 9n, 1)], [
    [],
    [],
    [],
    [],
  ]);
  assertEquals([ask(clear, b, 2), ask(get, 0n, 0)], [[[b, 2]], [[a, 1]]]);
});

Deno.test("MemberApi lets nobody write while data is corrupt", () => {
  const cluster = clusterOf("a");
  const api = new MemberApi(cluster, idOf(cluster, "a"));
  const key = new Uint8Array([97]);
  const flags = { prevKv: false, ignoreLease: false, ignoreValue: false };
  const put = { key, value: key, lease: 0n, ...flags };
  const { id } = api.leaseGrant({ id: 0n, ttl: 100 });
  api.put(put);
  cluster.raiseAlarm(api.id, "CORRUPT");
  const range = { key, rangeEnd: new Uint8Array(0), prevKv: false };
  const refused = [
    () => api.put(put),
    () => api.deleteRange(range),
    () => api.txn({ compare: [], success: [{ deleteRange: range }], failure: [] }),
    () => api.compact({ revision: 2, physical: false }),
    () => api.leaseGrant({ id: 0n, ttl: 100 }),
    () => api.leaseRevoke({ id }),
  ];
  for (const act of refused) assertThrows(act, Error, "etcdserver: corrupt cluster");
  assertEquals(api.txn({ compare: [], success: [], failure: [] }).succeeded, true);
});

Deno.test("MemberApi.txn() marks what is within its answer with the revision, inner transactions not", () => {
  const cluster = clusterOf("a");
  const api = new MemberApi(cluster, idOf(cluster, "a"));
  const flags = { lease: 0n, prevKv: false, ignoreLease: false, ignoreValue: false };
  const put = (text: string) => ({ put: { key: toBytes(text), value: toBytes(""), ...flags } });
  const inner = { compare: [], success: [put("b")], failure: [] };
  const { responses } = api.txn({ compare: [], success: [put("a"), { txn: inner }], failure: [] });
  const [outer, txn] = [responses[0]?.put?.header?.revision, responses[1]?.txn];
  assertEquals([outer, txn?.header?.revision, txn?.responses[0]?.put?.header?.revision], [2, 0, 2]);
});

Deno.test("MemberApi.leaseLeases() lists those first that end first", () => {
  const cluster = clusterOf("a");
  const api = new MemberApi(cluster, idOf(cluster, "a"));
  for (const [id, ttl] of [[7n, 100], [8n, 9_000_000_000], [9n, 5]] as const) {
    api.leaseGrant({ id, ttl });
  }
  assertEquals(api.leaseLeases().leases.map(({ id }) => id), [9n, 7n, 8n]);
  cluster.close();
});

Deno.test("MemberApi answers without a quorum what a member knows by itself", () => {
  const cluster = clusterOf("a", "b");
  const api = new MemberApi(cluster, idOf(cluster, "a"));
  cluster.stopMember(idOf(cluster, "b"));
  assertEquals(api.leaseLeases().leases, []);
  assertEquals(api.hashKV({ revision: 0 }).hashRevision, 1);
  assertEquals(api.status().errors, ["etcdserver: no leader"]);
  assertEquals(api.defragment(), {});
  assertEquals(api.snapshot().next().done, false);
  assertThrows(() => api.leaseGrant({ id: 0n, ttl: 10 }), Error, "etcdserver: no leader");
  api.checkWatch();
  assertThrows(() => api.checkWatch(true), Error, "etcdserver: no leader");
});
