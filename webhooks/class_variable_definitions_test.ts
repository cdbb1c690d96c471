import { assertEquals } from "@std/assert";
import { printFieldError } from "../runtime/field/error.ts";
import type { JsonObject } from "../runtime/object.ts";
import { validateClassVariables } from "./class_variable_definitions.ts";

const define = (name: string, openAPIV3Schema: JsonObject, more: object = {}) => ({
  name,
  schema: { openAPIV3Schema },
  ...more,
});
const problems = (...variables: ReturnType<typeof define>[]) =>
  validateClassVariables(variables).map(printFieldError);
const AT = "spec.variables[v].schema.openAPIV3Schema";

Deno.test("validateClassVariables() takes schemas that values can be judged by", () => {
  const schemas: JsonObject[] = [
    { type: "string" },
    { type: "integer", default: 2, minimum: 0, enum: [1, 2], example: 1 },
    { type: "array", items: { type: "string" }, default: [] },
    { type: "object", additionalProperties: { type: "string" }, default: { a: "b" } },
    {
      type: "object",
      default: {},
      properties: { a: { type: "string", default: "x", "x-metadata": { labels: { a: "b" } } } },
      "x-kubernetes-validations": [{ rule: "!has(self.a) || self.a != ''", fieldPath: ".a" }],
    },
    { "x-kubernetes-preserve-unknown-fields": true },
  ];
  for (const schema of schemas) {
    assertEquals(problems(define("v", schema)), [], JSON.stringify(schema));
  }
});

Deno.test("validateClassVariables() wants names of their own, without dots", () => {
  const text = { type: "string" };
  assertEquals(problems(define("", text)), [
    "spec.variables[].name: Required value: variable name must be defined",
  ]);
  assertEquals(problems(define("builtin", text)), [
    'spec.variables[builtin].name: Invalid value: "builtin": "builtin" is a reserved variable name',
  ]);
  assertEquals(problems(define("a.b", text)), [
    'spec.variables[a.b].name: Invalid value: "a.b": variable name cannot contain "."',
  ]);
  assertEquals(problems(define("v", text), define("v", text)), [
    'spec.variables[v].name: Invalid value: "v": variable name must be unique. Variable with name "v" is defined more than once',
  ]);
});

Deno.test("validateClassVariables() finds what is wrong with a schema", () => {
  const rule = (rule: object): JsonObject => ({
    type: "object",
    properties: { a: { type: "string" } },
    "x-kubernetes-validations": [rule as JsonObject],
  });
  const cases: [JsonObject, string[]][] = [
    [{ type: "array" }, [`${AT}.items: Required value: must be specified`]],
    [{ type: "array", items: {} }, [
      `${AT}.items.type: Required value: must not be empty for specified array items`,
    ]],
    [{ type: "string", pattern: "a(" }, [
      `${AT}.pattern: Invalid value: "a(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`a(\``,
    ]],
    [{ type: "string", pattern: "^a$", default: "b" }, [
      `${AT}.default: Invalid value: "b":  in body should match '^a$'`,
    ]],
    [{ type: "object", properties: {}, default: { a: 1 } }, [
      `${AT}.default: Invalid value: {"a":1}: must not have unknown fields`,
    ]],
    [{ type: "string", example: 1 }, [
      `${AT}.example: Invalid value: "integer":  in body must be of type string: "integer"`,
    ]],
    [
      {
        type: "array",
        maxItems: 3,
        items: {
          type: "string",
          maxLength: 3,
          "x-kubernetes-validations": [{ rule: "self == oldSelf" }],
        },
      },
      [
        `${AT}.items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${AT}.items`,
      ],
    ],
    [rule({ rule: " " }), [
      `${AT}.x-kubernetes-validations[0].rule: Required value: rule is not specified`,
    ]],
    [rule({ rule: "self.a == ''", message: "a\nb" }), [
      `${AT}.x-kubernetes-validations[0].message: Invalid value: "a\\nb": message must not contain line breaks`,
    ]],
    [rule({ rule: "true", reason: "Bad" }), [
      `${AT}.x-kubernetes-validations[0].reason: Unsupported value: "Bad": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
    ]],
  ];
  for (const [schema, expected] of cases) {
    assertEquals(problems(define("v", schema)), expected, JSON.stringify(schema));
  }
});

Deno.test("validateClassVariables() holds examples and listed values to the rules", () => {
  const schema: JsonObject = {
    type: "string",
    enum: ["a", "b"],
    example: "b",
    "x-kubernetes-validations": [{ rule: "self != 'b'", message: "no b" }],
  };
  assertEquals(problems(define("v", schema)), [
    `${AT}.example: Invalid value: "b": no b`,
    `${AT}.enum[1]: Invalid value: "b": no b`,
  ]);
});
