// Validation rules on whole objects: where they are found, what they see of
// the value before, what is let off, and that they stop.

import { assertEquals } from "@std/assert";
import type { JsonObject, JsonValue } from "../../object.ts";
import { printFieldError } from "../../field/error.ts";
import { evaluateRules, ruleTree } from "./rule_tree.ts";

const rules = (...list: (string | JsonObject)[]): JsonValue[] =>
  list.map((rule) => typeof rule === "string" ? { rule } : rule);

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        n: { type: "integer", "x-kubernetes-validations": rules("self >= 0") },
        fixed: { type: "string", "x-kubernetes-validations": rules("self == oldSelf") },
        list: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["k"],
          items: {
            type: "object",
            properties: { k: { type: "string" }, v: { type: "integer" } },
            "x-kubernetes-validations": rules({
              rule: "self.v >= oldSelf.v",
              messageExpression: "self.k + ' must not shrink'",
            }),
          },
        },
        "a-b": { type: "string", format: "date-time" },
      },
      "x-kubernetes-validations": rules(
        { rule: "!has(self.n) || self.n != 13", reason: "FieldValueForbidden", message: "unlucky" },
        "!has(self.a__dash__b) || self.a__dash__b > timestamp('2000-01-01T00:00:00Z')",
      ),
    },
  },
  "x-kubernetes-validations": rules("self.metadata.name.size() < 8"),
};

function check(spec: JsonObject, old?: JsonObject, name = "short") {
  const tree = ruleTree(SCHEMA, () => undefined);
  const warnings: string[] = [];
  const object = (part: JsonObject) => ({
    kind: "A",
    apiVersion: "b/v1",
    metadata: { name },
    spec: part,
  });
  const errors = evaluateRules(
    tree!,
    object(spec),
    "",
    old === undefined ? undefined : object(old),
    (text) => void warnings.push(text),
  );
  return { errors: errors.map(printFieldError), warnings };
}

Deno.test("evaluateRules() finds broken rules at their places", () => {
  assertEquals(check({ n: -1 }).errors, ["spec.n: Invalid value: -1: failed rule: self >= 0"]);
  assertEquals(check({ n: 13 }).errors, ["spec: Forbidden: unlucky"]);
  assertEquals(check({}, undefined, "much-too-long").errors, [
    "<nil>: Invalid value: failed rule: self.metadata.name.size() < 8",
  ]);
  assertEquals(check({ "a-b": "1999-01-01T00:00:00Z" }).errors.length, 1);
  assertEquals(check({ "a-b": "2024-01-01T00:00:00Z" }).errors, []);
});

Deno.test("evaluateRules() shows rules the value before, items of map lists by key", () => {
  assertEquals(check({ fixed: "b" }).errors, []);
  assertEquals(check({ fixed: "b" }, { fixed: "a" }).errors, [
    'spec.fixed: Invalid value: "b": failed rule: self == oldSelf',
  ]);
  const old = { list: [{ k: "x", v: 5 }, { k: "y", v: 1 }] };
  assertEquals(check({ list: [{ k: "y", v: 1 }, { k: "x", v: 4 }] }, old).errors, [
    "spec.list[1]: Invalid value: x must not shrink",
  ]);
});

Deno.test("evaluateRules() warns of what was broken before and did not change", () => {
  const { errors, warnings } = check({ n: -1, fixed: "a" }, { n: -1 });
  assertEquals(errors, []);
  assertEquals(warnings, ["spec.n: Invalid value: -1: failed rule: self >= 0"]);
});

Deno.test("evaluateRules() stops when the budget of the object is spent", () => {
  const schema: JsonObject = {
    type: "object",
    properties: {
      a: {
        type: "array",
        items: {
          type: "integer",
          "x-kubernetes-validations": rules(
            "lists.range(1000).all(x, lists.range(80).all(y, x + y >= 0))",
          ),
        },
      },
    },
  };
  const tree = ruleTree(schema, () => undefined)!;
  const errors = evaluateRules(tree, { a: Array(40).fill(1) }, "", undefined, () => {});
  assertEquals(errors.length, 1);
});

Deno.test("evaluateRules() lets keywords be field names, plainly or escaped", () => {
  const schema: JsonObject = {
    type: "object",
    properties: { namespace: { type: "string", maxLength: 9 }, if: { type: "string" } },
    "x-kubernetes-validations": rules(
      "self.namespace == 'a'",
      "self.__namespace__ == 'a'",
      "!has(self.if) || self.?if == optional.of('b')",
    ),
  };
  const tree = ruleTree(schema, () => undefined)!;
  const failing = (value: JsonObject) =>
    evaluateRules(tree, value, "", undefined, () => {}).map(printFieldError);
  assertEquals(failing({ namespace: "a" }), []);
  assertEquals(failing({ namespace: "x", if: "b" }), [
    "<nil>: Invalid value: failed rule: self.namespace == 'a'",
    "<nil>: Invalid value: failed rule: self.__namespace__ == 'a'",
  ]);
  assertEquals(failing({ namespace: "a", if: "c" }).length, 1);
});
