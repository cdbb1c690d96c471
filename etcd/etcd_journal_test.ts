import { assert, assertEquals, assertThrows } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { SeededRandom } from "../runtime/random.ts";
import { MemoryBuckets } from "./_memory_buckets_for_test.ts";
import { compareBytes, toBytes } from "./bytes.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { EtcdJournal, hasLeases } from "./etcd_journal.ts";
import { MemberApi } from "./member_api.ts";
import type { PutRequest, RangeRequest, RequestOp } from "./proto/kv_messages.ts";

const NONE = new Uint8Array(0);
const FOREVER_S = 1_000_000;

function put(key: string, value: string, lease = 0n): PutRequest {
  const request = { key: toBytes(key), value: toBytes(value), lease };
  return { ...request, prevKv: false, ignoreValue: false, ignoreLease: false };
}

function from(key: string, rangeEnd: Uint8Array = NONE, revision = 0): RangeRequest {
  return {
    key: toBytes(key),
    rangeEnd,
    revision,
    limit: 0,
    sortOrder: 0,
    sortTarget: 0,
    serializable: false,
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
  };
}

/** An etcd of one member that goes on from what the buckets hold. */
function open(buckets: MemoryBuckets, clusterId = 7n) {
  const clock = new VirtualClock();
  const cluster = new EtcdCluster({
    clock,
    random: new SeededRandom(3),
    clusterId,
    journal: new EtcdJournal(buckets),
  });
  cluster.startMember({ id: 1n, name: "a" });
  return { clock, cluster, api: new MemberApi(cluster, 1n) };
}

/** All that a client can find out. */
function everything({ cluster, api }: ReturnType<typeof open>) {
  const { store, leases } = cluster;
  const first = Math.max(1, store.compactRevision);
  const revisions = Array.from({ length: store.revision - first + 1 }, (_, i) => first + i);
  return {
    revision: store.revision,
    compactRevision: store.compactRevision,
    size_bytes: store.size_bytes,
    states: revisions.map((revision) => store.range(from("\0", new Uint8Array(1), revision)).kvs),
    // What one revision did to one key twice is seen by who watches at the time, and not afterwards.
    commits: store.since(first).map(({ revision, events }) => ({
      revision,
      events: events.filter(({ kv }, i) =>
        !events.slice(i + 1).some((later) => compareBytes(later.kv.key, kv.key) === 0)
      ).map(({ type, kv }) => ({ type, kv })),
    })),
    hash: api.hashKV({ revision: 0 }).hash,
    leases: leases.ids.sort().map((id) => [id, leases.look(id)?.ttl_s, leases.look(id)?.keys]),
  };
}

/** Does one of the things that clients do, as chance has it. */
function act({ cluster, api }: ReturnType<typeof open>, random: SeededRandom): void {
  const pick = (count: number) => Math.floor(random.next() * count);
  const key = () => `k${pick(6)}`;
  const lease = () => cluster.leases.ids[pick(cluster.leases.count * 3)] ?? 0n;
  const remove = () => ({ key: toBytes(key()), rangeEnd: NONE, prevKv: false });
  switch (pick(7)) {
    case 0:
      return void api.leaseGrant({ id: 0n, ttl: FOREVER_S });
    case 1:
      return void (cluster.leases.count > 2 && api.leaseRevoke({ id: cluster.leases.ids[0]! }));
    case 2:
      return void api.deleteRange(remove());
    case 3: {
      const { compactRevision, revision } = cluster.store;
      const target = Math.max(1, compactRevision + 1) + pick(4);
      return void (target <= revision && api.compact({ revision: target, physical: false }));
    }
    case 4: {
      const success: RequestOp[] = [{ put: put("t1", String(random.next()), lease()) }];
      if (pick(2) === 0) success.push({ deleteRange: remove() });
      return void api.txn({ compare: [], success, failure: [] });
    }
    default:
      return void api.put(put(key(), String(random.next()), lease()));
  }
}

