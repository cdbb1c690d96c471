import { assert, assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../object.ts";
import { SeededRandom } from "../random.ts";
import { StatusError } from "../status.ts";
import { MemoryStore } from "./memory_store.ts";
import type { Entry, StoreEvent } from "./types.ts";

const PODS = "/pods";

function pod(name: string, member?: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "a" },
    ...(member === undefined ? {} : { member }),
  };
}

function keys(entries: readonly Entry[]): string[] {
  return entries.map(({ key }) => key);
}

Deno.test("put() counts revisions and sets resourceVersion on a copy", () => {
  const store = new MemoryStore();
  const object = pod("x");
  const entry = store.put(PODS, "a/x", object);
  assertEquals(store.revision, 2);
  assertEquals(entry?.object.metadata.resourceVersion, "2");
  assertEquals(object.metadata.resourceVersion, undefined);
  assertEquals(store.get(PODS, "a/x"), entry);
});

Deno.test("put() and remove() write only when the expectation holds", () => {
  const store = new MemoryStore();
  assert(store.put(PODS, "a/x", pod("x"), 0));
  assertEquals(store.put(PODS, "a/x", pod("x"), 0), undefined);
  assertEquals(store.put(PODS, "a/x", pod("x"), 7), undefined);
  assertEquals(store.remove(PODS, "a/x", 7), undefined);
  assertEquals(store.revision, 2);
  assert(store.put(PODS, "a/x", pod("x"), 2));
  const removed = store.remove(PODS, "a/x", 3);
  assertEquals(removed?.object.metadata.resourceVersion, "4");
  assertEquals(store.get(PODS, "a/x"), undefined);
  assertEquals(store.remove(PODS, "a/x"), undefined);
});

Deno.test("list() answers in the order of keys, by namespace, in pages", () => {
  const store = new MemoryStore();
  for (const key of ["b/1", "a-b/1", "a/2", "a/10", "a/1"]) store.put(PODS, key, pod(key));
  assertEquals(keys(store.list(PODS).entries), ["a-b/1", "a/1", "a/10", "a/2", "b/1"]);
  assertEquals(keys(store.list(PODS, { namespace: "a" }).entries), ["a/1", "a/10", "a/2"]);
  const first = store.list(PODS, { limit: 2 });
  assertEquals(keys(first.entries), ["a-b/1", "a/1"]);
  assertEquals([first.next, first.remaining], ["a/1", 3]);
  const rest = store.list(PODS, { limit: 3, after: "a/1" });
  assertEquals(keys(rest.entries), ["a/10", "a/2", "b/1"]);
  assertEquals([rest.next, rest.remaining], [undefined, 0]);
  const filtered = store.list(PODS, { limit: 1, filter: ({ key }) => key.endsWith("2") });
  assertEquals(keys(filtered.entries), ["a/2"]);
  assertEquals(store.count(PODS), 5);
  assertEquals(store.count(PODS, "a"), 3);
});

Deno.test("list() at a revision shows the state of then, whatever has happened since", () => {
  const random = new SeededRandom(7);
  const store = new MemoryStore();
  const states = new Map<number, string[]>();
  const snapshot = () => store.list(PODS).entries.map(({ key, revision }) => `${key}@${revision}`);
  for (let i = 0; i < 400; i++) {
    const key = `a/${Math.floor(random.next() * 30)}`;
    if (random.next() < 0.3) store.remove(PODS, key);
    else store.put(PODS, key, pod(key));
    states.set(store.revision, snapshot());
  }
  for (const [revision, state] of states) {
    const { entries } = store.list(PODS, { revision });
    assertEquals(entries.map(({ key, revision }) => `${key}@${revision}`), state);
  }
});

Deno.test("list() and watch() throw Expired for what has been compacted or pushed out", () => {
  const store = new MemoryStore({ events_max: 3 });
  for (let i = 0; i < 6; i++) store.put(PODS, `a/${i}`, pod(String(i)));
  assertEquals(store.compactRevision, 4);
  assertEquals(store.list(PODS, { revision: 4 }).entries.length, 3);
  for (const act of [() => store.list(PODS, { revision: 3 }), () => store.watch(PODS, 3)]) {
    assertEquals(assertThrows(act, StatusError).code, 410);
  }
  const cursor = store.watch(PODS, 6);
  store.compact(7);
  assertEquals(assertThrows(() => cursor.read(), StatusError).reason, "Expired");
});

Deno.test("watch() follows one storage and is woken for nothing else", async () => {
  const store = new MemoryStore();
  const cursor = store.watch(PODS, store.revision);
  let woken = false;
  const waiting = cursor.wait().then(() => woken = true);
  store.put("/nodes", "n", pod("n"));
  await Promise.resolve();
  assertEquals(woken, false);
  store.put(PODS, "a/x", pod("x"));
  await waiting;
  assertEquals(cursor.read()?.map(({ type, entry }) => `${type} ${entry.key}`), ["ADDED a/x"]);
  assertEquals(cursor.read(), undefined);
  assertEquals(cursor.revision, store.revision);
});

