import { assertEquals, assertThrows } from "@std/assert";
import type { JsonObject } from "../object.ts";
import { FACTS, SCHEMAS } from "./_facts_for_test.ts";
import { coerceObject } from "./coerce.ts";
import { DecodeError } from "./decode.ts";
import { OpenApiSchemas } from "./openapi.ts";
import { compileStructural } from "./structural.ts";

const objectMeta = new OpenApiSchemas(SCHEMAS, FACTS).node(
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
);
const node = compileStructural({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "string" },
        obj: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          "x-kubernetes-preserve-unknown-fields": true,
        },
      },
    },
  },
});
const thing = (members: JsonObject): JsonObject => ({ apiVersion: "g/v1", kind: "K", ...members });

Deno.test("coerceObject() brings a custom resource into shape", () => {
  const object = thing({
    metadata: { name: "a", creationTimestamp: null, colour: 1 },
    extra: 1,
    spec: { a: null, obj: { kind: "X", metadata: { name: "b", odd: 1 }, more: 1 } },
  });
  assertEquals(coerceObject(node, object, { objectMeta }), [
    "metadata.colour",
    "extra",
    "spec.obj.metadata.odd",
  ]);
  assertEquals(
    object,
    thing({
      metadata: { name: "a" },
      spec: { obj: { kind: "X", metadata: { name: "b" }, more: 1 } },
    }),
  );
});

Deno.test("coerceObject() refuses malformed metadata, or leaves it out", () => {
  const cases: [JsonObject, string][] = [
    [{ metadata: "x" }, "json: cannot unmarshal string into Go value of type v1.ObjectMeta"],
    [
      { metadata: { labels: { a: 1 } } },
      "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string",
    ],
    [
      { spec: { obj: { metadata: { labels: "no" } } } },
      'spec.obj.metadata: Invalid value: {"labels":"no"}: json: cannot unmarshal string into Go struct field ObjectMeta.labels of type map[string]string',
    ],
    [{ spec: { obj: { kind: 1 } } }, "spec.obj.kind: Invalid value: 1: must be a string"],
  ];
  for (const [members, message] of cases) {
    const error = assertThrows(
      () => coerceObject(node, thing(members), { objectMeta }),
      DecodeError,
    );
    assertEquals(error.message, message);
  }
  const object = thing({ metadata: { name: "a", labels: "no" } });
  coerceObject(node, object, { objectMeta, dropInvalid: true });
  assertEquals(object.metadata, { name: "a" });
});
