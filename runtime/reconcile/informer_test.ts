import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../clock.ts";
import { silentLogger } from "../log.ts";
import type { KubeObject } from "../object.ts";
import { StatusError } from "../status.ts";
import { Cache, labelIndex, withoutManagedFields } from "./cache.ts";
import { CachedClient } from "./cached_client.ts";
import { MemoryClient } from "./memory_client_test.ts";

const ref = { apiVersion: "v1", resource: "things" };

function thing(name: string, labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Thing",
    metadata: { namespace: "ns", name, labels },
  };
}

async function world() {
  const memory = new MemoryClient();
  const clock = new VirtualClock();
  const cache = new Cache({
    client: memory,
    clock,
    logger: silentLogger,
    indexLabels: ["app"],
  });
  const client = new CachedClient(memory, cache);
  const stop = new AbortController();
  const informer = cache.informer(ref);
  cache.start(stop.signal);
  await informer.synced();
  return { memory, clock, cache, client, informer, stop };
}

const turn = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
async function turns(n = 20) {
  for (let i = 0; i < n; i++) await turn();
}

Deno.test("Informer follows the watch and tells listeners", async () => {
  const { memory, informer, stop } = await world();
  const seen: string[] = [];
  informer.listen(({ type, object, previous }) =>
    seen.push(
      `${type} ${object.metadata.name} ${previous?.metadata.resourceVersion ?? "-"}`,
    )
  );
  await memory.create(ref, thing("a"));
  await memory.patch(ref, { namespace: "ns", name: "a" }, "merge", {
    spec: { x: 1 },
  });
  await memory.delete(ref, { namespace: "ns", name: "a" });
  await turns();
  assertEquals(seen, ["ADDED a -", "MODIFIED a 1", "DELETED a 2"]);
  assertEquals(informer.size, 0);
  stop.abort();
  memory.wake();
});

Deno.test("Informer lists again when its watch has expired", async () => {
  const { memory, informer, stop } = await world();
  const seen: string[] = [];
  informer.listen(({ type, object }) => seen.push(`${type} ${object.metadata.name}`));
  await memory.create(ref, thing("a"));
  await turns();
  // All in one step, so that the watch sees none of it.
  const writes = [
    memory.delete(ref, { namespace: "ns", name: "a" }),
    memory.create(ref, thing("b")),
  ];
  memory.compacted = memory.revision;
  await Promise.all(writes);
  await turns();
  assertEquals(seen, ["ADDED a", "ADDED b", "DELETED a"]);
  stop.abort();
  memory.wake();
});

