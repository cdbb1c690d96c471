// Holds columns.ts to the recorded rows (oracle scenario columns-wrong-values).

import { assertEquals } from "@std/assert";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import { compileTable } from "./columns.ts";

const NOW_MS = Date.parse("2026-01-01T00:10:00Z");

function thing(spec: JsonObject): KubeObject {
  return {
    apiVersion: "e.com/v1",
    kind: "Thing",
    metadata: { name: "a", creationTimestamp: "2026-01-01T00:05:00Z" },
    spec,
  };
}

Deno.test("compileTable() shows the age when no columns are asked for", () => {
  const table = compileTable();
  assertEquals(table.columns.map(({ name, type }) => [name, type]), [
    ["Name", "string"],
    ["Age", "date"],
  ]);
  assertEquals(table.cells(thing({}), NOW_MS), ["a", "5m"]);
});

Deno.test("compileTable() fills cells by the type of their column", () => {
  const cases: [string, JsonValue, JsonValue][] = [
    ["string", 5, "5"],
    ["string", { x: 1 }, '{"x":1}'],
    ["string", ["x", "y"], '["x","y"]'],
    ["string", null, "<no value>"],
    ["integer", "many", null],
    ["integer", 1.5, 1],
    ["number", 3, 3],
    ["number", "x", null],
    ["boolean", true, true],
    ["boolean", "yes", null],
    ["date", "never", "<invalid>"],
    ["date", 12, null],
    ["date", "2001-01-01", "<invalid>"],
    ["date", "2026-01-01T00:00:00Z", "10m"],
  ];
  for (const [type, value, expected] of cases) {
    const table = compileTable([{ name: "V", type, jsonPath: ".spec.v" }]);
    assertEquals(table.cells(thing({ v: value }), NOW_MS)[1], expected, `${type} ${value}`);
  }
  const missing = compileTable([{ name: "V", type: "string", jsonPath: ".spec.list[0]" }]);
  assertEquals(missing.cells(thing({ list: "text" }), NOW_MS)[1] ?? null, null);
});
