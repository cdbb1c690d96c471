// What compiling expressions says about wrong ones, and how values that only
// Kubernetes' libraries make behave.

import { assertEquals } from "@std/assert";
import { compileExpression, problemOf } from "./compile.ts";
import { dynamicValue, valueAsJson } from "./json_values.ts";
import { CALL_COST_MAX, KUBERNETES } from "./kubernetes.ts";
import { DYN, INT, listType, mapType, STRING } from "./types.ts";
import { CostExceeded, EvaluationError } from "./values.ts";

const ENVIRONMENT = KUBERNETES.extend({
  variables: {
    object: DYN,
    n: INT,
    names: listType(STRING),
    labels: mapType(STRING, STRING),
  },
});

function issuesOf(text: string): string {
  const compiled = compileExpression(text, ENVIRONMENT);
  return "issues" in compiled ? compiled.issues.toString() : "";
}

const UNARY =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

const WRONG: readonly (readonly [string, string])[] = [
  ["x", "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x\n | ^"],
  [
    "n + 'a'",
    "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n" +
    " | n + 'a'\n | ..^",
  ],
  [
    "n.startsWith('a')",
    "ERROR: <input>:1:13: found no matching overload for 'startsWith' applied to 'int.(string)'\n" +
    " | n.startsWith('a')\n | ............^",
  ],
  [
    "n.f",
    "ERROR: <input>:1:2: type 'int' does not support field selection\n | n.f\n | .^",
  ],
  ["", `ERROR: <input>:1:0: Syntax error: mismatched input '<EOF>' expecting ${UNARY}`],
  [
    "n &&",
    `ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting ${UNARY}\n | n &&\n | ....^`,
  ],
  [
    "object.",
    "ERROR: <input>:1:8: Syntax error: no viable alternative at input '.'\n | object.\n | .......^",
  ],
  [
    "1 + $",
    "ERROR: <input>:1:5: Syntax error: token recognition error at: '$'\n | 1 + $\n | ....^\n" +
    `ERROR: <input>:1:6: Syntax error: mismatched input '<EOF>' expecting ${UNARY}\n | 1 + $\n | .....^`,
  ],
  [
    "n 2",
    "ERROR: <input>:1:3: Syntax error: extraneous input '2' expecting <EOF>\n | n 2\n | ..^",
  ],
  [
    "object.true",
    "ERROR: <input>:1:8: Syntax error: mismatched input 'true' expecting IDENTIFIER\n" +
    " | object.true\n | .......^",
  ],
  [
    "-",
    "ERROR: <input>:1:2: Syntax error: no viable alternative at input '-'\n | -\n | .^\n" +
    `ERROR: <input>:1:2: Syntax error: mismatched input '<EOF>' expecting ${UNARY}\n | -\n | .^`,
  ],
  [
    "[1,2,",
    "ERROR: <input>:1:6: Syntax error: missing ']' at '<EOF>'\n | [1,2,\n | .....^",
  ],
  [
    "[1,2",
    "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {']', ','}\n" +
    " | [1,2\n | ....^",
  ],
  ["(1", "ERROR: <input>:1:3: Syntax error: missing ')' at '<EOF>'\n | (1\n | ..^"],
  ["if", "ERROR: <input>:1:1: reserved identifier: if\n | if\n | ^"],
  [
    "names.all(1, true)",
    "ERROR: <input>:1:11: argument must be a simple name\n | names.all(1, true)\n | ..........^",
  ],
  [
    "duration('x') > duration('1s')",
    "ERROR: <input>:1:10: invalid duration argument\n | duration('x') > duration('1s')\n | .........^",
  ],
  [
    "[1, 'a'].size() > 1",
    "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a'].size() > 1\n | ....^",
  ],
  [
    "'é' + n",
    "ERROR: <input>:1:5: found no matching overload for '_+_' applied to '(string, int)'\n" +
    " | 'é' + n\n | .．..^",
  ],
];

Deno.test("compileExpression() tells what is wrong as cel-go does", () => {
  for (const [text, expected] of WRONG) assertEquals(issuesOf(text), expected, text);
});

function run(text: string, limit = CALL_COST_MAX): unknown {
  const compiled = compileExpression(text, ENVIRONMENT);
  if (!("program" in compiled)) return problemOf(compiled);
  const object = dynamicValue({ a: { b: 1 }, list: [1, 2, 3], "x-y": "z" });
  try {
    return valueAsJson(
      compiled.program.run(
        [object, 7, dynamicValue(["b", "a"]), dynamicValue({ k: "v" })],
        limit,
      ),
    );
  } catch (error) {
    if (error instanceof EvaluationError || error instanceof CostExceeded) return error.message;
    throw error;
  }
}

