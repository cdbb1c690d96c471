// The hash of a history of keys, as etcd's members compare it (HashKV): the
// same number that a real etcd gives for the same history. Source: etcd mvcc
// hash.go and the layout of its `key` bucket.

import { toBytes } from "./bytes.ts";
import type { HistoryRecord } from "./key_value_store.ts";
import { KeyValue } from "./proto/kv_messages.ts";

const BUCKET = "key";
const REVISION_BYTES = 17;
const SEPARATOR = "_".charCodeAt(0);
const TOMBSTONE = "t".charCodeAt(0);
// CRC-32C, reflected.
const POLYNOMIAL = 0x82f63b78;

/**
 * CRC-32C of the records up to some revision. Of those at or before the compacted revision only the ones count that
 * are still what their key holds.
 */
export function hashOfHistory(records: readonly HistoryRecord[], compactRevision: number): number {
  const latest = new Map(records.map((record) => [record.key, record]));
  const anyKept = [...latest.values()].some(({ kv }) => kv !== undefined);
  let crc = update(0xffffffff, toBytes(BUCKET));
  for (const record of records) {
    const { key, kv, revision } = record;
    const kept = kv !== undefined && latest.get(key) === record;
    if (revision <= compactRevision && anyKept && !kept) continue;
    if (kv === undefined && revision === compactRevision) continue;
    crc = update(crc, recordKey(record));
    crc = update(crc, recordValue(record));
  }
  return ~crc >>> 0;
}

/** Under what key etcd's database keeps a record. */
export function recordKey({ revision, sub, kv }: HistoryRecord): Uint8Array {
  const bytes = new Uint8Array(REVISION_BYTES + (kv === undefined ? 1 : 0));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(revision));
  bytes[8] = SEPARATOR;
  view.setBigUint64(9, BigInt(sub));
  if (kv === undefined) bytes[REVISION_BYTES] = TOMBSTONE;
  return bytes;
}

/** What etcd's database keeps of a record: of a deletion the key alone. */
export function recordValue({ key, kv }: HistoryRecord): Uint8Array {
  return KeyValue.encode(kv ?? { ...NOTHING, key: toBytes(key) });
}

const NOTHING = {
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: new Uint8Array(0),
  lease: 0n,
};

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

function update(crc: number, bytes: Uint8Array): number {
  let value = crc;
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  return value;
}
