// Holds strategic_merge_patch.ts to what the recorded kube-apiserver does.
import { assertEquals, assertThrows } from "@std/assert";
import type { JsonObject, JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { StatusError } from "../status.ts";
import { applyStrategicMergePatch, mergeStrategically } from "./strategic_merge_patch.ts";

function node(
  type: SchemaNode["type"],
  more: Partial<SchemaNode> = {},
): SchemaNode {
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

function object(name: string, fields: Record<string, SchemaNode>): SchemaNode {
  return node("object", {
    component: `io.k8s.api.core.v1.${name}`,
    fields: new Map(
      Object.entries(fields).map((
        [name, node],
      ) => [name, {
        name,
        node,
        omitEmpty: true,
        omitZero: false,
        pointer: false,
        always: false,
      }]),
    ),
  });
}

const string = node("string");
const byName = (items: SchemaNode) =>
  node("array", {
    items,
    patch: { merge: true, retainKeys: false, mergeKey: "name" },
  });
const SCHEMA = object("PodSpec", {
  containers: byName(object("Container", {
    name: string,
    image: string,
    env: byName(object("EnvVar", { name: string, value: string })),
    command: node("array", { items: string }),
  })),
  finalizers: node("array", {
    items: string,
    patch: { merge: true, retainKeys: false },
  }),
  labels: node("map", { values: string }),
  strategy: object("Strategy", {
    type: string,
    rolling: object("Rolling", { surge: string }),
  }),
});
const DOCUMENT: JsonObject = {
  containers: [{ name: "a", image: "1", env: [{ name: "A", value: "1" }] }, {
    name: "b",
    image: "2",
  }],
  finalizers: ["x", "y"],
  labels: { one: "1" },
  strategy: { type: "RollingUpdate", rolling: { surge: "1" } },
};

Deno.test("applyStrategicMergePatch() merges as the schema says", () => {
  const containers = DOCUMENT["containers"] as JsonObject[];
  const cases: [string, JsonObject, JsonObject][] = [
    ["by key", { containers: [{ name: "b", image: "3" }, { name: "c" }] }, {
      containers: [containers[0]!, { name: "b", image: "3" }, { name: "c" }],
    }],
    ["$patch delete", { containers: [{ name: "a", $patch: "delete" }] }, {
      containers: [containers[1]!],
    }],
    ["$patch replace list", {
      containers: [{ $patch: "replace" }, { name: "z" }],
    }, {
      containers: [{ name: "z" }],
    }],
    ["$patch replace map", { labels: { $patch: "replace", two: "2" } }, {
      labels: { two: "2" },
    }],
    ["$patch delete map", { labels: { $patch: "delete" } }, { labels: {} }],
    ["nested", {
      containers: [{
        name: "a",
        env: [{ name: "B", value: "2" }],
        image: null,
      }],
    }, {
      containers: [{
        name: "a",
        env: [{ name: "B", value: "2" }, { name: "A", value: "1" }],
      }, containers[1]!],
    }],
    ["primitives", { finalizers: ["z", "x"] }, { finalizers: ["z", "x", "y"] }],
    ["primitives away", { "$deleteFromPrimitiveList/finalizers": ["x", "q"] }, {
      finalizers: ["y"],
    }],
    ["$setElementOrder", {
      "$setElementOrder/finalizers": ["y", "n", "x"],
      finalizers: ["n"],
    }, {
      finalizers: ["y", "n", "x"],
    }],
    ["$setElementOrder keyed", {
      "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
      containers: [{ name: "b", image: "9" }],
    }, { containers: [{ name: "b", image: "9" }, containers[0]!] }],
    ["$retainKeys", { strategy: { $retainKeys: ["type"], type: "Recreate" } }, {
      strategy: { type: "Recreate" },
    }],
    ["new with nulls and directives", {
      extra: { a: null, b: { $patch: "delete" }, c: 1 },
    }, {
      extra: { c: 1 },
    }],
  ];
  const before = JSON.stringify(DOCUMENT);
  for (const [name, patch, changed] of cases) {
    const sent = JSON.stringify(patch);
    const result = applyStrategicMergePatch(DOCUMENT, patch, SCHEMA);
    assertEquals(result, { ...DOCUMENT, ...changed }, name);
    assertEquals(JSON.stringify(patch), sent, name);
  }
  assertEquals(JSON.stringify(DOCUMENT), before);
});

Deno.test("applyStrategicMergePatch() refuses bad patches with upstream's texts", () => {
  const cases: [JsonValue, number, string][] = [
    [
      { containers: [{ image: "x" }] },
      500,
      "map: map[image:x] does not contain declared merge key: name",
    ],
    [{ containers: ["main"] }, 500, "list element types are not identical: "],
    [
      { containers: [{ name: "a", $patch: "merge" }] },
      500,
      "merging lists cannot yet be specified in the patch",
    ],
    [
      { labels: { $patch: "odd" } },
      500,
      "unknown patch type: odd in map: map[$patch:odd]",
    ],
    [
      { containers: [{ name: "a", $patch: 5 }] },
      500,
      "unknown patch type: %!s(int64=5) in map: map[$patch:5 name:a]",
    ],
    [
      { "$setElementOrder/nothing": [{ name: "x" }] },
      500,
      'unable to find api field in struct PodSpec for the json field "nothing"',
    ],
    [
      { "$setElementOrder/containers": "x" },
      500,
      "expected a []interface {}, but received a string",
    ],
    [
      { "$setElementOrder/finalizers": ["q"], finalizers: ["z"] },
      500,
      "The order in patch list:\n[z]\n doesn't match $setElementOrder list:\n[q]\n",
    ],
    [
      { $retainKeys: ["a"], labels: {} },
      400,
      "invalid patch format of retainKeys",
    ],
    [
      [],
      400,
      "json: cannot unmarshal array into Go value of type map[string]interface {}",
    ],
  ];
  for (const [patch, code, message] of cases) {
    const error = assertThrows(
      () => applyStrategicMergePatch(DOCUMENT, patch, SCHEMA),
      StatusError,
      message,
    );
    assertEquals(error.code, code);
  }
});

Deno.test("mergeStrategically() tells what is left of the patch", () => {
  const patch = {
    "$setElementOrder/finalizers": ["x"],
    labels: { a: null, b: "c" },
  };
  assertEquals(mergeStrategically(DOCUMENT, patch, SCHEMA).patch, {
    labels: { a: null, b: "c" },
  });
});
