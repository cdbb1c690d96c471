import { assertEquals } from "@std/assert";
import type { JsonObject, JsonValue } from "../object.ts";
import { prune } from "./prune.ts";
import { compileStructural } from "./structural.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "string" },
        free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        half: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
          properties: { known: { type: "object", properties: { x: { type: "string" } } } },
        },
        list: { type: "array", items: { type: "object", properties: { k: { type: "string" } } } },
        map: { type: "object", additionalProperties: { type: "object", properties: {} } },
        any: { type: "object", additionalProperties: true },
        obj: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          properties: { spec: { type: "object", properties: {} } },
        },
      },
    },
  },
};

Deno.test("prune() removes what the schema does not name and says where", () => {
  const cases: [JsonValue, JsonValue, string[]][] = [
    [{ a: "x", b: 1 }, { a: "x" }, ["spec.b"]],
    [{ free: { x: { y: 1 } } }, { free: { x: { y: 1 } } }, []],
    [
      { half: { other: { z: 1 }, known: { x: "a", y: 1 } } },
      { half: { other: { z: 1 }, known: { x: "a" } } },
      ["spec.half.known.y"],
    ],
    [{ list: [{ k: "a" }, { d: 1 }, 5] }, { list: [{ k: "a" }, {}, 5] }, ["spec.list[1].d"]],
    [{ map: { m: { x: 1 } } }, { map: { m: {} } }, ["spec.map.m.x"]],
    // Of the values nothing is known, so that only scalars stay.
    [{ any: { s: 1, o: { x: 1 } } }, { any: { s: 1, o: {} } }, ["spec.any.o.x"]],
    [
      { obj: { apiVersion: "v1", kind: "K", metadata: { x: 1 }, spec: { y: 1 }, status: {} } },
      { obj: { apiVersion: "v1", kind: "K", metadata: { x: 1 }, spec: {} } },
      ["spec.obj.spec.y", "spec.obj.status"],
    ],
  ];
  const node = compileStructural(SCHEMA);
  for (const [given, kept, dropped] of cases) {
    const object = { apiVersion: "g/v1", kind: "K", metadata: { name: "a" }, spec: given };
    assertEquals(prune(node, object, { root: true }), dropped);
    assertEquals(object.spec, kept);
    assertEquals(object.metadata, { name: "a" });
  }
});
