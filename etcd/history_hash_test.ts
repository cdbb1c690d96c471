import { assertEquals, assertThrows } from "@std/assert";
import { hashOfHistory } from "./history_hash.ts";
import { KeyValueStore } from "./key_value_store.ts";

const encoder = new TextEncoder();

function put(store: KeyValueStore, key: string, value: string): void {
  store.put({
    key: encoder.encode(key),
    value: encoder.encode(value),
    lease: 0n,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  });
}

function remove(store: KeyValueStore, key: string): void {
  store.deleteRange({ key: encoder.encode(key), rangeEnd: new Uint8Array(0), prevKv: false });
}

function hash(store: KeyValueStore, revision = 0): number {
  return hashOfHistory(store.records(revision), store.compactRevision);
}

// The numbers are those of etcd 3.6.14 for the same history.
Deno.test("hashOfHistory() gives etcd's number for the same history", () => {
  const store = new KeyValueStore();
  put(store, "a", "1");
  put(store, "b", "2");
  put(store, "a", "3");
  remove(store, "b");
  store.transact(() => {
    put(store, "c", "4");
    put(store, "d", "5");
  });
  const hashes = { now: hash(store), at3: hash(store, 3) };
  store.compact(5);
  const compacted = hash(store);
  assertEquals({ ...hashes, compacted }, {
    now: 3853268819,
    at3: 1827592406,
    compacted: 4290631835,
  });
});

Deno.test("hashOfHistory() leaves out what was compacted and has since been written again", () => {
  const store = new KeyValueStore();
  put(store, "a", "1");
  put(store, "a", "2");
  put(store, "b", "1");
  remove(store, "b");
  store.compact(3);
  const before = hash(store);
  put(store, "a", "3");
  put(store, "c", "1");
  assertEquals([before, hash(store)], [2946905645, 3245823476]);
});

// The numbers are those of etcd 3.6.14 for the same history.
Deno.test("KeyValueStore.hash() remembers what compactions found", () => {
  const store = new KeyValueStore();
  for (const i of [1, 2, 3]) put(store, `k${i}`, `v${i}`);
  put(store, "k1", "again");
  remove(store, "k2");
  put(store, "k4", "x");
  assertEquals(store.hash(0), { hash: 1477171936, compactRevision: -1, revision: 7 });
  const at4 = { hash: 4178063679, compactRevision: -1, revision: 4 };
  assertEquals(store.hash(4), at4);
  store.compact(4);
  assertEquals(store.hash(0), { hash: 4070711757, compactRevision: 4, revision: 7 });
  assertEquals(store.hash(4), at4);
  assertEquals(store.hash(5), { hash: 4239890063, compactRevision: 4, revision: 5 });
  store.compact(6);
  assertEquals(store.hash(0), { hash: 3576793355, compactRevision: 6, revision: 7 });
  assertEquals(store.hash(6), { hash: 2709247351, compactRevision: 4, revision: 6 });
  assertEquals(store.hash(4), at4);
  assertThrows(() => store.hash(5), Error, "required revision has been compacted");
});
