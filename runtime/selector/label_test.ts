import { assertEquals, assertThrows } from "@std/assert";
import { compileLabelSelector, parseLabelSelector, SelectorError } from "./label.ts";

const LABELS = { app: "web", tier: "front", "example.com/rank": "5", empty: "" };

const SELECTIONS: [string, boolean][] = [
  ["", true],
  ["app", true],
  ["!app", false],
  ["!other", true],
  ["app=web", true],
  ["app==web", true],
  ["app = web , tier = front", true],
  ["app=web,tier=back", false],
  ["app!=web", false],
  ["other!=web", true],
  ["app in (api, web)", true],
  ["app in (api)", false],
  ["app notin (api)", true],
  ["other notin (api)", true],
  ["empty=", true],
  ["empty in (,x)", true],
  ["other=", false],
  ["example.com/rank>4", true],
  ["example.com/rank<5", false],
  ["app>4", false],
  ["other>4", false],
  ["in in (in)", false],
];

Deno.test("parseLabelSelector() selects by labels", () => {
  for (const [text, expected] of SELECTIONS) {
    assertEquals(parseLabelSelector(text).matches(LABELS), expected, text);
  }
  assertEquals(parseLabelSelector("!app").matches(undefined), true);
  assertEquals(parseLabelSelector("toString").matches({}), false);
});

const ERRORS: [string, string][] = [
  ["a===b", "unable to parse requirement: found '=', expected: identifier"],
  [
    "a gt 1",
    "unable to parse requirement: found 'gt', expected: in, notin, =, ==, !=, gt, lt",
  ],
  ["=", "found '=', expected: !, identifier, or 'end of string'"],
  ["a,", "found '', expected: identifier after ','"],
  ["a in b", "unable to parse requirement: found 'b' expected: '('"],
  ["a=b c", "found 'c', expected: ',' or 'end of string'"],
  ["a in (b", "unable to parse requirement: found '', expected: ',' or ')'"],
  ["a in (b=", "unable to parse requirement: found '=', expected: ',' or ')'"],
  [
    "a in ()",
    "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
  ],
  [
    "a>x",
    "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
  ],
  [
    "-a=1",
    "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ],
];

Deno.test("parseLabelSelector() words errors as Go does", () => {
  for (const [text, message] of ERRORS) {
    assertEquals(assertThrows(() => parseLabelSelector(text), SelectorError).message, message);
  }
});

Deno.test("compileLabelSelector() compiles the object form", () => {
  const selector = compileLabelSelector({
    matchLabels: { app: "web" },
    matchExpressions: [
      { key: "tier", operator: "In", values: ["front", "back"] },
      { key: "old", operator: "DoesNotExist" },
    ],
  });
  assertEquals(selector.matches(LABELS), true);
  assertEquals(selector.matches({ ...LABELS, old: "" }), false);
  assertEquals(compileLabelSelector({}).matches(undefined), true);
  assertEquals(compileLabelSelector(undefined).matches(LABELS), false);
  assertThrows(
    () => compileLabelSelector({ matchExpressions: [{ key: "a", operator: "Like" }] }),
    SelectorError,
  );
});
