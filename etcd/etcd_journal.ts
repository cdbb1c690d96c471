// What of an etcd outlives the process, kept in the buckets and under the
// keys that etcd's own database has for it where there are such: the history
// of keys, leases, and what is known of the cluster. Source: etcd's `key`,
// `lease` and `meta` buckets (server/storage/schema).

import type { BucketChange, Buckets } from "../runtime/store/buckets.ts";
import { compareBytes } from "./bytes.ts";
import { KEY_BUCKET, parseRecord, recordKey, recordValue } from "./history_hash.ts";
import type { HistoryRecord } from "./key_value_store.ts";

const LEASE_BUCKET = "lease";
const META_BUCKET = "meta";
const COMPACTED = new TextEncoder().encode("scheduledCompactRev");
const CLUSTER = new TextEncoder().encode("cluster");
const NOT_COMPACTED = -1;

/** A member as it is kept. */
export interface KeptMember {
  /** The id, in decimal. */
  readonly id: string;
  /** The name of its node; empty before it has started. */
  readonly name: string;
  /** Where other members reach it. */
  readonly peerUrls: readonly string[];
  /** Whether it has no vote yet. */
  readonly learner: boolean;
  /** Its alarms. */
  readonly alarms: readonly string[];
}

/** What is kept of a cluster beside its data. */
export interface KeptCluster {
  /** The id, in decimal. */
  readonly id: string;
  /** Raft's term. */
  readonly term: number;
  /** The members. */
  readonly members: readonly KeptMember[];
  /** The ids of members that have gone, in decimal. */
  readonly removed: readonly string[];
  /** What it is being downgraded to. */
  readonly downgrade?: string;
}

/** What an etcd was when its process ended. */
export interface RestoredEtcd {
  /** The history of keys, in the order in which it happened. */
  readonly records: readonly HistoryRecord[];
  /** History up to here is gone; -1 as long as all is there. */
  readonly compactRevision: number;
  /** The leases with their lives in seconds. */
  readonly leases: readonly { readonly id: bigint; readonly ttl_s: number }[];
  /** Absent: nothing was kept of it. */
  readonly cluster: KeptCluster | undefined;
}

/**
 * Keeps one etcd. Every call outlives the process once it returns; one that
 * throws has kept nothing.
 */
export class EtcdJournal {
  readonly #buckets: Buckets;
  #cluster = "";

  /** In these buckets. */
  constructor(buckets: Buckets) {
    this.#buckets = buckets;
  }

  /** What has been kept so far; nothing when it was another cluster's, whose last member has gone. */
  restore(clusterId?: bigint): RestoredEtcd | undefined {
    const restored = this.#read();
    const { cluster } = restored;
    if (cluster === undefined) return undefined;
    if (clusterId === undefined || cluster.id === String(clusterId)) return restored;
    this.#buckets.clear();
    return undefined;
  }

  #read(): RestoredEtcd {
    const meta = this.#buckets.read(META_BUCKET);
    const compacted = meta.find(({ key }) => compareBytes(key, COMPACTED) === 0);
    const cluster = meta.find(({ key }) => compareBytes(key, CLUSTER) === 0);
    return {
      records: this.#buckets.read(KEY_BUCKET).map(({ key, value }) => parseRecord(key, value)),
      compactRevision: compacted === undefined ? NOT_COMPACTED : Number(numberIn(compacted.value)),
      leases: this.#buckets.read(LEASE_BUCKET).map(({ key, value }) => ({
        id: numberIn(key),
        ttl_s: Number(numberIn(value)),
      })),
      cluster: cluster === undefined
        ? undefined
        : JSON.parse(new TextDecoder().decode(cluster.value)) as KeptCluster,
    };
  }

  /** Keeps what happened to keys at one revision. */
  append(records: readonly HistoryRecord[]): void {
    this.#buckets.write(records.map((record): BucketChange => ({
      bucket: KEY_BUCKET,
      key: recordKey(record),
      value: recordValue(record),
    })));
  }

  /** Forgets what a compaction takes away. */
  compact(revision: number, gone: Iterable<HistoryRecord>): void {
    const changes: BucketChange[] = [{
      bucket: META_BUCKET,
      key: COMPACTED,
      value: bytesOf(BigInt(revision)),
    }];
    for (const record of gone) changes.push({ bucket: KEY_BUCKET, key: recordKey(record) });
    this.#buckets.write(changes);
  }

  /** Keeps a lease; without a life it has ended. */
  lease(id: bigint, ttl_s: number | undefined): void {
    const entry = { bucket: LEASE_BUCKET, key: bytesOf(id) };
    this.#buckets.write([
      ttl_s === undefined ? entry : { ...entry, value: bytesOf(BigInt(ttl_s)) },
    ]);
  }

  /** Keeps what is known of the cluster, when it differs from what was kept last. */
  cluster(kept: KeptCluster): void {
    const text = JSON.stringify(kept);
    if (text === this.#cluster) return;
    const value = new TextEncoder().encode(text);
    this.#buckets.write([{ bucket: META_BUCKET, key: CLUSTER, value }]);
    this.#cluster = text;
  }
}

/** Whether leases are kept there. */
export function hasLeases(buckets: Buckets | undefined): boolean {
  return buckets !== undefined && buckets.read(LEASE_BUCKET).length > 0;
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return bytes;
}

function numberIn(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0);
}
