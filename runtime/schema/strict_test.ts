import { assertEquals } from "@std/assert";
import { parseJson } from "../json.ts";
import { FACTS, SCHEMAS } from "./_facts_for_test.ts";
import { decodeTyped } from "./decode.ts";
import { OpenApiSchemas } from "./openapi.ts";
import { strictErrors } from "./strict.ts";

const node = new OpenApiSchemas(SCHEMAS, FACTS).node("io.k8s.api.core.v1.Thing");

Deno.test("strictErrors() lists what a strict decoder finds in the order of the text", () => {
  const cases: [string, string[]][] = [
    ['{"kind":"Thing"}', []],
    ['{"b":1,"spec":{"a":1}}', ['unknown field "b"', 'unknown field "spec.a"']],
    [
      '{"spec":{"x":1,"word":"a","word":"b"},"y":1}',
      ['unknown field "spec.x"', 'duplicate field "spec.word"', 'unknown field "y"'],
    ],
    // What a type decodes itself, and what is unknown, is not looked into.
    ['{"kind":"a","kind":"b","spec":{"any":{"z":1,"z":2}},"u":{"v":1,"v":2}}', [
      'duplicate field "kind"',
      'unknown field "u"',
    ]],
  ];
  for (const [text, errors] of cases) {
    const { value, duplicates } = parseJson(text);
    const { unknown } = decodeTyped(node, value);
    assertEquals(strictErrors({ text, duplicates, unknown, node }), errors, text);
  }
  const { duplicates } = parseJson('{"spec":{"a":1,"a":2}}');
  assertEquals(strictErrors({ text: "", duplicates, unknown: ["spec.b"] }), [
    'duplicate field "spec.a"',
    'unknown field "spec.b"',
  ]);
});
