import { assertEquals, assertThrows } from "@std/assert";
import { parseFieldSelector } from "./field.ts";
import { SelectorError } from "./label.ts";

const FIELDS: Record<string, string> = { "metadata.name": "a", "spec.text": "x,y=z\\" };

Deno.test("parseFieldSelector() selects by fields", () => {
  const selections: [string, boolean][] = [
    ["", true],
    [",", true],
    ["metadata.name=a", true],
    ["metadata.name==a", true],
    ["metadata.name!=a", false],
    ["metadata.name=a,spec.other=", true],
    ["metadata.name=a,spec.other=1", false],
    ["spec.text=x\\,y\\=z\\\\", true],
  ];
  for (const [text, expected] of selections) {
    assertEquals(parseFieldSelector(text).matches((field) => FIELDS[field] ?? ""), expected, text);
  }
  assertEquals(parseFieldSelector("a=1,b!=2").requires("a"), "1");
  assertEquals(parseFieldSelector("a=1,b!=2").requires("b"), undefined);
});

Deno.test("parseFieldSelector() words errors as Go does", () => {
  const errors: [string, string][] = [
    ["metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ["a=1,b>1", "invalid selector: 'a=1,b>1'; can't understand 'b>1'"],
    ["a=1\\x", "invalid field selector: invalid escape sequence: \\x"],
    ["a=1=2", "invalid field selector: unescaped character in value: 61"],
  ];
  for (const [text, message] of errors) {
    assertEquals(assertThrows(() => parseFieldSelector(text), SelectorError).message, message);
  }
});
