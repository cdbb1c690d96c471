import { assert, assertEquals, assertThrows } from "@std/assert";
import { MemoryStore } from "../../runtime/store/memory_store.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { DatabaseSync } from "node:sqlite";
import { SqliteStorage } from "./sqlite_storage.ts";

function configMap(name: string, colour: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { colour },
  };
}

function open(storage: SqliteStorage, cluster: string): MemoryStore {
  const { journal, restored } = storage.open(cluster);
  return new MemoryStore({ journal, ...(restored === undefined ? {} : { restored }) });
}

async function withFile(run: (path: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    run(`${folder}/capim.sqlite`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("SqliteStorage brings back what was written and forgets what was removed", () =>
  withFile((path) => {
    {
      using storage = new SqliteStorage(path);
      const store = open(storage, "default/a");
      store.put("/configmaps", "default/x", configMap("x", "red"));
      store.put("/configmaps", "default/x", configMap("x", "blue"));
      store.put("/configmaps", "default/y", configMap("y", "red"));
      store.remove("/configmaps", "default/y");
      open(storage, "default/b").put("/configmaps", "default/z", configMap("z", "red"));
    }
    using storage = new SqliteStorage(path);
    assertEquals(storage.clusters, ["default/a", "default/b"]);
    const store = open(storage, "default/a");
    assertEquals(store.get("/configmaps", "default/x")?.object["data"], { colour: "blue" });
    assertEquals(store.get("/configmaps", "default/y"), undefined);
    assertEquals(store.count("/configmaps"), 1);
    assertEquals(store.revision, 5);
    assertThrows(() => store.watch("/configmaps", 3), Error, "too old");
    assert(store.put("/configmaps", "default/y", configMap("y", "green"))!.revision > 5);
    storage.remove("default/a");
    assertEquals(storage.clusters, ["default/b"]);
  }));

Deno.test("SqliteStorage remembers that an object of the base is gone", () =>
  withFile((path) => {
    const seed = new MemoryStore();
    seed.put("/namespaces", "default", configMap("default", "red"));
    const base = seed.freeze();
    using storage = new SqliteStorage(path);
    const { journal } = storage.open("a");
    new MemoryStore({ base, journal }).remove("/namespaces", "default");
    const { restored } = storage.open("a");
    assertEquals(new MemoryStore({ base, restored: restored! }).count("/namespaces"), 0);
    assertEquals(seed.count("/namespaces"), 1);
  }));

Deno.test("SqliteStorage keeps a cluster's secrets", () =>
  withFile((path) => {
    using storage = new SqliteStorage(path);
    assertEquals(storage.secret("a", "key", () => "first"), "first");
    assertEquals(storage.secret("a", "key", () => "second"), "first");
  }));

Deno.test("SqliteStorage keeps buckets of bytes, all changes of a write or none", () =>
  withFile((path) => {
    const bytes = (...values: number[]) => new Uint8Array(values);
    {
      using storage = new SqliteStorage(path);
      const buckets = storage.buckets("a");
      buckets.write([
        { bucket: "x", key: bytes(200), value: bytes(1) },
        { bucket: "x", key: bytes(3, 0), value: bytes() },
        { bucket: "y", key: bytes(3), value: bytes(2) },
      ]);
      buckets.write([
        { bucket: "x", key: bytes(3), value: bytes(9) },
        { bucket: "y", key: bytes(3) },
      ]);
      const wrong = { bucket: null as unknown as string, key: bytes(1), value: bytes(1) };
      assertThrows(() => buckets.write([{ bucket: "x", key: bytes(7), value: bytes(7) }, wrong]));
      storage.buckets("b").write([{ bucket: "x", key: bytes(3), value: bytes(4) }]);
    }
    using storage = new SqliteStorage(path);
    assertEquals(storage.buckets("a").read("x").map(({ key, value }) => [[...key], [...value]]), [
      [[3], [9]],
      [[3, 0], []],
      [[200], [1]],
    ]);
    assertEquals(storage.buckets("a").read("y"), []);
    storage.buckets("a").clear();
    assertEquals(storage.buckets("a").read("x"), []);
    storage.remove("b");
    assertEquals(storage.buckets("b").read("x"), []);
  }));

Deno.test("SqliteStorage tells once that writes fail, and that they work again", () =>
  withFile((path) => {
    const told: string[] = [];
    using storage = new SqliteStorage(path, {
      writing: (failure) => told.push(failure === undefined ? "works" : "fails"),
    });
    const buckets = storage.buckets("a");
    const key = new Uint8Array(1);
    const wrong = { bucket: null as unknown as string, key, value: key };
    for (let i = 0; i < 2; i++) assertThrows(() => buckets.write([wrong]));
    for (let i = 0; i < 2; i++) buckets.write([{ bucket: "x", key, value: key }]);
    assertThrows(() => buckets.write([wrong]));
    assertEquals(told, ["fails", "works", "fails"]);
  }));

Deno.test("SqliteStorage says that another process has its file", () =>
  withFile((path) => {
    using _storage = new SqliteStorage(path);
    assertThrows(() => new SqliteStorage(path), Error, "is in use by another process");
  }));

Deno.test("SqliteStorage keeps nothing more of a cluster that it has forgotten", () =>
  withFile((path) => {
    using storage = new SqliteStorage(path);
    const key = new Uint8Array(1);
    const [store, buckets] = [open(storage, "default/a"), storage.buckets("default/a")];
    store.put("/configmaps", "default/x", configMap("x", "red"));
    storage.remove("default/a");
    store.put("/configmaps", "default/x", configMap("x", "late"));
    buckets.write([{ bucket: "x", key, value: key }]);
    assertEquals(storage.clusters, []);
    const again = open(storage, "default/a");
    again.put("/configmaps", "default/y", configMap("y", "new"));
    storage.buckets("default/a").write([{ bucket: "x", key, value: key }]);
    store.remove("/configmaps", "default/x");
    buckets.clear();
    assertEquals(open(storage, "default/a").count("/configmaps"), 1);
    assertEquals(storage.buckets("default/a").read("x").length, 1);
  }));

Deno.test("SqliteStorage knows clusters that it has nothing of but a secret or bytes", () =>
  withFile((path) => {
    using storage = new SqliteStorage(path);
    storage.secret("default/b", "key", () => "first");
    storage.buckets("default/a").write([{
      bucket: "x",
      key: new Uint8Array(1),
      value: new Uint8Array(1),
    }]);
    assertEquals(storage.clusters, ["default/a", "default/b"]);
    for (const cluster of storage.clusters) storage.remove(cluster);
    assertEquals(storage.clusters, []);
  }));

Deno.test("SqliteStorage says what is the matter with a damaged file, and leaves it as it is", () =>
  withFile((path) => {
    {
      using storage = new SqliteStorage(path);
      const store = open(storage, "default/a");
      for (let i = 0; i < 100; i++) {
        store.put("/configmaps", `default/${i}`, configMap(`${i}`, "red".repeat(1000)));
      }
    }
    Deno.truncateSync(path, 100_000);
    assertThrows(() => new SqliteStorage(path), Error, `${path} is damaged or no database`);
    assertEquals(Deno.statSync(path).size, 100_000);
    Deno.writeTextFileSync(path, "These are notes of somebody. ".repeat(100));
    assertThrows(() => new SqliteStorage(path), Error, "(file is not a database)");
  }));

Deno.test("SqliteStorage leaves databases of other programs alone", () =>
  withFile((path) => {
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE bookmark (address TEXT)");
    other.close();
    assertThrows(() => new SqliteStorage(path), Error, "is a database of another program");
  }));

Deno.test("SqliteStorage refuses a file of another layout", () =>
  withFile((path) => {
    {
      using storage = new SqliteStorage(path);
      storage.remove("none");
    }
    patchLayout(path);
    assertThrows(
      () => new SqliteStorage(path),
      Error,
      "has layout 99, this version of capim reads layout 2",
    );
  }));

function patchLayout(path: string): void {
  // The user version stands at offset 60 of the file's header.
  using file = Deno.openSync(path, { read: true, write: true });
  file.seekSync(60, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array([0, 0, 0, 99]));
}
