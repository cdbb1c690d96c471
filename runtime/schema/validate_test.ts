import { assertEquals } from "@std/assert";
import { type FieldError, invalid } from "../field/error.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { compileStructural } from "./structural.ts";
import { validateValue } from "./validate.ts";

const show = (errors: FieldError[]) => errors.map(({ field, message }) => `${field}: ${message}`);

function check(schema: JsonObject, value: JsonValue): string[] {
  const node = compileStructural({ type: "object", properties: { v: schema } });
  return show(validateValue(node, { v: value }, ""));
}

Deno.test("validateValue() says what kube-apiserver says of each keyword", () => {
  const cases: [JsonObject, JsonValue, string[]][] = [
    [{ type: "string" }, "a", []],
    [{ type: "string" }, 5, [
      'v: Invalid value: "integer": v in body must be of type string: "integer"',
    ]],
    [{ type: "string" }, null, [
      'v: Invalid value: "null": v in body must be of type string: "null"',
    ]],
    [{ type: "string", nullable: true }, null, []],
    [{ type: "integer" }, 1.5, [
      'v: Invalid value: "number": v in body must be of type integer: "number"',
      ': Invalid value: "": Checked value must be of type integer (default format) in v',
    ]],
    [{ type: "integer", format: "int32" }, 2 ** 31, [
      ': Invalid value: "": Checked value must be of type integer with format int32 in v',
    ]],
    [{ "x-kubernetes-int-or-string": true }, true, [
      'v: Invalid value: "boolean": v in body must be of type integer,string: "boolean"',
    ]],
    [{ type: "string", enum: ["A", "B"] }, "C", [
      'v: Unsupported value: "C": supported values: "A", "B"',
    ]],
    [{ type: "integer", maximum: 10 }, 11, [
      "v: Invalid value: 11: v in body should be less than or equal to 10",
    ]],
    [{ type: "integer", minimum: 0, exclusiveMinimum: true }, 0, [
      "v: Invalid value: 0: v in body should be greater than 0",
    ]],
    [{ type: "number", multipleOf: 0.5 }, 1.3, [
      "v: Invalid value: 1.3: v in body should be a multiple of 0.5",
    ]],
    [{ type: "string", minLength: 2 }, "😀", [
      'v: Invalid value: "😀": v in body should be at least 2 chars long',
    ]],
    [{ type: "string", maxLength: 1 }, "ab", ["v: Too long: may not be more than 1 byte"]],
    [{ type: "string", pattern: "^(a|b)+$" }, "c", [
      "v: Invalid value: \"c\": v in body should match '^(a|b)+$'",
    ]],
    [{ type: "string", format: "date-time" }, "yesterday", [
      'v: Invalid value: "yesterday": v in body must be of type date-time: "yesterday"',
    ]],
    [{ type: "string", format: "no-such-format" }, "x", []],
    [{ type: "array", items: { type: "string" }, maxItems: 1 }, ["a", 1], [
      'v[1]: Invalid value: "integer": v[1] in body must be of type string: "integer"',
      "v: Too many: 2: must have at most 1 item",
    ]],
    [{ type: "array", items: { type: "string" }, minItems: 1 }, [], [
      "v: Invalid value: 0: v in body should have at least 1 items",
    ]],
    [{ type: "array", items: { type: "string" }, uniqueItems: true }, ["a", "a"], [
      'v: Invalid value: "": v in body shouldn\'t contain duplicates',
    ]],
    [{ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" }, ["a", "a"], [
      'v[1]: Duplicate value: "a"',
    ]],
    [{ type: "object", required: ["x"], properties: {} }, {}, ["v.x: Required value"]],
    [{ type: "object", additionalProperties: { type: "string" }, maxProperties: 1 }, {
      a: "",
      b: 1,
    }, [
      "v: Too many: 2: must have at most 1 item",
      'v.b: Invalid value: "integer": v.b in body must be of type string: "integer"',
    ]],
    [{ type: "integer", anyOf: [{ minimum: 5 }, { maximum: 1 }] }, 3, [
      ': Invalid value: "": "v" must validate at least one schema (anyOf)',
      "v: Invalid value: 3: v in body should be greater than or equal to 5",
    ]],
    [{ type: "integer", oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3, [
      ': Invalid value: "": "v" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ]],
    [{ type: "integer", allOf: [{ minimum: 5 }] }, 3, [
      "v: Invalid value: 3: v in body should be greater than or equal to 5",
      ': Invalid value: "": "v" must validate all the schemas (allOf). None validated',
    ]],
    [{ type: "integer", not: { minimum: 1 } }, 3, [
      ': Invalid value: "": "v" must not validate the schema (not)',
    ]],
    [
      {
        type: "object",
        "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true,
      },
      { kind: "a b" },
      [
        "v.apiVersion: Required value",
        "v.kind: Invalid value: \"a b\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
  ];
  for (const [schema, value, errors] of cases) {
    assertEquals(check(schema, value), errors, JSON.stringify([schema, value]));
  }
});

Deno.test("validateValue() lets pass what an update does not change", () => {
  const node = compileStructural({
    type: "object",
    properties: {
      bad: { type: "string", maxLength: 1 },
      list: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        items: {
          type: "object",
          properties: { k: { type: "string" }, v: { type: "integer", maximum: 1 } },
        },
      },
    },
  });
  const old = { bad: "long", list: [{ k: "a", v: 9 }] };
  assertEquals(validateValue(node, { ...old }, "", old), []);
  assertEquals(
    validateValue(node, { bad: "long", list: [{ k: "b", v: 0 }, { k: "a", v: 9 }] }, "", old),
    [],
  );
  assertEquals(
    show(validateValue(node, { bad: "long2", list: [{ k: "a", v: 8 }] }, "status", old)),
    [
      "status.bad: Too long: may not be more than 1 byte",
      "status.list[0].v: Invalid value: 8: list[0].v in body should be less than or equal to 1",
    ],
  );
});

Deno.test("validateValue() runs rules unless the object is too broken for them", () => {
  const schema: JsonObject = {
    type: "object",
    properties: { a: { type: "string", "x-kubernetes-validations": [] } },
  };
  const seen: unknown[] = [];
  const node = compileStructural(schema, {
    rules: (part, path) =>
      part["x-kubernetes-validations"] === undefined ? [] : [(value, field, old) => {
        seen.push([path, field, value, old]);
        return [invalid(field, value, "no")];
      }],
  });
  assertEquals(show(validateValue(node, { a: "x" }, "", { a: "y" })), [
    'a: Invalid value: "x": no',
  ]);
  assertEquals(seen, [["a", "a", "x", "y"]]);
  assertEquals(
    show(validateValue(node, { a: 1 }, "")).at(-1),
    [
      ": Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
    ][0],
  );
});
