import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Client } from "../client.ts";
import type { JsonValue, KubeObject } from "../object.ts";
import { ensureFinalizer } from "./ensure_finalizer.ts";

const REF = { apiVersion: "v1", resource: "configmaps" };

function mapWith(metadata: KubeObject["metadata"]): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", ...metadata } };
}

Deno.test("ensureFinalizer() writes a finalizer once, and not on what is being deleted", async () => {
  const patches: JsonValue[] = [];
  const client = {
    patch(_ref: unknown, _key: unknown, _type: string, patch: JsonValue) {
      patches.push(patch);
      return Promise.resolve(mapWith({ finalizers: ["x/old", "x/new"] }));
    },
  } as unknown as Client;

  const guarded = await ensureFinalizer(
    client,
    REF,
    mapWith({ finalizers: ["x/old"], resourceVersion: "7" }),
    "x/new",
  );
  assertEquals(guarded.metadata.finalizers, ["x/old", "x/new"]);
  assertEquals(patches, [{
    metadata: { finalizers: ["x/old", "x/new"], resourceVersion: "7" },
  }]);

  assertStrictEquals(await ensureFinalizer(client, REF, guarded, "x/new"), guarded);
  const ending = mapWith({ deletionTimestamp: "2030-01-01T00:00:00Z" });
  assertStrictEquals(await ensureFinalizer(client, REF, ending, "x/new"), ending);
  assertEquals(patches.length, 1);
});
