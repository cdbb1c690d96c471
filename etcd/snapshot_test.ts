import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { VirtualClock } from "../runtime/clock.ts";
import { SeededRandom } from "../runtime/random.ts";
import { DatabaseReader } from "./bolt/_database_reader_for_test.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { MemberApi } from "./member_api.ts";

const encoder = new TextEncoder();

function fixture(): { api: MemberApi; put: (key: string, bytes?: number) => void } {
  const cluster = new EtcdCluster({ clock: new VirtualClock(), random: new SeededRandom(1) });
  const api = new MemberApi(cluster, cluster.startMember({ name: "a" }).id);
  const put = (key: string, bytes = 1) => {
    const flags = { prevKv: false, ignoreValue: false, ignoreLease: false };
    api.put({ key: encoder.encode(key), value: new Uint8Array(bytes), lease: 0n, ...flags });
  };
  return { api, put };
}

Deno.test("MemberApi.snapshot() streams a database in pieces, with its sum behind it", () => {
  const { api, put } = fixture();
  for (let i = 0; i < 2000; i++) put(`key-${i}`, 50);
  put("large", 100_000);
  const pieces = [...api.snapshot()];
  const sum = pieces.pop();
  const bytes = Buffer.concat(pieces.map(({ blob }) => blob));
  assertEquals(sum?.blob, new Uint8Array(createHash("sha256").update(bytes).digest()));
  assertEquals(bytes.length, api.status().dbSize);
  let left = bytes.length;
  for (const { blob, remainingBytes, version } of pieces) {
    left -= blob.length;
    assertEquals([remainingBytes, version], [left, "3.6.0"]);
  }
  assertEquals(new Set(pieces.slice(0, -1).map(({ blob }) => blob.length)), new Set([32 * 1024]));
  const reader = new DatabaseReader(bytes);
  assertEquals(reader.buckets()["key"]?.length, 2001);
  // One commit's pages are free; as many wait to be, which counts as in use.
  assertEquals(
    api.status().dbSizeInUse - reader.used_pages * 4096,
    bytes.length - api.status().dbSizeInUse,
  );
});

Deno.test("MemberApi.snapshot() is of the state when it began, however slowly it is read", () => {
  const { api, put } = fixture();
  for (let i = 0; i < 1000; i++) put(`key-${i}`, 50);
  const pieces = api.snapshot();
  const read = [pieces.next().value];
  for (let i = 0; i < 1000; i++) put(`key-${i}`, 80);
  api.compact({ revision: api.cluster.store.revision, physical: true });
  api.cluster.startMember({ name: "late" });
  for (const piece of pieces) read.push(piece);
  read.pop();
  const buckets = new DatabaseReader(Buffer.concat(read.map(({ blob }) => blob))).buckets();
  assertEquals([buckets["key"]?.length, buckets["members"]?.length], [1000, 1]);
});

Deno.test("MemberApi.snapshot() serves so many readers at a time", () => {
  const { api } = fixture();
  const open = Array.from({ length: 8 }, () => api.snapshot());
  for (const pieces of open) pieces.next();
  assertThrows(() => api.snapshot().next(), Error, "etcdserver: too many requests");
  open[0]?.return(undefined);
  assertEquals(api.snapshot().next().done, false);
});

Deno.test("MemberApi.status() tells of files that only grow until they are defragmented", () => {
  const { api, put } = fixture();
  const other = new MemberApi(api.cluster, api.cluster.startMember({ name: "b" }).id);
  const sizes = () => [api.status().dbSize, api.status().dbSizeInUse];
  // As of an etcd that has just begun.
  assertEquals(sizes(), [20_480, 16_384]);
  for (let i = 0; i < 1000; i++) put("key", 1000);
  const [size = 0, used = 0] = sizes();
  assertEquals(size - used, 4 * 4096);
  api.compact({ revision: 1001, physical: true });
  assertEquals([sizes()[0], (sizes()[1] ?? 0) < used], [size, true]);
  api.defragment();
  const [defragmented = 0, needed = 0] = sizes();
  assertEquals([defragmented < size / 10, needed < defragmented], [true, true]);
  assertEquals(other.status().dbSize, size);
});
