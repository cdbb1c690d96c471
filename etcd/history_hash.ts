// The hash of a history of keys, as etcd's members compare it (HashKV): the
// same number that a real etcd gives for the same history. Source: etcd mvcc
// hash.go and the layout of its `key` bucket.

import { toBytes, toText } from "./bytes.ts";
import { Crc32c } from "./crc32c.ts";
import type { HistoryRecord } from "./key_value_store.ts";
import { KeyValue } from "./proto/kv_messages.ts";
import { varintLength } from "./proto/wire.ts";

/** The bucket of etcd's database that holds the history of keys. */
export const KEY_BUCKET = "key";
const REVISION_BYTES = 17;
const SEPARATOR = "_".charCodeAt(0);
const TOMBSTONE = "t".charCodeAt(0);

/**
 * CRC-32C of the records up to some revision. Of those at or before the compacted revision only the ones count that
 * are still what their key holds. A compaction hashes what it leaves, which is more: `compacting`.
 */
export function hashOfHistory(
  records: readonly HistoryRecord[],
  compactRevision: number,
  { compacting = false } = {},
): number {
  const latest = new Map(records.map((record) => [record.key, record]));
  const until = records.at(-1)?.revision;
  const isKept = ({ kv, revision }: HistoryRecord) =>
    kv !== undefined || compacting && revision === until;
  const anyKept = [...latest.values()].some(isKept);
  const crc = new Crc32c().update(toBytes(KEY_BUCKET));
  for (const record of records) {
    const { key, kv, revision } = record;
    const kept = latest.get(key) === record && isKept(record);
    if (revision <= compactRevision && anyKept && !kept) continue;
    if (kv === undefined && revision === compactRevision) continue;
    crc.update(recordKey(record)).update(recordValue(record));
  }
  return crc.digest();
}

/** How long {@linkcode recordKey} is. */
export function recordKeyBytes({ kv }: HistoryRecord): number {
  return kv === undefined ? REVISION_BYTES + 1 : REVISION_BYTES;
}

/** Under what key etcd's database keeps a record. */
export function recordKey(record: HistoryRecord): Uint8Array {
  const key = revisionKey(record.revision, record.sub);
  if (record.kv !== undefined) return key;
  const bytes = new Uint8Array(recordKeyBytes(record));
  bytes.set(key);
  bytes[REVISION_BYTES] = TOMBSTONE;
  return bytes;
}

/** A revision as etcd's database has it. */
export function revisionKey(revision: number, sub: number): Uint8Array {
  const bytes = new Uint8Array(REVISION_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(revision));
  bytes[8] = SEPARATOR;
  view.setBigUint64(9, BigInt(sub));
  return bytes;
}

/** How long {@linkcode recordValue} is. */
export function recordValueBytes({ key, kv }: HistoryRecord): number {
  const texts = delimitedBytes(key.length) + delimitedBytes(kv?.value.length ?? 0);
  if (kv === undefined) return texts;
  const { createRevision, modRevision, version, lease } = kv;
  return texts + numberBytes(createRevision) + numberBytes(modRevision) + numberBytes(version) +
    (lease === 0n ? 0 : 1 + varintLength(lease));
}

function delimitedBytes(length: number): number {
  return length === 0 ? 0 : 1 + varintLength(length) + length;
}

function numberBytes(value: number): number {
  return value === 0 ? 0 : 1 + varintLength(value);
}

/** What etcd's database keeps of a record: of a deletion the key alone. */
export function recordValue({ key, kv }: HistoryRecord): Uint8Array {
  return KeyValue.encode(kv ?? { ...NOTHING, key: toBytes(key) });
}

/** The reverse of {@linkcode recordKey} and {@linkcode recordValue}. */
export function parseRecord(recordKey: Uint8Array, value: Uint8Array): HistoryRecord {
  const view = new DataView(recordKey.buffer, recordKey.byteOffset);
  const kv = KeyValue.decode(value);
  return {
    revision: Number(view.getBigUint64(0)),
    sub: Number(view.getBigUint64(9)),
    key: toText(kv.key),
    kv: recordKey.length > REVISION_BYTES ? undefined : kv,
  };
}

const NOTHING = {
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: new Uint8Array(0),
  lease: 0n,
};
