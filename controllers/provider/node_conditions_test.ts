import { assertEquals, assertThrows } from "@std/assert";
import type { KubeObject } from "../../runtime/object.ts";
import { NODE_CONDITIONS_ANNOTATION, wantedNodeConditions } from "./node_conditions.ts";

function machine(value?: string): KubeObject {
  const annotations = value === undefined ? {} : { [NODE_CONDITIONS_ANNOTATION]: value };
  return { apiVersion: "v1", kind: "Machine", metadata: { name: "a", annotations } };
}

Deno.test("wantedNodeConditions() reads the first annotation that there is", () => {
  const cases: [string | undefined, string | undefined, [string, string][]][] = [
    [undefined, undefined, []],
    ["", "Ready=False", []],
    ["Ready=False", undefined, [["Ready", "False"]]],
    [undefined, "Ready=Unknown", [["Ready", "Unknown"]]],
    [" Ready=Unknown , DiskPressure=True,", "Ready=False", [
      ["Ready", "Unknown"],
      ["DiskPressure", "True"],
    ]],
  ];
  for (const [first, second, expected] of cases) {
    assertEquals([...wantedNodeConditions(machine(first), machine(second))], expected);
  }
});

Deno.test("wantedNodeConditions() says what it cannot read", () => {
  for (const value of ["Ready", "=False", "Ready=No", "Ready=True=False"]) {
    assertThrows(
      () => wantedNodeConditions(machine(value)),
      Error,
      `of Machine "a" is "${value}"; it must be like Ready=False`,
    );
  }
});
