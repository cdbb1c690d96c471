import { assert, assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { StatusError } from "../runtime/status.ts";
import type { KubeObject } from "../runtime/object.ts";
import { ApiServer } from "./server.ts";

const configMaps = { apiVersion: "v1", resource: "configmaps" };
const configMap = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", labels: { name } },
  data: { a: "1" },
});

Deno.test("InProcessClient reads and writes without encoding", async () => {
  const server = new ApiServer({ clock: new VirtualClock() });
  const client = server.client();
  const given = configMap("a");
  const created = await client.create(configMaps, given);
  assertEquals(given, configMap("a"), "what was given is left alone");
  const key = { namespace: "default", name: "a" };
  const read = await client.get(configMaps, key);
  assert(read === await client.get(configMaps, key), "objects given out are the stored ones");
  assertEquals(read.metadata.resourceVersion, created.metadata.resourceVersion);
  const updated = await client.update(configMaps, { ...read, data: { a: "2" } });
  assertEquals(updated.data, { a: "2" });
  await assertRejects(() => client.update(configMaps, { ...read, data: {} }), StatusError);
  const patched = await client.patch(configMaps, key, "merge", { data: { b: "3" } });
  assertEquals(patched.data, { a: "2", b: "3" });
  const dry = await client.create(configMaps, configMap("b"), { dryRun: true });
  assertEquals(dry.metadata.name, "b");
  const { items } = await client.list(configMaps, { namespace: "default", labels: "name=a" });
  assertEquals(items.map(({ metadata }) => metadata.name), ["a"]);
  await client.delete(configMaps, key);
  const error = await assertRejects(() => client.get(configMaps, key), StatusError);
  assertEquals(error.code, 404);
  server.close();
});

Deno.test("InProcessClient watches until told to stop", async () => {
  const server = new ApiServer({ clock: new VirtualClock() });
  const client = server.client();
  const abort = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    const query = { namespace: "default", signal: abort.signal };
    for await (const { type, object } of client.watch(configMaps, query)) {
      seen.push(`${type} ${object.metadata.name}`);
      if (seen.length === 3) abort.abort();
    }
  })();
  await client.create(configMaps, configMap("a"));
  await client.patch(configMaps, { namespace: "default", name: "a" }, "merge", {
    data: { a: "2" },
  });
  await client.delete(configMaps, { namespace: "default", name: "a" });
  await watching;
  assertEquals(seen.at(-1), "DELETED a");
  server.close();
});

Deno.test("InProcessClient knows nothing of resources that are not served", async () => {
  const server = new ApiServer({ clock: new VirtualClock() });
  const nothing = { apiVersion: "x.example/v1", resource: "things" };
  const error = await assertRejects(() => server.client().list(nothing), StatusError);
  assertEquals(error.code, 404);
  server.close();
});
