// A snapshot of the data as a stream of pieces: length-prefixed KeyValue
// messages, filled up to whole pages, with the SHA-256 of all that behind
// it, as etcd sends it. The pages are not bbolt's: tools that open the
// database file itself cannot read them.

import { createHash } from "node:crypto";
import type { EtcdCluster } from "./etcd_cluster.ts";
import { KeyValue } from "./proto/kv_messages.ts";
import { Writer } from "./proto/wire.ts";

const PAGE_BYTES = 4096;
const PIECE_BYTES = 32 * 1024;

/** The pieces of a snapshot, in order. */
export function* snapshotPieces(
  cluster: EtcdCluster,
): Generator<{ remainingBytes: number; blob: Uint8Array; version: string }> {
  const writer = new Writer();
  for (const kv of cluster.store.all()) writer.delimited(KeyValue.encode(kv));
  const data = writer.finish();
  const pages = new Uint8Array(Math.max(1, Math.ceil(data.length / PAGE_BYTES)) * PAGE_BYTES);
  pages.set(data);
  const version = cluster.storageVersion;
  for (let at = 0; at < pages.length; at += PIECE_BYTES) {
    const blob = pages.subarray(at, at + PIECE_BYTES);
    yield { remainingBytes: pages.length - at - blob.length, blob, version };
  }
  const sum = new Uint8Array(createHash("sha256").update(pages).digest());
  yield { remainingBytes: 0, blob: sum, version };
}
