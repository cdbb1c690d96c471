// What stands in the database of an etcd member, bucket by bucket: the
// cluster's state as rows. No file. Source: etcd 3.6, server/storage/schema,
// and what a member of that version has there.

import { type Bucket, type Row, RowBucket } from "./bolt/bucket.ts";
import { toBytes } from "./bytes.ts";
import { Crc32c } from "./crc32c.ts";
import type { EtcdCluster } from "./etcd_cluster.ts";
import { ALARM_KINDS, type EtcdClusterMember } from "./etcd_member.ts";
import {
  KEY_BUCKET,
  recordKey,
  recordKeyBytes,
  recordValue,
  recordValueBytes,
  revisionKey,
} from "./history_hash.ts";
import type { HistoryRecord } from "./key_value_store.ts";
import { AlarmMember } from "./proto/cluster_messages.ts";
import { StoredLease } from "./proto/lease_messages.ts";

/** How often users and roles have changed: never, which etcd counts as once. */
export const AUTH_REVISION = 1;

const NOTHING = new Uint8Array(0);

/** The history of keys as a bucket. */
class HistoryBucket implements Bucket {
  readonly name = KEY_BUCKET;
  readonly #records: readonly HistoryRecord[];

  constructor(records: readonly HistoryRecord[]) {
    this.#records = records;
  }

  get length(): number {
    return this.#records.length;
  }

  #at(index: number): HistoryRecord {
    return this.#records[index] as HistoryRecord;
  }

  keyBytes(index: number): number {
    return recordKeyBytes(this.#at(index));
  }

  valueBytes(index: number): number {
    return recordValueBytes(this.#at(index));
  }

  row(index: number): Row {
    const record = this.#at(index);
    return { key: recordKey(record), value: recordValue(record) };
  }
}

/** The buckets of a cluster's members as they are now, in the order of their names. */
export function databaseBuckets(cluster: EtcdCluster): Bucket[] {
  const rows: Record<string, Row[]> = {
    alarm: alarmRows(cluster),
    auth: [row("authRevision", uint64(AUTH_REVISION))],
    authRoles: [],
    authUsers: [],
    cluster: clusterRows(cluster),
    lease: leaseRows(cluster),
    members: cluster.members.map((member) => row(hex(member.id), memberJson(member))),
    members_removed: cluster.removedMembers.map((id) => row(hex(id), "removed")),
    meta: metaRows(cluster),
  };
  const buckets = Object.entries(rows).map(([name, of]): Bucket => new RowBucket(name, of));
  return [...buckets, new HistoryBucket(cluster.store.records(0))]
    .toSorted((a, b) => a.name < b.name ? -1 : 1);
}

/** CRC-32C of all of it but what differs between members that agree (Maintenance.Hash). */
export function hashOfBuckets(buckets: readonly Bucket[]): number {
  const crc = new Crc32c();
  for (const bucket of buckets) {
    crc.update(toBytes(bucket.name));
    for (let i = 0; i < bucket.length; i++) {
      const { key, value } = bucket.row(i);
      if (bucket.name === "meta" && UNHASHED.has(text.decode(key))) continue;
      crc.update(key).update(value);
    }
  }
  return crc.digest();
}

const UNHASHED: ReadonlySet<string> = new Set(["consistent_index", "term", "storageVersion"]);
const text = new TextDecoder();

function row(key: string, value: string | Uint8Array): Row {
  return { key: encode(key), value: typeof value === "string" ? encode(value) : value };
}

const encoder = new TextEncoder();
const encode = (value: string): Uint8Array => encoder.encode(value);

function uint64(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, BigInt(value)));
  return bytes;
}

function hex(id: bigint): string {
  return id.toString(16);
}

/** A member in JSON. Written by hand where JSON.stringify() would round: ids are too long for numbers. */
function memberJson(member: EtcdClusterMember): string {
  const { id, peerUrls, learner, name, clientUrls } = member;
  const rest = JSON.stringify({
    peerURLs: peerUrls,
    ...(learner ? { isLearner: true } : {}),
    ...(name === "" ? {} : { name }),
    ...(clientUrls.length === 0 ? {} : { clientURLs: clientUrls }),
  });
  return `{"id":${id},${rest.slice(1)}`;
}

function alarmRows({ alarms }: EtcdCluster): Row[] {
  return alarms.map(({ member, alarm }) => ({
    key: AlarmMember.encode({ memberId: member.id, alarm: ALARM_KINDS.indexOf(alarm) }),
    value: NOTHING,
  }));
}

function clusterRows({ storageVersion, downgrade }: EtcdCluster): Row[] {
  const rows = [row("clusterVersion", storageVersion)];
  const { target } = downgrade;
  if (target !== undefined) {
    rows.push(row("downgrade", JSON.stringify({ "target-version": target, enabled: true })));
  }
  return rows;
}

function leaseRows({ leases }: EtcdCluster): Row[] {
  return leases.all.map(({ id, ttl_s }) => ({
    key: uint64(id),
    value: StoredLease.encode({ id, ttl: ttl_s }),
  }));
}

function metaRows(cluster: EtcdCluster): Row[] {
  const { compactRevision } = cluster.store;
  const rows = [
    row("confState", confState(cluster.members)),
    row("consistent_index", uint64(cluster.index)),
    row("storageVersion", cluster.storageVersion),
    row("term", uint64(cluster.term)),
  ];
  if (compactRevision < 0) return rows;
  const compacted = revisionKey(compactRevision, 0);
  return [...rows, row("finishedCompactRev", compacted), row("scheduledCompactRev", compacted)];
}

/** raft's configuration in JSON. */
function confState(members: readonly EtcdClusterMember[]): string {
  const list = (name: string, learner: boolean) => {
    const ids = members.filter((member) => member.learner === learner).map(({ id }) => id);
    return ids.length === 0 ? "" : `"${name}":[${ids.sort((a, b) => a < b ? -1 : 1).join(",")}],`;
  };
  return `{${list("voters", false)}${list("learners", true)}"auto_leave":false}`;
}
