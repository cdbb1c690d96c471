import { assertEquals } from "@std/assert";
import { findField } from "./field_path.ts";

const SCHEMA = {
  type: "object",
  properties: {
    a: { type: "string" },
    "a.b": { type: "integer" },
    m: { type: "object", additionalProperties: { type: "object", properties: { q: {} } } },
  },
};

Deno.test("findField() follows members and keys and says where it cannot", () => {
  const cases: [path: string, expected: string][] = [
    [".a", "a"],
    ["['a.b']", "a.b"],
    [".m.key.q", "m[key].q"],
    [".m['k\\'ey'].q", "m[k'ey].q"],
    ["a", "expected [ or . but got: a"],
    ["{.a}", "expected [ or . but got: {"],
    [".zz", "does not refer to a valid field"],
    [".a.b", "does not refer to a valid field"],
    [".", "unexpected end of JSON path"],
    ["[0]", "expected single quoted string but got 0"],
    ["['a'", "unexpected end of JSON path"],
    ["['\\q']", "invalid string literal: invalid escape char \\q"],
  ];
  for (const [path, expected] of cases) {
    const { path: found, error } = findField(SCHEMA, path);
    assertEquals(error ?? found, expected, path);
  }
  assertEquals(findField(SCHEMA, "['a']", false).error, "array notation is not allowed");
});
