// Holds merge_patch.ts to what the recorded kube-apiserver does.
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { JsonObject, JsonValue } from "../object.ts";
import { StatusError } from "../status.ts";
import { applyMergePatch } from "./merge_patch.ts";

Deno.test("applyMergePatch() merges objects and replaces everything else", () => {
  const cases: [JsonValue, JsonValue, JsonValue][] = [
    [{ a: 1, b: 2 }, { a: null, c: 3 }, { b: 2, c: 3 }],
    [{ a: { b: 1 } }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
    [{ a: 1 }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
    [{ a: [1, 2] }, { a: [3, null, { x: null }] }, { a: [3, null, {}] }],
    [{ a: {} }, { a: [{ x: null }] }, { a: [{ x: null }] }],
    [{ b: 1 }, { z: 1, a: { d: 1, c: 2 } }, { b: 1, a: { c: 2, d: 1 }, z: 1 }],
    [
      {},
      JSON.parse('{"__proto__":{"x":1}}'),
      JSON.parse('{"__proto__":{"x":1}}'),
    ],
  ];
  for (const [document, patch, expected] of cases) {
    const result = applyMergePatch(document, patch);
    assertEquals(JSON.stringify(result), JSON.stringify(expected));
  }
});

Deno.test("applyMergePatch() shares what it does not change", () => {
  const document = { a: { b: 1 }, c: {} };
  const result = applyMergePatch(document, { c: { d: 1 } }) as JsonObject;
  assert(result["a"] === document.a);
  assert(applyMergePatch(document, { a: { b: 1 } }) === document);
});

Deno.test("applyMergePatch() refuses bodies that are no object", () => {
  const error = assertThrows(() => applyMergePatch({}, [1]), StatusError);
  assertEquals(
    error.message,
    "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
  );
  assertEquals(
    assertThrows(() => applyMergePatch({}, 5, false), StatusError).message,
    "Invalid JSON Patch",
  );
});
