// A snapshot of a member's database as a stream of pieces, with the SHA-256
// of all of them behind it, as etcd sends it: what the data is when it
// begins, however slowly it is read. Source: etcd v3rpc, maintenance.go.

import { createHash } from "node:crypto";
import { DatabaseFile } from "./bolt/database_file.ts";
import { databaseBuckets } from "./database_buckets.ts";
import type { EtcdCluster } from "./etcd_cluster.ts";
import type { SnapshotResponse } from "./proto/cluster_messages.ts";

const PIECE_BYTES = 32 * 1024;

/** The pieces of a snapshot of a member's database, in order. The state is that of the call. */
export function snapshotPieces(
  cluster: EtcdCluster,
  member: bigint,
): Iterable<Omit<SnapshotResponse, "header">> {
  const { size_bytes } = cluster.sizes.of(member);
  const pages = new DatabaseFile(databaseBuckets(cluster)).pieces(size_bytes, cluster.index);
  return withSum(cut(pages), size_bytes, cluster.storageVersion);
}

function* withSum(
  blobs: Iterable<Uint8Array>,
  size_bytes: number,
  version: string,
): Generator<Omit<SnapshotResponse, "header">> {
  const sum = createHash("sha256");
  let remainingBytes = size_bytes;
  for (const blob of blobs) {
    sum.update(blob);
    remainingBytes -= blob.length;
    yield { remainingBytes, blob, version };
  }
  yield { remainingBytes: 0, blob: new Uint8Array(sum.digest()), version };
}

/** The same bytes in pieces of one size. */
function* cut(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const taken = part.subarray(at, at + PIECE_BYTES - filled);
      piece.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < PIECE_BYTES) continue;
      yield piece;
      // Whoever took it may still hold it.
      piece = new Uint8Array(PIECE_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