const VALUES: readonly (readonly [string, unknown])[] = [
  ["object.a.b + n", 8],
  ["object.missing", "no such key: missing"],
  ["object.list[5]", "index out of bounds: 5"],
  ["object.?missing.orValue('none')", "none"],
  ["object.a.?b.optMap(x, x * 2).value()", 2],
  ["9223372036854775807 + 1 > 0", "integer overflow"],
  ["1 / 0 == 1 || true", true],
  ["names.isSorted()", false],
  ["names.sort()", ["a", "b"]],
  ["object.list.sum() + dyn(1)", 7],
  ["labels.all(k, v, k != v)", true],
  ["labels.transformMap(k, v, v + '!')", { k: "v!" }],
  ["quantity('1500m').add(quantity('0.5')) == quantity('2')", true],
  ["ip('::1').isLoopback()", true],
  ["cidr('10.0.0.0/8').containsIP('10.1.2.3')", true],
  ["url('https://a.example:80/x?y=1').getHost()", "a.example:80"],
  ["semver('v1.2', true).compareTo(semver('1.10.0'))", -1],
  ["format.dns1123Label().validate('Bad').hasValue()", true],
  ["'abc123'.find('[0-9]+')", "123"],
  ["sets.contains([1, 2], [2])", true],
  ["'%.1f and %e'.format([12345.25, 2.5])", "12,345.2 and 2.500000×10⁰⁰"],
  ["timestamp('2024-02-29T13:14:15Z').getDayOfYear()", 59],
  ["duration('90m').getHours()", 1],
];

Deno.test("Program.run() evaluates with the libraries of Kubernetes", () => {
  for (const [text, expected] of VALUES) assertEquals(run(text), expected, text);
});

Deno.test("Program.run() stops what costs too much", () => {
  const many = "object.list.all(a, object.list.all(b, a + b > 0))";
  assertEquals(run(many), true);
  assertEquals(run(many, 50), "operation cancelled: actual cost limit exceeded");
});

Deno.test("Program.run() counts costs as cel-go does", () => {
  const costs: [string, number][] = [
    ["true", 0],
    ["n > 1", 2],
    ["object.a.b == 1", 4],
    ["has(object.a.b)", 2],
    ["n in [1, 2, 3]", 1],
    ["[n, 1].size() == 2", 13],
    ["names.all(x, x != 'c')", 1 + 2 * (3 + 2) + 1],
  ];
  for (const [text, expected] of costs) {
    const compiled = compileExpression(text, ENVIRONMENT);
    if (!("program" in compiled)) throw new Error(problemOf(compiled));
    const spent = { cost: 0 };
    const object = dynamicValue({ a: { b: 1 } });
    compiled.program.run([object, 7, dynamicValue(["b", "a"]), null], CALL_COST_MAX, spent);
    assertEquals(spent.cost, expected, text);
  }
});

Deno.test("compileExpression() refuses formats and constants that can only fail", () => {
  const cases: [text: string, problem: string][] = [
    ["int('x')", "program instantiation failed: type conversion error from 'string' to 'int'"],
    ["uint(-1)", "program instantiation failed: unsigned integer overflow"],
    ["'a'.find('[')", "program instantiation failed: error parsing regexp: missing closing ]: `[`"],
    [
      "'%d'.format(['x'])",
      "compilation failed: ERROR: <input>:1:14: error during formatting: decimal clause can only " +
      "be used on integers, was given string\n | '%d'.format(['x'])\n | .............^",
    ],
    [
      "'%s'.format([])",
      "compilation failed: ERROR: <input>:1:12: index 0 out of range\n | '%s'.format([])\n" +
      " | ...........^",
    ],
    [
      "'%s'.format([1, 2])",
      "compilation failed: ERROR: <input>:1:12: too many arguments supplied to string.format " +
      "(expected 1, got 2)\n | '%s'.format([1, 2])\n | ...........^",
    ],
  ];
  for (const [text, problem] of cases) {
    const compiled = compileExpression(text, KUBERNETES);
    assertEquals("program" in compiled ? "" : problemOf(compiled), problem, text);
  }
  for (const text of ["'%s %d'.format([[1, 'a'], 2u])", "int('7')", "'a'.find('[a]')"]) {
    assertEquals("program" in compileExpression(text, KUBERNETES), true, text);
  }
});
