import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { apiVersionOf, clone, equal, parseApiVersion } from "./object.ts";

Deno.test("clone() copies deeply and keeps odd members ordinary", () => {
  const tree = JSON.parse('{"a":[1,{"b":null}],"__proto__":{"c":true},"d":"x"}');
  const copy = clone(tree);
  assertEquals(JSON.stringify(copy), JSON.stringify(tree));
  assertEquals(Object.getPrototypeOf(copy), Object.prototype);
  copy.a[1].b = 2;
  assertEquals(tree.a[1].b, null);
});

Deno.test("equal() takes undefined members for absent ones", () => {
  assert(equal({ a: undefined, b: [1] }, { b: [1] }));
  assert(!equal({ a: null }, {}));
  assert(!equal([1, 2], [2, 1]));
  assert(!equal({ a: {} }, { a: [] }));
  assertNotEquals(equal({ a: 1 }, { a: 1, b: 2 }), true);
});

Deno.test("parseApiVersion() reverses apiVersionOf()", () => {
  for (const gv of [{ group: "", version: "v1" }, { group: "apps", version: "v1" }]) {
    assertEquals(parseApiVersion(apiVersionOf(gv)), gv);
  }
});