Deno.test("EtcdJournal brings back keys with their history, compactions and leases", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = new SeededRandom(seed);
    const buckets = new MemoryBuckets();
    let etcd = open(buckets);
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 25; i++) act(etcd, random);
      const before = everything(etcd);
      etcd.cluster.close();
      etcd = open(buckets);
      assertEquals(everything(etcd), before, `seed ${seed}, round ${round}`);
    }
    etcd.cluster.close();
  }
});

Deno.test("EtcdJournal gives leases their whole lives again, and ends them with their keys", async () => {
  const buckets = new MemoryBuckets();
  const before = open(buckets);
  const { id } = before.api.leaseGrant({ id: 9n, ttl: 60 });
  before.api.put(put("k", "v", id));
  await before.clock.advance(50_000);
  before.cluster.close();
  assert(hasLeases(buckets));

  const after = open(buckets);
  await after.clock.advance(50_000);
  assertEquals(after.cluster.leases.look(id)?.keys, ["k"]);
  // The end of a lease that cannot be kept is put off.
  buckets.failure = new Error("disk full");
  await after.clock.advance(20_000);
  assertEquals(after.cluster.leases.count, 1);
  buckets.failure = undefined;
  await after.clock.advance(2_000);
  assertEquals(after.cluster.leases.count, 0);
  assertEquals(after.cluster.store.get("k"), undefined);
  assertEquals(hasLeases(buckets), false);
  after.cluster.close();
});

Deno.test("EtcdJournal refuses writes that it cannot keep, and nothing of them is seen", () => {
  const buckets = new MemoryBuckets();
  const etcd = open(buckets);
  const { api, cluster } = etcd;
  api.leaseGrant({ id: 5n, ttl: FOREVER_S });
  api.put(put("a", "1"));
  const before = everything(etcd);
  const seen: number[] = [];
  cluster.onCommit(({ revision }) => seen.push(revision));
  buckets.failure = new Error("disk full");
  const failing = [
    () => api.put(put("a", "2", 5n)),
    () => api.put(put("b", "2", 5n)),
    () => api.deleteRange({ key: toBytes("a"), rangeEnd: NONE, prevKv: false }),
    () => api.compact({ revision: 2, physical: false }),
    () => api.leaseGrant({ id: 6n, ttl: FOREVER_S }),
    () =>
      api.txn({
        compare: [],
        success: [{ put: put("c", "3", 5n) }, { put: put("a", "3") }],
        failure: [],
      }),
  ];
  for (const fail of failing) assertThrows(fail, Error, "disk full");
  assertEquals([everything(etcd), seen], [before, []]);

  buckets.failure = undefined;
  api.put(put("b", "2", 5n));
  assertEquals(seen, [before.revision + 1]);
  const after = everything(etcd);
  cluster.close();
  const again = open(buckets);
  assertEquals(everything(again), after);
  again.cluster.close();
});

Deno.test("EtcdJournal keeps members that were added by hand, alarms, and what goes on", () => {
  const buckets = new MemoryBuckets();
  const before = open(buckets);
  const { id } = before.cluster.addMember(["https://b:2380"], true);
  before.cluster.raiseAlarm(1n, "NOSPACE");
  before.cluster.updateMember(1n, ["https://elsewhere:2380"]);
  before.api.downgrade({ action: 1, version: "3.5" });
  const { term } = before.cluster;
  before.cluster.close();

  const { cluster } = open(buckets);
  assertEquals(cluster.member(id)?.learner, true);
  assertEquals(cluster.alarms.map(({ alarm }) => alarm), ["NOSPACE"]);
  assertEquals(cluster.member(1n)?.peerUrls, ["https://elsewhere:2380"]);
  assertEquals(cluster.downgrade.target, "3.5.0");
  assert(cluster.term > term);
  cluster.close();
});

Deno.test("EtcdJournal forgets what another cluster's last member left", () => {
  const buckets = new MemoryBuckets();
  const before = open(buckets);
  before.api.put(put("a", "1"));
  before.cluster.close();
  const { cluster } = open(buckets, 8n);
  assertEquals([cluster.store.revision, cluster.store.get("a")], [1, undefined]);
  cluster.close();
});
