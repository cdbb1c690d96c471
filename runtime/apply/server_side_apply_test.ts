// Holds server-side apply and the bookkeeping of other writes to what the
// recorded kube-apiserver does (oracle area apply).

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { JsonObject, KubeObject } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { StatusError } from "../status.ts";
import { type Apply, keepTimes, serverSideApply, updateManagedFields } from "./mod.ts";

function node(type: SchemaNode["type"], more: Partial<SchemaNode> = {}): SchemaNode {
  return {
    type,
    listType: "atomic",
    mapKeys: [],
    keyDefaults: {},
    mapType: "granular",
    nullable: false,
    preserveUnknown: false,
    embedded: false,
    required: [],
    validators: [],
    ...more,
  };
}

function object(fields: Record<string, SchemaNode>): SchemaNode {
  return node("object", {
    fields: new Map(
      Object.entries(fields).map((
        [name, node],
      ) => [name, {
        name,
        node,
        omitEmpty: false,
        omitZero: false,
        pointer: false,
        always: false,
      }]),
    ),
  });
}

const string = node("string");
const number = node("integer");
const SCHEMA = object({
  apiVersion: string,
  kind: string,
  metadata: object({
    name: string,
    resourceVersion: string,
    labels: node("map", { values: string }),
    annotations: node("map", { values: string }),
    finalizers: node("array", { items: string, listType: "set" }),
  }),
  spec: object({
    replicas: number,
    items: node("array", {
      listType: "map",
      mapKeys: ["name"],
      items: object({ name: string, value: string, ports: node("array", { items: number }) }),
    }),
    atomic: node("array", { items: string }),
    open: node("any", { preserveUnknown: true }),
  }),
});

const TIME = "2026-01-01T00:00:00Z";
const LATER = "2026-01-01T00:00:09Z";

function thing(spec: JsonObject, metadata: JsonObject = {}): KubeObject {
  return { apiVersion: "e.com/v1", kind: "Thing", metadata: { name: "t", ...metadata }, spec };
}

function write(manager: string, time = TIME) {
  return { node: SCHEMA, manager, apiVersion: "e.com/v1", subresource: "", time };
}

function apply(config: KubeObject, more: Partial<Apply> & { live?: KubeObject }) {
  return serverSideApply({
    ...write("applier"),
    kind: "Thing",
    config,
    force: false,
    ...more,
  });
}

function update(live: KubeObject | undefined, next: KubeObject, manager: string, time = TIME) {
  const managedFields = updateManagedFields({
    ...write(manager, time),
    ...(live === undefined ? {} : { live }),
    next,
  });
  const { managedFields: _, ...metadata } = next.metadata;
  return { ...next, metadata: { ...metadata, ...(managedFields ? { managedFields } : {}) } };
}

Deno.test("updateManagedFields() gives the creator what it sets", () => {
  const created = update(
    undefined,
    thing({ replicas: 1, items: [{ name: "a", value: "1" }], open: { x: { y: 1 }, z: [] } }, {
      labels: { l: "1" },
      finalizers: ["f"],
    }),
    "creator",
  );
  assertEquals(created.metadata.managedFields, [{
    manager: "creator",
    operation: "Update",
    apiVersion: "e.com/v1",
    time: TIME,
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": {
        "f:finalizers": { ".": {}, 'v:"f"': {} },
        "f:labels": { ".": {}, "f:l": {} },
      },
      "f:spec": {
        ".": {},
        "f:items": { ".": {}, 'k:{"name":"a"}': { ".": {}, "f:name": {}, "f:value": {} } },
        "f:open": { ".": {}, "f:x": { ".": {}, "f:y": {} }, "f:z": {} },
        "f:replicas": {},
      },
    },
  }]);
});

Deno.test("updateManagedFields() moves ownership and keeps the list when nothing changes", () => {
  const created = update(undefined, thing({ replicas: 1, atomic: ["a"] }), "one");
  const changed = update(
    created,
    { ...created, spec: { replicas: 2, atomic: ["a"] } },
    "two",
    LATER,
  );
  assertEquals(
    changed.metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
    [["one", { "f:spec": { ".": {}, "f:atomic": {} } }], ["two", {
      "f:spec": { "f:replicas": {} },
    }]],
  );
  const same = update(changed, { ...changed, spec: { replicas: 2, atomic: ["a"] } }, "three");
  assert(same.metadata.managedFields === changed.metadata.managedFields);
  const removed = update(changed, { ...changed, spec: { atomic: ["a"] } }, "three");
  assertEquals(removed.metadata.managedFields?.map(({ manager }) => manager), ["one"]);
});

Deno.test("updateManagedFields() forgets everybody when asked to", () => {
  const created = update(undefined, thing({ replicas: 1 }), "one");
  for (const managedFields of [[], [{}]]) {
    const reset = { ...created, metadata: { ...created.metadata, managedFields } };
    assertEquals(update(created, reset, "two").metadata.managedFields, undefined);
  }
});

Deno.test("updateManagedFields() merges the oldest of more than ten updaters", () => {
  let live = update(undefined, thing({ replicas: 0 }), "m-00");
  for (let i = 1; i < 12; i++) {
    const labels = { ...live.metadata.labels, [`l${i}`]: "x" };
    const time = `2026-01-01T00:00:${String(i).padStart(2, "0")}Z`;
    live = update(live, { ...live, metadata: { ...live.metadata, labels } }, `m-${i}`, time);
  }
  const managers = live.metadata.managedFields!.map(({ manager }) => manager);
  assertEquals(managers.length, 10);
  assertEquals(managers[0], "ancient-changes");
});