Deno.test("Informer believes the list of a cluster that was set back", async () => {
  const { informer, memory, clock, stop } = await world();
  await memory.create(ref, thing("a"));
  for (const x of [1, 2, 3]) {
    await memory.patch(ref, { namespace: "ns", name: "a" }, "merge", { spec: { x } });
  }
  await memory.create(ref, thing("b"));
  await turns();
  assertEquals([informer.get("ns", "a")?.spec, informer.size], [{ x: 3 }, 2]);
  const seen: string[] = [];
  informer.listen(({ type, object }) =>
    seen.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`)
  );
  seen.length = 0;
  // Restored from a backup of its second revision.
  memory.setBack(2);
  await clock.advance(0);
  await turns();
  assertEquals(informer.get("ns", "a")?.spec, { x: 1 });
  assertEquals(seen, ["MODIFIED a 2", "DELETED b 5"]);
  await memory.patch(ref, { namespace: "ns", name: "a" }, "merge", { spec: { x: 7 } });
  await turns();
  assertEquals(informer.get("ns", "a")?.spec, { x: 7 });
  stop.abort();
  memory.wake();
});

Deno.test("Informer does not list without end where every watch has expired", async () => {
  const { memory, clock, stop } = await world();
  memory.compacted = Infinity;
  memory.wake();
  for (let second = 0; second < 60; second++) {
    await clock.advance(1_000);
    await turns();
  }
  const lists = memory.calls.filter((call) => call.startsWith("list")).length;
  assertEquals(lists < 10, true, `${lists} lists in a minute`);
  stop.abort();
  memory.wake();
});

Deno.test("CachedClient reads its own writes before the watch tells of them", async () => {
  const { memory, client, informer, stop } = await world();
  const made = await client.create(ref, thing("a", { app: "x" }));
  assertEquals(
    (await client.list(ref, { namespace: "ns", labels: "app=x" })).items,
    [made],
  );
  await client.patch(ref, { namespace: "ns", name: "a" }, "merge", {
    spec: { x: 1 },
  });
  assertEquals((await client.get(ref, { namespace: "ns", name: "a" })).spec, {
    x: 1,
  });
  await client.delete(ref, { namespace: "ns", name: "a" });
  await assertRejects(
    () => client.get(ref, { namespace: "ns", name: "a" }),
    StatusError,
  );
  // The late events of the deleted object must not bring it back.
  const seen: string[] = [];
  informer.listen(({ type }) => seen.push(type));
  await turns();
  assertEquals({ seen, size: informer.size }, { seen: [], size: 0 });
  stop.abort();
  memory.wake();
});

Deno.test("CachedClient sees an object go with its last finalizer", async () => {
  const { memory, client, stop } = await world();
  const key = { namespace: "ns", name: "a" };
  const object = thing("a");
  object.metadata.finalizers = ["f"];
  await client.create(ref, object);
  await client.delete(ref, key);
  assertEquals(
    (await client.get(ref, key)).metadata.deletionTimestamp !== undefined,
    true,
  );
  await client.patch(ref, key, "merge", { metadata: { finalizers: null } });
  await assertRejects(() => client.get(ref, key), StatusError);
  stop.abort();
  memory.wake();
});

Deno.test("Informer.byIndex() follows changes of the indexed value", async () => {
  const { memory, client, informer, stop } = await world();
  await client.create(ref, thing("a", { app: "x" }));
  await client.patch(ref, { namespace: "ns", name: "a" }, "merge", {
    metadata: { labels: { app: "y" } },
  });
  assertEquals(informer.byIndex(labelIndex("app"), "x"), []);
  assertEquals(informer.byIndex(labelIndex("app"), "y").length, 1);
  stop.abort();
  memory.wake();
});

Deno.test("Informer asks a server that ends watches at once again, but not at full speed", async () => {
  const clock = new VirtualClock();
  let watches = 0;
  class EndingClient extends MemoryClient {
    override watch() {
      watches++;
      return (async function* () {
        yield* [];
      })();
    }
  }
  const ending = new EndingClient();
  const cache = new Cache({ client: ending, clock, logger: silentLogger });
  const stop = new AbortController();
  cache.informer(ref);
  cache.start(stop.signal);
  await clock.advance(10_000);
  stop.abort();
  assertEquals(watches, 4);
});

Deno.test("Cache.unsynced() names what is served and not listed yet", async () => {
  const memory = new MemoryClient();
  let error: StatusError | undefined = new StatusError(403, "Forbidden", "not yet");
  const list = memory.list.bind(memory);
  memory.list = (...args) => error === undefined ? list(...args) : Promise.reject(error);
  const clock = new VirtualClock();
  const cache = new Cache({ client: memory, clock, logger: silentLogger });
  const stop = new AbortController();
  cache.informer({ apiVersion: "apps/v1", resource: "deployments" });
  cache.start(stop.signal);
  assertEquals(cache.unsynced(), ["deployments.apps"]);
  error = new StatusError(404, "NotFound", "no such resource");
  await clock.advance(1_000);
  assertEquals(cache.unsynced(), []);
  error = undefined;
  await clock.advance(10_000);
  assertEquals(cache.unsynced(), []);
  stop.abort();
  memory.wake();
});

Deno.test("Cache keeps what it is told to keep of objects, however they come", async () => {
  const memory = new MemoryClient();
  const clock = new VirtualClock();
  const cache = new Cache({
    client: memory,
    clock,
    logger: silentLogger,
    keep: withoutManagedFields,
  });
  const client = new CachedClient(memory, cache);
  const owned = (name: string): KubeObject => {
    const object = thing(name);
    return { ...object, metadata: { ...object.metadata, managedFields: [{ manager: "m" }] } };
  };
  await memory.create(ref, owned("listed"));
  const stop = new AbortController();
  const informer = cache.informer(ref);
  cache.start(stop.signal);
  await informer.synced();
  await memory.create(ref, owned("watched"));
  await turns();
  const answer = await client.create(ref, owned("written"));
  assertEquals(answer.metadata.managedFields, [{ manager: "m" }]);
  for (const name of ["listed", "watched", "written"]) {
    const { metadata } = await client.get(ref, { namespace: "ns", name });
    assertEquals([metadata.name, metadata.managedFields], [name, undefined]);
  }
  stop.abort();
});
