import { assertEquals } from "@std/assert";
import type { JsonObject, JsonValue } from "../object.ts";
import { applyDefaults, dropNulls } from "./defaults.ts";
import { compileStructural } from "./structural.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    a: { type: "string", default: "x" },
    nul: { type: "string", nullable: true },
    nuld: { type: "string", nullable: true, default: "q" },
    plain: { type: "string" },
    deep: { type: "object", default: {}, properties: { b: { type: "integer", default: 7 } } },
    list: {
      type: "array",
      items: { type: "object", properties: { v: { type: "integer", default: 1 } } },
    },
    map: { type: "object", additionalProperties: { type: "string", default: "m" } },
  },
};

Deno.test("applyDefaults() fills in what is missing or null and may not be", () => {
  const rest = { a: "x", nuld: "q", deep: { b: 7 } };
  const cases: [JsonObject, JsonValue][] = [
    [{}, rest],
    [{ a: null, plain: null, nul: null, nuld: null }, { ...rest, nul: null, nuld: null }],
    [{ deep: { b: 1 } }, { ...rest, deep: { b: 1 } }],
    [{ list: [{}, { v: 2 }] }, { ...rest, list: [{ v: 1 }, { v: 2 }] }],
    [{ map: { k: null, l: "y" } }, { ...rest, map: { k: "m", l: "y" } }],
  ];
  const node = compileStructural(SCHEMA);
  for (const [given, defaulted] of cases) {
    dropNulls(node, given);
    applyDefaults(node, given);
    assertEquals(given, defaulted);
  }
});

Deno.test("applyDefaults() never hands out the schema's own objects", () => {
  const node = compileStructural(SCHEMA);
  const [one, two]: [JsonObject, JsonObject] = [{}, {}];
  applyDefaults(node, one);
  applyDefaults(node, two);
  (one.deep as JsonObject).b = 99;
  assertEquals(two.deep, { b: 7 });
});
