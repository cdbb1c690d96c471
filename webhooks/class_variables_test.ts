import { assertEquals } from "@std/assert";
import { printFieldError } from "../runtime/field/error.ts";
import type { JsonObject, JsonValue } from "../runtime/object.ts";
import type { ClusterVariable, StatusVariable, Topology } from "./class_types.ts";
import { defaultAndValidateVariables, defaultTopologyVariables } from "./class_variables.ts";

const define = (name: string, openAPIV3Schema: JsonObject, required = false): StatusVariable => ({
  name,
  definitionsConflict: false,
  definitions: [{ from: "inline", required, schema: { openAPIV3Schema } }],
});
const DEFINITIONS: readonly StatusVariable[] = [
  define("name", { type: "string", minLength: 3 }, true),
  define("size", { type: "integer", default: 2, maximum: 9 }),
  define("startup", {
    type: "object",
    properties: {
      vm: { type: "string", default: "5ms", pattern: "^\\d+ms$" },
      steps: {
        type: "array",
        items: { type: "object", properties: { jitter: { type: "string", default: "0.1" } } },
      },
    },
    "x-kubernetes-validations": [
      { rule: "!has(self.steps) || self.steps.size() > 0", message: "there must be a step" },
    ],
  }),
  define("labels", { type: "object", additionalProperties: { type: "string" } }),
  define("names", { type: "array", items: { type: "string", minLength: 2 } }),
  define("zone", { type: "string", enum: ["north", "south"] }),
  define("fixed", {
    type: "string",
    "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "it stays as it is" }],
  }),
];

const topology = (
  variables: readonly ClusterVariable[],
  overrides: readonly ClusterVariable[] = [],
): Topology => ({
  classRef: { name: "class" },
  version: "v1.36.0",
  controlPlane: { variables: { overrides } },
  workers: {
    machineDeployments: [{ class: "worker", name: "md", variables: { overrides } }],
  },
  variables,
});
const given = (values: Record<string, JsonValue>): ClusterVariable[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));
const problems = (of: Topology, old?: Topology, definitions = DEFINITIONS) =>
  defaultAndValidateVariables(of, old, definitions).map(printFieldError);

Deno.test("defaultTopologyVariables() adds variables that have a default, to the Cluster alone", () => {
  const of = topology(given({ name: "abc" }), given({ startup: { steps: [{}] } }));
  assertEquals(defaultTopologyVariables(of, DEFINITIONS), []);
  assertEquals(of.variables, given({ name: "abc", size: 2 }));
  const nested = given({ startup: { steps: [{ jitter: "0.1" }], vm: "5ms" } });
  assertEquals(of.controlPlane?.variables?.overrides, nested);
  assertEquals(of.workers?.machineDeployments?.[0]?.variables?.overrides, nested);
});

Deno.test("defaultTopologyVariables() keeps values and their order", () => {
  const of = topology(given({ zone: "south", size: 7, name: "abc" }));
  assertEquals(defaultTopologyVariables(of, DEFINITIONS), []);
  assertEquals(of.variables, given({ zone: "south", size: 7, name: "abc" }));
});

