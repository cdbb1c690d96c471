import { assertEquals, assertStrictEquals } from "@std/assert";
import { printFieldError } from "../runtime/field/error.ts";
import type { JsonObject, JsonValue } from "../runtime/object.ts";
import { VariableValidator } from "./variable_validator.ts";

const problems = (schema: JsonObject, value: JsonValue, old?: JsonValue) =>
  new VariableValidator(schema).validate("v", value, old, "at[v]").map(printFieldError);

Deno.test("VariableValidator fills in what a value lacks, and leaves the value as it was", () => {
  const validator = new VariableValidator({
    type: "object",
    properties: { a: { type: "string", default: "x" }, b: { type: "integer" } },
  });
  const value = { b: 1 };
  assertEquals(validator.withDefaults(value), { b: 1, a: "x" });
  assertEquals(value, { b: 1 });
  assertEquals(validator.withDefaults(undefined), undefined);
  assertEquals(new VariableValidator({ type: "integer", default: 3 }).withDefaults(undefined), 3);
  assertEquals(new VariableValidator({ type: "integer", default: 3 }).withDefaults(null), 3);
  assertEquals(new VariableValidator({ type: "integer" }).withDefaults(null), null);
});

Deno.test("VariableValidator puts what a rule says where the rule points", () => {
  const schema: JsonObject = {
    type: "object",
    properties: { a: { type: "string" } },
    "x-kubernetes-validations": [
      { rule: "self.a != 'b'", message: "no b", fieldPath: ".a", reason: "FieldValueForbidden" },
    ],
  };
  assertEquals(problems(schema, { a: "a" }), []);
  assertEquals(problems(schema, { a: "b" }), ["at[v].value.a: Forbidden: no b"]);
});

Deno.test("VariableValidator takes anything where the schema does", () => {
  const schema = { "x-kubernetes-preserve-unknown-fields": true };
  for (const value of [null, 1, "a", { b: [null] }]) assertEquals(problems(schema, value), []);
});

Deno.test("VariableValidator.of() compiles a schema once", () => {
  const schema = { type: "string" };
  assertStrictEquals(VariableValidator.of(schema), VariableValidator.of(schema));
});
