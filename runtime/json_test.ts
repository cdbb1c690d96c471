import { assertEquals, assertThrows } from "@std/assert";
import { JsonNumberError, JsonSyntaxError, parseJson, stringifyJson } from "./json.ts";

Deno.test("parseJson() says what Go says of text that is not JSON", () => {
  for (
    const [text, message] of [
      ["", "unexpected end of JSON input"],
      ["{", "unexpected end of JSON input"],
      ['{"kind":', "unexpected end of JSON input"],
      ['{"a":"x', "unexpected end of JSON input"],
      ["{nonsense", "invalid character 'n' looking for beginning of object key string"],
      ["x", "invalid character 'x' looking for beginning of value"],
      ['{"a" 1}', "invalid character '1' after object key"],
      ['{"i":01}', "invalid character '1' after object key:value pair"],
      ["[1 2]", "invalid character '2' after array element"],
      ["{} x", "invalid character 'x' after top-level value"],
      ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
      ["[1,]", "invalid character ']' looking for beginning of value"],
      ["tru", "invalid character ' ' in literal true (expecting 'e')"],
      ["1.", "invalid character ' ' after decimal point in numeric literal"],
      ["trux", "invalid character 'x' in literal true (expecting 'e')"],
      ["-x", "invalid character 'x' in numeric literal"],
      ["1.x", "invalid character 'x' after decimal point in numeric literal"],
      ["1ex", "invalid character 'x' in exponent of numeric literal"],
      ['"\\x"', "invalid character 'x' in string escape code"],
      ['"\\u00g"', "invalid character 'g' in \\u hexadecimal character escape"],
      ['"a\nb"', "invalid character '\\n' in string literal"],
      ["'a'", "invalid character '\\'' looking for beginning of value"],
      ["{é:1}", "invalid character 'Ã' looking for beginning of object key string"],
      ["\u0000", "invalid character '\\x00' looking for beginning of value"],
      ["[".repeat(1_001), "invalid character '[' exceeded max depth"],
    ] as const
  ) {
    const error = assertThrows(() => parseJson(text), JsonSyntaxError);
    assertEquals(error.message, message, text.slice(0, 40));
  }
});

Deno.test("parseJson() refuses nesting deeper than walkers can follow", () => {
  const nest = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assertThrows(() => parseJson(nest(1_001)), JsonSyntaxError, "exceeded max depth");
  assertThrows(() => parseJson(nest(1_001), { strict: false }), JsonSyntaxError);
  assertThrows(() => parseJson(nest(500_000)), JsonSyntaxError);
  parseJson(nest(1_000));
});

Deno.test("parseJson() remembers members given twice", () => {
  const cases: [string, string[]][] = [
    ['{"a":1,"b":{"a":1}}', []],
    ['{"a":"b\\":","c":"\\\\"}', []],
    ['{"spec":{"a":1,"a":2}}', ["spec.a"]],
    ['{"data":{"k":1,"k":2},"data":{}}', ["data.k", "data"]],
    ['{"l":[{},{"x":1,"x":2,"x":3}]}', ["l[1].x"]],
    ['{"a":1,"\\u0061":2}', ["a"]],
    ['[{"a":1,"a":1}]', ["[0].a"]],
  ];
  for (const [text, duplicates] of cases) {
    const parsed = parseJson(text);
    assertEquals([...parsed.duplicates], duplicates, text);
    assertEquals(parsed.value, JSON.parse(text));
    assertEquals([...parseJson(text, { strict: false }).duplicates], []);
  }
});

Deno.test("parseJson() treats special numbers and characters as Go does", () => {
  const error = assertThrows(() => parseJson('{"n":1e999}'), JsonNumberError);
  assertEquals(error.message, "json: cannot unmarshal number 1e999 into Go value of type float64");
  assertEquals(parseJson('"\\ud800"').value, "\ufffd");
  assertEquals(parseJson('"\\ud83d\\ude00"').value, "😀");
  const proto = parseJson('{"__proto__":{"x":12345678901234567890}}').value;
  assertEquals(Object.keys(proto as object), ["__proto__"]);
});

Deno.test("parseJson() and stringifyJson() keep all digits of an int64", () => {
  for (
    const literal of [
      "9007199254740991",
      "9007199254740993",
      "-9007199254740993",
      "9223372036854775807",
      "-9223372036854775808",
    ]
  ) {
    const text = `{"a":{"b":[1,${literal}]},"c":"${literal}"}`;
    assertEquals(stringifyJson(parseJson(text).value), text);
    assertEquals(parseJson(text).literals.size, 0);
  }
  assertEquals(parseJson("9007199254740993").value, 9007199254740993n);
  assertEquals(parseJson("9007199254740991").value, 9007199254740991);
  assertEquals(parseJson("9007199254740992").value, 9007199254740992n);
  assertEquals(parseJson("9223372036854775808").value, 2 ** 63);
  assertEquals(parseJson("1e18").value, 1e18);
  assertEquals(stringifyJson({ a: [2n ** 60n] }, 1), '{\n "a": [\n  1152921504606846976\n ]\n}');
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  assertThrows(() => stringifyJson(cycle), TypeError);
});

Deno.test("parseJson() tells how numbers were written that are more than their value", () => {
  const text = '{"spec":{"a/b~c":1.0,"l":[{"n" : 2e0},3,9223372036854775808],"t":"1.0"},"x":0.5}';
  assertEquals([...parseJson(text).literals], [
    ["/spec/a~1b~0c", "1.0"],
    ["/spec/l/0/n", "2e0"],
    ["/spec/l/2", "9223372036854775808"],
  ]);
  for (const plain of ['{"a":0.5}', '{"image":"x:1.0","l":["1.0"]}', "[1,-2,3]"]) {
    assertEquals(parseJson(plain).literals.size, 0, plain);
  }
});
