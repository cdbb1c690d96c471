import { assertEquals, assertRejects } from "@std/assert";
import { readYaml, YamlSyntaxError } from "./read_yaml.ts";

Deno.test("readYaml() words errors as go-yaml does", async () => {
  const cases: readonly (readonly [text: string, message: string])[] = [
    ["apiVersion: v1\n  kind: [", "yaml: line 2: mapping values are not allowed in this context"],
    ["kind: [", "yaml: line 1: did not find expected node content"],
    ["a: {", "yaml: line 1: did not find expected node content"],
    ["a: [b", "yaml: line 1: did not find expected ',' or ']'"],
    ["a: {b: c", "yaml: line 1: did not find expected ',' or '}'"],
    ["a: b: c", "yaml: mapping values are not allowed in this context"],
    ["a:\n\tb: c", "yaml: line 2: found character that cannot start any token"],
    ["a:\n  b: c\n d: e", "yaml: line 2: did not find expected key"],
    ["- a\nb: c", "yaml: line 1: did not find expected '-' indicator"],
    ["a: 'x", "yaml: found unexpected end of stream"],
    ['a: "x', "yaml: found unexpected end of stream"],
    ["a: *x", "yaml: unknown anchor 'x' referenced"],
    ["a\nb: c", "yaml: line 2: mapping values are not allowed in this context"],
    ["a: b\nc", "yaml: line 3: could not find expected ':'"],
    ["{a: b]", "yaml: did not find expected ',' or '}'"],
    ["%x", "yaml: found unknown directive name"],
    ["a: @b", "yaml: found character that cannot start any token"],
    ["a: `", "yaml: found character that cannot start any token"],
    ["a: &b &c d", "yaml: did not find expected key"],
    ["a: |x\n", "yaml: did not find expected comment or line break"],
    ["[a, b", "yaml: line 1: did not find expected ',' or ']'"],
    ['a: "\\q"', "yaml: found unknown escape character"],
    ["\ta: b", "yaml: found character that cannot start any token"],
    ["a: b\n\tc: d", "yaml: line 2: found a tab character that violates indentation"],
    ["a: [\n", "yaml: line 1: did not find expected node content"],
    ["a: 'x\nb: c\n", "yaml: line 3: found unexpected end of stream"],
    ['kind: {"a": \n', "yaml: line 1: did not find expected node content"],
    ["a: b\nc\nd: e\n", "yaml: line 3: could not find expected ':'"],
    ["a:\n  - b\n c\n", "yaml: line 2: did not find expected key"],
    ["a:\n- b\n  c: d\n- e: [\n", "yaml: line 3: mapping values are not allowed in this context"],
    ["]", "yaml: did not find expected node content"],
    ["a: ]", "yaml: did not find expected node content"],
    ["a: }\nb: c", "yaml: did not find expected node content"],
    ["a: b\n  c: d\n", "yaml: line 2: mapping values are not allowed in this context"],
    ['key: "a\nb: c\n', "yaml: line 3: found unexpected end of stream"],
    ["{", "yaml: line 1: did not find expected node content"],
    ["[", "yaml: line 1: did not find expected node content"],
    ['{"a":1', "yaml: line 1: did not find expected ',' or '}'"],
    ['{"a":1,', "yaml: line 1: did not find expected node content"],
    ["not yaml at all: : :", "yaml: mapping values are not allowed in this context"],
    ["a: b\n b\n c: d", "yaml: line 3: mapping values are not allowed in this context"],
    ["- - - [", "yaml: line 1: did not find expected node content"],
    ["a: *", "yaml: did not find expected alphabetic or numeric character"],
  ];
  for (const [text, message] of cases) {
    const error = await assertRejects(() => readYaml(text), YamlSyntaxError);
    assertEquals(error.message, message, text);
  }
});

Deno.test("readYaml() reads JSON as the YAML that it is", async () => {
  const texts = [
    '{"a":1,"b":{"c":["x",null,true,1.5,-2,1e3]},"d":"yes","e":"\\u00e9\\n","":{}}',
    '{\n  "a": "0x10",\n\t"b": 12345678901\n}\n',
  ];
  for (const text of texts) {
    const { value, duplicates } = await readYaml(text);
    // A line break in front sends it the long way.
    assertEquals((await readYaml(`\n${text}`)).value, value);
    assertEquals(duplicates, []);
  }
  const twice = await readYaml('{"a":1,\n"a":2}');
  assertEquals(twice.duplicates, ['line 2: key "a" already set in map']);
});