Deno.test("watch() reads in batches, skips what is before its revision and follows everything for an empty storage", () => {
  const store = new MemoryStore();
  const all = store.watch("", 1);
  for (let i = 0; i < 5; i++) store.put(i % 2 ? "/nodes" : PODS, `a/${i}`, pod(String(i)));
  const names = (events?: readonly StoreEvent[]) => events?.map(({ entry }) => entry.key);
  assertEquals(names(all.read(2)), ["a/0", "a/1"]);
  assertEquals(names(all.read()), ["a/2", "a/3", "a/4"]);
  assertEquals(names(store.watch(PODS, 2).read()), ["a/2", "a/4"]);
});

Deno.test("wait() ends with the signal, the cursor and the store", async () => {
  const store = new MemoryStore();
  const abort = new AbortController();
  const cursor = store.watch(PODS, 1);
  const aborted = cursor.wait(abort.signal);
  abort.abort();
  await aborted;
  const closed = store.watch(PODS, 1);
  const waiting = closed.wait();
  closed.close();
  await waiting;
  const last = cursor.wait();
  store.close();
  await last;
  await cursor.wait();
});

Deno.test("MemoryStore starts as its base and leaves it alone", () => {
  const origin = new MemoryStore();
  origin.put(PODS, "a/x", pod("x"));
  origin.put("/nodes", "n", pod("n"));
  const base = origin.freeze();
  const one = new MemoryStore({ base });
  const two = new MemoryStore({ base });
  assertEquals(one.get(PODS, "a/x"), two.get(PODS, "a/x"));
  one.put(PODS, "a/y", pod("y"));
  one.remove(PODS, "a/x");
  origin.put(PODS, "a/z", pod("z"));
  assertEquals(keys(one.list(PODS).entries), ["a/y"]);
  assertEquals(keys(two.list(PODS).entries), ["a/x"]);
  assertEquals(keys(origin.list(PODS).entries), ["a/x", "a/z"]);
  assertEquals([...one.storages()].sort(), ["/nodes", PODS]);
  assertEquals(keys(one.list(PODS, { revision: base.revision }).entries), ["a/x"]);
  assertEquals(keys(two.list(PODS, { revision: 1 }).entries), []);
  assertEquals(one.watch(PODS, 1).read()?.map(({ type }) => type), ["ADDED", "ADDED", "DELETED"]);
  assertEquals(one.watch("", 1).read()?.length, 4);
});

Deno.test("MemoryStore tells its journal of every write before it can be read", () => {
  const seen: string[] = [];
  const store: MemoryStore = new MemoryStore({
    journal: {
      append({ type, entry }) {
        seen.push(`${type} ${entry.key} ${store.get(PODS, entry.key) === entry}`);
      },
    },
  });
  store.put(PODS, "a/x", pod("x"));
  store.put(PODS, "a/x", pod("x", "changed"));
  store.remove(PODS, "a/x");
  assertEquals(seen, ["ADDED a/x false", "MODIFIED a/x false", "DELETED a/x false"]);
});

Deno.test("MemoryStore agrees with a plain map under random writes", () => {
  const random = new SeededRandom(42);
  const store = new MemoryStore({ events_max: 200 });
  const model = new Map<string, number>();
  const cursor = store.watch(PODS, store.revision);
  const replica = new Map<string, number>();
  for (let i = 0; i < 3000; i++) {
    const key = `${"abc"[Math.floor(random.next() * 3)]}/${Math.floor(random.next() * 60)}`;
    if (random.next() < 0.4) {
      assertEquals(store.remove(PODS, key) !== undefined, model.delete(key));
    } else model.set(key, store.put(PODS, key, pod(key))!.revision);
    if (random.next() < 0.1) {
      const expected = [...model.keys()].sort();
      assertEquals(keys(store.list(PODS).entries), expected);
      assertEquals(store.count(PODS, "b"), expected.filter((key) => key.startsWith("b/")).length);
      for (const { type, entry } of cursor.read() ?? []) {
        if (type === "DELETED") replica.delete(entry.key);
        else replica.set(entry.key, entry.revision);
      }
      assertEquals([...replica].sort(), [...model].sort());
    }
  }
});

Deno.test("MemoryStore begins at a later revision than its base where it is told to", () => {
  const first = new MemoryStore();
  first.put(PODS, "a/x", pod("x"));
  const base = first.freeze();
  const store = new MemoryStore({ base, firstRevision: 1000 });
  assertEquals(store.revision, 1000);
  assertEquals(keys(store.list(PODS).entries), ["a/x"]);
  for (const remembered of [2, 999]) {
    assertThrows(() => store.watch(PODS, remembered), StatusError, "too old");
    assertThrows(() => store.list(PODS, { revision: remembered }), StatusError, "too old");
  }
  assertEquals(store.put(PODS, "a/y", pod("y"))?.revision, 1001);
  assertEquals(store.watch(PODS, 1000).read(9)?.map(({ entry }) => entry.key), ["a/y"]);
  assertEquals(new MemoryStore({ base, firstRevision: 1 }).revision, base.revision);
});
