import { assertEquals } from "@std/assert";
import { compareGo, goJson, goNumber, goQuote } from "./go_text.ts";

Deno.test("goQuote() quotes as %q does", () => {
  for (
    const [text, quoted] of [
      ["a", '"a"'],
      ['a"b\\', '"a\\"b\\\\"'],
      ["é€😀", '"é€😀"'],
      ["\n\t\u0001\u007f", '"\\n\\t\\x01\\x7f"'],
      ["\u00a0\u200b", '"\\u00a0\\u200b"'],
      ["\u{e0001}", '"\\U000e0001"'],
      ["<&>", '"<&>"'],
    ] as const
  ) assertEquals(goQuote(text), quoted);
});

Deno.test("goNumber() prints as %v does", () => {
  for (
    const [value, printed] of [
      [1, "1"],
      [-1.5, "-1.5"],
      [0.0001, "0.0001"],
      [0.00001, "1e-05"],
      [1e18, "1000000000000000000"],
      [1234567.5, "1.2345675e+06"],
      [123456.5, "123456.5"],
      [1e20, "1e+20"],
      [1e21, "1e+21"],
    ] as const
  ) assertEquals(goNumber(value), printed);
});

Deno.test("goJson() orders members and escapes HTML", () => {
  assertEquals(
    goJson({ b: [1, null, true, 1e-7], a: "<x>", u: undefined }),
    '{"a":"\\u003cx\\u003e","b":[1,null,true,1e-7]}',
  );
  assertEquals(compareGo("\u{10000}", "\uffff") > 0, true);
  assertEquals(compareGo("a", "ab") < 0, true);
});
