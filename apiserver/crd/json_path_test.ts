// Holds json_path.ts to the dialect of printer columns.

import { assertEquals, assertThrows } from "@std/assert";
import type { JsonValue } from "../../runtime/object.ts";
import { compileJsonPath, JsonPathError } from "./json_path.ts";

const OBJECT: JsonValue = {
  spec: { a: 1, "b.c": "x", list: [10, 20, 30], nested: [{ k: "p", v: 1 }, { k: "q", v: 2 }] },
  status: {
    conditions: [{ type: "Ready", status: "True", n: 3 }, { type: "Done", status: "False", n: 5 }],
  },
};

Deno.test("compileJsonPath() finds what a path leads to", () => {
  const cases: [string, JsonValue[]][] = [
    [".spec.a", [1]],
    ["{.spec.a}".slice(1, -1), [1]],
    ["$.spec.a", [1]],
    [".spec['b.c']", ["x"]],
    ['.spec["b.c"]', ["x"]],
    [".spec.b\\.c", ["x"]],
    [".spec.list[0]", [10]],
    [".spec.list[-1]", [30]],
    [".spec.list[0:2]", [10, 20]],
    [".spec.list[*]", [10, 20, 30]],
    [".spec.list[0,2]", [10, 30]],
    [".spec.missing.deeper", []],
    [".spec.nested[*].k", ["p", "q"]],
    [".spec.nested[*]['k','v']", ["p", "q", 1, 2]],
    ["..k", ["p", "q"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type=='Done')].status", ["False"]],
    [".status.conditions[?(@.n>3)].type", ["Done"]],
    ['.status.conditions[?(@.type!="Ready")].n', [5]],
    [".status.conditions[?(@.missing)].n", []],
    [".spec.list[?(@ > 15)]", [20, 30]],
  ];
  for (const [path, expected] of cases) {
    assertEquals(compileJsonPath(path)(OBJECT), expected, path);
  }
});

Deno.test("compileJsonPath() throws where a step does not fit", () => {
  for (
    const path of [".spec.list[9]", ".spec.a[0]", '.spec[?(@.a=="x")]', ".spec.nested[?(@.v=='1')]"]
  ) {
    assertThrows(() => compileJsonPath(path)(OBJECT), JsonPathError, "", path);
  }
  for (const path of [".spec[", ".spec[?(@.a", ".spec[x]", ".spec }"]) {
    assertThrows(() => compileJsonPath(path), JsonPathError, "", path);
  }
});
