import { assertEquals, assertNotEquals } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { SeededRandom } from "../runtime/random.ts";
import type { Bucket } from "./bolt/bucket.ts";
import { toText } from "./bytes.ts";
import { databaseBuckets, hashOfBuckets } from "./database_buckets.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { MemberApi } from "./member_api.ts";

const encoder = new TextEncoder();

function clusterOf(): { cluster: EtcdCluster; api: MemberApi } {
  const cluster = new EtcdCluster({
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    clusterId: 5n,
  });
  const { id } = cluster.startMember({ id: 0x8706c4ebfb2627fdn, name: "a" });
  return { cluster, api: new MemberApi(cluster, id) };
}

function put(api: MemberApi, key: string, value: string, lease = 0n): void {
  const flags = { prevKv: false, ignoreValue: false, ignoreLease: false };
  api.put({ key: encoder.encode(key), value: encoder.encode(value), lease, ...flags });
}

function textOf(bucket: Bucket): [string, string][] {
  return Array.from({ length: bucket.length }, (_, i) => {
    const { key, value } = bucket.row(i);
    assertEquals([key.length, value.length], [bucket.keyBytes(i), bucket.valueBytes(i)]);
    return [toText(key), toText(value)];
  });
}

const rowsOf = (cluster: EtcdCluster) =>
  Object.fromEntries(databaseBuckets(cluster).map((bucket) => [bucket.name, textOf(bucket)]));

const revision = (main: number, sub = 0) =>
  `${"\0".repeat(7)}${String.fromCharCode(main)}_${"\0".repeat(7)}${String.fromCharCode(sub)}`;

// The rows are those that etcd 3.6.14 writes, but for the ids.
Deno.test("databaseBuckets() holds what a member of etcd has", () => {
  const { cluster, api } = clusterOf();
  cluster.startMember({ id: 0x12n, name: "b" });
  cluster.addMember(["https://c:2380"], true);
  const learner = cluster.members[2]?.id ?? 0n;
  api.leaseGrant({ id: 0x12n, ttl: 600 });
  put(api, "k1", "v1");
  put(api, "l1", "x", 0x12n);
  api.deleteRange({ key: encoder.encode("k1"), rangeEnd: new Uint8Array(0), prevKv: false });
  api.compact({ revision: 3, physical: true });
  cluster.raiseAlarm(0x12n, "NOSPACE");
  cluster.dropMember(0x12n);
  cluster.raiseAlarm(api.id, "CORRUPT");
  const { meta, members, ...rest } = rowsOf(cluster);
  assertEquals(rest, {
    alarm: [["\x08\xfd\xcf\x98\xd9\xbf\x9d\xb1\x83\x87\x01\x10\x02", ""]],
    auth: [["authRevision", "\0\0\0\0\0\0\0\x01"]],
    authRoles: [],
    authUsers: [],
    cluster: [["clusterVersion", "3.6.0"]],
    key: [
      [revision(2), "\n\x02k1\x10\x02\x18\x02 \x01*\x02v1"],
      [revision(3), "\n\x02l1\x10\x03\x18\x03 \x01*\x01x0\x12"],
      [`${revision(4)}t`, "\n\x02k1"],
    ],
    lease: [["\0\0\0\0\0\0\0\x12", "\x08\x12\x10\xd8\x04"]],
    members_removed: [["12", "removed"]],
  });
  assertEquals(
    new Map(members).get("8706c4ebfb2627fd"),
    [
      `{"id":9729680562790475773,"peerURLs":["https://a:2380"],"name":"a",`,
      `"clientURLs":["https://a:2379"]}`,
    ].join(""),
  );
  assertEquals(
    new Map(members).get(learner.toString(16)),
    `{"id":${learner},"peerURLs":["https://c:2380"],"isLearner":true}`,
  );
  assertEquals(meta, [
    ["confState", `{"voters":[9729680562790475773],"learners":[${learner}],"auto_leave":false}`],
    ["consistent_index", `\0\0\0\0\0\0\0${String.fromCharCode(cluster.index)}`],
    ["finishedCompactRev", revision(3)],
    ["scheduledCompactRev", revision(3)],
    ["storageVersion", "3.6.0"],
    ["term", "\0\0\0\0\0\0\0\x02"],
  ]);
});

// The number is that of etcd's own backend over the file that these buckets make.
Deno.test("hashOfBuckets() hashes all but what differs between members that agree", () => {
  const { cluster, api } = clusterOf();
  put(api, "k", "v");
  const hash = hashOfBuckets(databaseBuckets(cluster));
  assertEquals(hash, 149501016);
  assertEquals(api.hash().hash, hash);
  cluster.startMember({ id: 7n, name: "b" });
  const grown = hashOfBuckets(databaseBuckets(cluster));
  assertNotEquals(grown, hash);
  cluster.moveLeader(api.id, 7n);
  assertEquals(hashOfBuckets(databaseBuckets(cluster)), grown);
});