Deno.test("serverSideApply() creates, drops what is no longer applied, and keeps what others own", () => {
  const first = apply(
    thing({ replicas: 1, items: [{ name: "a", value: "1" }, { name: "b" }] }),
    {},
  );
  assert(first.changed);
  const labelled = update(
    first.object,
    { ...first.object, spec: { ...first.object["spec"], atomic: ["x"] } },
    "other",
  );
  const second = apply(thing({ items: [{ name: "b" }, { name: "c" }] }), {
    live: labelled,
    time: LATER,
  });
  assertEquals(second.object["spec"], { items: [{ name: "b" }, { name: "c" }], atomic: ["x"] });
  assertEquals(second.object.metadata.managedFields?.map(({ manager, time }) => [manager, time]), [
    ["applier", LATER],
    ["other", TIME],
  ]);
});

Deno.test("serverSideApply() that changes nothing keeps its time", () => {
  const { object } = apply(thing({ replicas: 1 }), {});
  const again = apply(thing({ replicas: 1 }), { live: object, time: LATER });
  assert(!again.changed);
  assert(again.object.metadata.managedFields === object.metadata.managedFields);
});

Deno.test("serverSideApply() refuses to take fields from others, unless forced", () => {
  const live = update(undefined, thing({ replicas: 1, items: [{ name: "a", value: "1" }] }), "one");
  const config = thing({ replicas: 2, items: [{ name: "a", value: "2" }] });
  const error = assertThrows(() => apply(config, { live }), StatusError);
  assertEquals(
    error.message,
    'Apply failed with 2 conflicts: conflicts with "one" using e.com/v1:\n- .spec.replicas\n- .spec.items[name="a"].value',
  );
  assertEquals(error.status.details?.causes?.[0], {
    reason: "FieldManagerConflict",
    message: 'conflict with "one" using e.com/v1',
    field: ".spec.replicas",
  });
  const { object } = apply(config, { live, force: true });
  assertEquals(object["spec"], config["spec"]);
  const shared = apply(thing({ replicas: 1 }), { live });
  assertEquals(shared.object.metadata.managedFields?.length, 2);
});

Deno.test("serverSideApply() gives untracked fields to before-first-apply", () => {
  const { object } = apply(thing({ replicas: 2 }), { live: thing({ replicas: 2 }) });
  assertEquals(object.metadata.managedFields?.map(({ manager }) => manager), [
    "applier",
    "before-first-apply",
  ]);
});

Deno.test("serverSideApply() refuses configurations that do not fit", () => {
  const wrong = (config: KubeObject) => assertThrows(() => apply(config, {}), StatusError).message;
  const of = "failed to create typed patch object (/t; e.com/v1, Kind=Thing): ";
  assertEquals(wrong(thing({ more: 1 })), `${of}.spec.more: field not declared in schema`);
  assertEquals(
    wrong(thing({ replicas: "x" })),
    `${of}.spec.replicas: expected numeric (int or float), got string`,
  );
  assertEquals(wrong(thing({ items: "x" })), `${of}.spec.items: expected list, got &{x}`);
  assertEquals(
    wrong(thing({ items: [{ name: "a" }, { name: "a" }] })),
    `${of}.spec.items: duplicate entries for key [name="a"]`,
  );
  assertEquals(
    wrong(thing({}, { labels: { a: 1 } })),
    `${of}.metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}`,
  );
  assertEquals(wrong({ ...thing({}), kind: "Other" }), "invalid object type: e.com/v1, Kind=Other");
});

Deno.test("keepTimes() undoes an update of times alone", () => {
  const live = update(undefined, thing({ replicas: 1 }), "one");
  const touched = {
    ...live,
    metadata: {
      ...live.metadata,
      managedFields: [{ ...live.metadata.managedFields![0]!, time: LATER }],
    },
  };
  assertEquals(keepTimes(live, touched), live);
  const changed = { ...touched, spec: { replicas: 2 } };
  assert(keepTimes(live, changed) === changed);
});

Deno.test("serverSideApply() keeps the metadata of objects that lose all applied metadata", () => {
  const { object } = apply(thing({ replicas: 1 }, { finalizers: ["f"] }), {});
  const live = { ...object, metadata: { ...object.metadata, uid: "u", resourceVersion: "7" } };
  const { object: next } = apply(thing({ replicas: 1 }), { live });
  assertEquals(
    { ...next.metadata, managedFields: undefined },
    { name: "t", uid: "u", resourceVersion: "7", managedFields: undefined },
  );
});

Deno.test("serverSideApply() takes what the schema leaves open as it is, though decoding knows more", () => {
  const schema = object({ type: node("string") });
  const kind = object({
    apiVersion: node("string"),
    kind: node("string"),
    metadata: object({}),
    items: node("any", { values: schema }),
  });
  const items = { type: "a", more: { b: 1 } };
  const { object: applied } = serverSideApply({
    node: kind,
    kind: "A",
    manager: "m",
    apiVersion: "v1",
    subresource: "",
    time: "2026-01-01T00:00:00Z",
    config: { apiVersion: "v1", kind: "A", metadata: {}, items } as KubeObject,
    force: false,
  });
  assertEquals(applied.items, items);
});