Deno.test("defaultAndValidateVariables() shows the whole value of what is wrong", () => {
  const at = "spec.topology.variables";
  const cases: [Record<string, JsonValue>, string[]][] = [
    [{ name: "abc" }, []],
    [{ name: "abc", startup: {} }, []],
    [{}, [`${at}: Required value: required variable "name" must be set`]],
    [{ name: "ab" }, [
      `${at}[name].value: Invalid value: "\\"ab\\"": should be at least 3 chars long`,
    ]],
    [{ name: null }, [
      `${at}[name].value: Invalid value: "null": must be of type string: "null"`,
    ]],
    [{ name: "abc", names: ["ab", "a"] }, [
      `${at}[names].value.[1]: Invalid value: "[\\"ab\\",\\"a\\"]": [1] in body should be at least 2 chars long`,
    ]],
    [{ name: { a: 1 } }, [
      `${at}[name].value: Invalid value: "{\\"a\\":1}": must be of type string: "object"`,
    ]],
    [{ name: "abc", zone: "east" }, [
      `${at}[zone].value: Unsupported value: "\\"east\\"": supported values: "north", "south"`,
    ]],
    [{ name: "abc", size: 11 }, [
      `${at}[size].value: Invalid value: "11": should be less than or equal to 9`,
    ]],
    [{ name: "abc", labels: { a: "b", c: 1 } }, [
      `${at}[labels].value.c: Invalid value: "{\\"a\\":\\"b\\",\\"c\\":1}": .c in body must be of type string: "integer"`,
    ]],
    [{ name: "abc", other: [1, "<"] }, [
      `${at}[other]: Invalid value: "[1,\\"\\\\u003c\\"]": variable is not defined`,
    ]],
    [{ name: "abc", startup: { vm: "5 s" } }, [
      `${at}[startup].value.vm: Invalid value: "{\\"vm\\":\\"5 s\\"}": vm in body should match '^\\d+ms$'`,
    ]],
    [{ name: "abc", startup: { wm: "5ms", steps: [{ later: 1 }] } }, [
      `${at}[startup]: Invalid value: "{\\"steps\\":[{\\"jitter\\":\\"0.1\\",\\"later\\":1}],\\"vm\\":\\"5ms\\",\\"wm\\":\\"5ms\\"}": failed validation: "steps[0].later,wm" field(s) are not specified in the variable schema of variable "startup"`,
    ]],
    [{ name: "abc", startup: { steps: [] } }, [
      `${at}[startup].value: Invalid value: "{\\"steps\\":[],\\"vm\\":\\"5ms\\"}": there must be a step`,
    ]],
  ];
  for (const [values, expected] of cases) {
    assertEquals(problems(topology(given(values))), expected, JSON.stringify(values));
  }
});

Deno.test("defaultAndValidateVariables() takes a variable without value for null", () => {
  const of = topology([{ name: "name" }, { name: "size" }] as unknown as ClusterVariable[]);
  assertEquals(problems(of), [
    'spec.topology.variables[name].value: Invalid value: "null": must be of type string: "null"',
  ]);
  assertEquals(of.variables?.[1], { name: "size", value: 2 }, "where there is a default it counts");
});

Deno.test("defaultAndValidateVariables() looks at overrides where they stand, and asks for no others there", () => {
  const of = topology(given({ name: "abc" }), given({ size: 11 }));
  const wrong = 'overrides[size].value: Invalid value: "11": should be less than or equal to 9';
  assertEquals(problems(of), [
    `spec.topology.controlPlane.variables.${wrong}`,
    `spec.topology.workers.machineDeployments[md].variables.${wrong}`,
  ]);
});

Deno.test("defaultAndValidateVariables() holds rules about changes to what was there before", () => {
  const [a, b] = [
    topology(given({ name: "abc", fixed: "a" })),
    topology(given({ name: "abc", fixed: "b" })),
  ];
  assertEquals(problems(a), []);
  assertEquals(problems(b, a), [
    'spec.topology.variables[fixed].value: Invalid value: "\\"b\\"": it stays as it is',
  ]);
  assertEquals(problems(a, a), []);
});

Deno.test("defaultAndValidateVariables() refuses lists that say two things", () => {
  const twice = topology([...given({ name: "abc" }), ...given({ name: "abd" })]);
  assertEquals(problems(twice), [
    'spec.topology.variables[name]: Invalid value: "\\"abd\\"": variable "name" is set more than once',
  ]);
  const conflict = [{ ...define("name", { type: "string" }), definitionsConflict: true }];
  assertEquals(problems(topology(given({ name: "abc" })), undefined, conflict), [
    'spec.topology.variables: Invalid value: "[Name: name]": variable definitions in the ClusterClass not valid: variable "name" has conflicting definitions',
  ]);
});
