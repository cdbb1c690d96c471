import { assertEquals, assertStrictEquals } from "@std/assert";
import { compileStructural, sharedSchema } from "./structural.ts";

Deno.test("compileStructural() makes a node of every sort", () => {
  const node = compileStructural({
    type: "object",
    required: ["a"],
    properties: {
      a: { "x-kubernetes-int-or-string": true },
      m: {
        type: "object",
        additionalProperties: { type: "string" },
        "x-kubernetes-map-type": "atomic",
      },
      l: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k", "p"],
        items: {
          type: "object",
          properties: { k: { type: "string" }, p: { type: "string", default: "TCP" } },
        },
      },
      u: { "x-kubernetes-preserve-unknown-fields": true, nullable: true },
    },
  });
  assertEquals(node.type, "object");
  assertEquals(node.required, ["a"]);
  const child = (name: string) => node.fields?.get(name)?.node;
  assertEquals(child("a")?.type, "intOrString");
  assertEquals(child("m")?.type, "map");
  assertEquals(child("m")?.mapType, "atomic");
  assertEquals(child("m")?.values?.type, "string");
  assertEquals(child("l")?.mapKeys, ["k", "p"]);
  assertEquals({ ...child("l")?.keyDefaults }, { p: "TCP" });
  assertEquals(child("u")?.type, "any");
  assertEquals(child("u")?.nullable, true);
  assertEquals(child("u")?.preserveUnknown, true);
});

Deno.test("sharedSchema() gives equal schemas one node", () => {
  const text = '{"type":"object","properties":{"x":{"type":"string"}}}';
  const node = sharedSchema(text);
  assertStrictEquals(sharedSchema(text), node);
  const rules = () => [];
  const ruled = sharedSchema(text, { rules });
  assertEquals(ruled === node, false);
  assertStrictEquals(sharedSchema(text, { rules }), ruled);
});
