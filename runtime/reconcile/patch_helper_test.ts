import { assertEquals, assertRejects } from "@std/assert";
import { clone, type JsonObject, type KubeObject } from "../object.ts";
import { StatusError } from "../status.ts";
import { MemoryClient } from "./memory_client_test.ts";
import { mergeDiff } from "./merge_diff.ts";
import { patchObject } from "./patch_helper.ts";

const ref = { apiVersion: "v1", resource: "things" };
const key = { namespace: "ns", name: "a" };

Deno.test("mergeDiff() is the smallest merge patch", () => {
  const cases: [JsonObject, JsonObject, JsonObject | undefined][] = [
    [{}, {}, undefined],
    [{ a: 1 }, { a: 1 }, undefined],
    [{ a: 1 }, { a: 2, b: 3 }, { a: 2, b: 3 }],
    [{ a: 1, b: { c: 1, d: 2 } }, { b: { c: 1 } }, { b: { d: null }, a: null }],
    [{ l: [1, 2] }, { l: [2] }, { l: [2] }],
    [{ a: { b: 1 } }, { a: "x" }, { a: "x" }],
    [{ a: undefined }, {}, undefined],
  ];
  for (const [before, after, patch] of cases) {
    assertEquals(mergeDiff(before, after), patch);
  }
});

async function stored(memory: MemoryClient, object: Partial<KubeObject> = {}) {
  const made = await memory.create(ref, {
    apiVersion: "v1",
    kind: "Thing",
    metadata: { ...key },
    ...object,
  });
  memory.calls.length = 0;
  return made;
}

Deno.test("patchObject() writes only what differs", async () => {
  const memory = new MemoryClient();
  const before = await stored(memory);
  await patchObject(memory, ref, before, clone(before));
  assertEquals(memory.calls, []);
  const after = clone(before);
  after.metadata.labels = { a: "b" };
  await patchObject(memory, ref, before, after);
  assertEquals(memory.calls, ["patch things"]);
  const labelled = await memory.get(ref, key);
  const again = clone(labelled);
  again.status = { phase: "Running" };
  again.spec = { x: 1 };
  const last = await patchObject(memory, ref, labelled, again);
  assertEquals(memory.calls.slice(-2), ["patch things", "patch things/status"]);
  assertEquals([last.spec, last.status], [{ x: 1 }, { phase: "Running" }]);
});

Deno.test("patchObject() merges conditions with those that others wrote meanwhile", async () => {
  const memory = new MemoryClient();
  const created = await stored(memory);
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: status,
  });
  const theirs = clone(created);
  theirs.status = {
    conditions: [condition("Theirs", "True"), condition("Both", "True")],
  };
  await patchObject(memory, ref, created, theirs);
  const mine = clone(created);
  mine.status = {
    conditions: [condition("Mine", "True"), condition("Both", "False")],
  };
  await assertRejects(
    () => patchObject(memory, ref, created, mine),
    StatusError,
    "Both",
  );
  await patchObject(memory, ref, created, mine, {
    ownedConditions: ["Mine", "Both"],
  });
  const { status } = await memory.get(ref, key);
  assertEquals(status.conditions, [
    condition("Mine", "True"),
    condition("Both", "False"),
    condition("Theirs", "True"),
  ]);
});

Deno.test("patchObject() writes status before it takes off the last finalizer", async () => {
  const memory = new MemoryClient();
  const before = await stored(memory, {
    metadata: { ...key, finalizers: ["f"] },
  });
  await memory.delete(ref, key);
  const deleting = await memory.get(ref, key);
  memory.calls.length = 0;
  const after = clone(deleting);
  after.metadata.finalizers = [];
  after.status = { phase: "Deleted" };
  await patchObject(memory, ref, deleting, after);
  assertEquals(memory.calls, ["patch things/status", "patch things"]);
  await assertRejects(() => memory.get(ref, key), StatusError);
  assertEquals(before.metadata.name, "a");
});
