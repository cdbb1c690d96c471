import { assertEquals, assertThrows } from "@std/assert";
import type { JsonValue } from "../../../../runtime/object.ts";
import { variableValue } from "./variable_value.ts";

const VARIABLES = new Map<string, JsonValue>([
  ["text", "a"],
  ["nothing", null],
  ["list", [{ name: "x" }, ["y", "z"]]],
  ["builtin", { cluster: { name: "c", metadata: { labels: { a: "b" } } } }],
]);

Deno.test("variableValue() follows members and items", () => {
  const cases: [string, JsonValue][] = [
    ["text", "a"],
    ["nothing", null],
    ["list[0]", { name: "x" }],
    ["list[0].name", "x"],
    ["list.1[1]", "z"],
    ["builtin.cluster.name", "c"],
    ["builtin.cluster.metadata.labels", { a: "b" }],
    ["builtin", { cluster: { name: "c", metadata: { labels: { a: "b" } } } }],
  ];
  for (const [path, value] of cases) assertEquals(variableValue(VARIABLES, path), value, path);
});

Deno.test("variableValue() says what cannot be found, and where", () => {
  const cases: [string, string][] = [
    ["other", 'variable "other" does not exist'],
    ["other.a", 'variable "other" does not exist'],
    ["text.a", 'variable "text.a" does not exist: failed to lookup segment "a"'],
    ["nothing.a", 'variable "nothing.a" does not exist: failed to lookup segment "a"'],
    ["list.7", 'variable "list.7" does not exist: failed to lookup segment "7"'],
    [
      "builtin.machineDeployment.name",
      'variable "builtin.machineDeployment.name" does not exist: failed to lookup segment "machineDeployment"',
    ],
    [
      "builtin.toString",
      'variable "builtin.toString" does not exist: failed to lookup segment "toString"',
    ],
    ["list[2]", 'variable "list[2]" is invalid: array does not have index 2'],
    [
      "text[0]",
      'variable "text[0]" is invalid: failed to get array "text": value doesn\'t contain array; it contains string',
    ],
    [
      "builtin.cluster[0]",
      'variable "builtin.cluster[0]" is invalid: failed to get array "cluster": value doesn\'t contain array; it contains object',
    ],
    ["list[0", 'variable "list[0" is invalid: failed to parse path segment "list[0"'],
    ["builtin.a]", 'variable "builtin.a]" has invalid syntax: failed to parse path segment "a]"'],
    [
      "list[x]",
      'variable "list[x]" is invalid: failed to parse array index in path segment "list[x]": strconv.Atoi: parsing "x": invalid syntax',
    ],
    [
      "list[-1]",
      'variable "list[-1]" is invalid: invalid array index -1 in path segment "list[-1]"',
    ],
  ];
  for (const [path, message] of cases) {
    const error = assertThrows(() => variableValue(VARIABLES, path), Error);
    assertEquals((error as Error).message, message);
  }
});
