import { assertEquals, assertThrows } from "@std/assert";
import { compileRegexp } from "./_regexp.ts";

Deno.test("compileRegexp() matches as RE2 does", () => {
  for (
    const [pattern, text, matches] of [
      ["^[a-z]+$", "abc", true],
      ["^[a-z]+$", "abc\n", false],
      ["^[-a-z0-9]{1,3}$", "a-9", true],
      ["a.c", "a\u2028c", true],
      ["a.c", "a\nc", false],
      ["(?i)abc", "xABCx", true],
      ["\\pL", "é", true],
      ["^[^a]$", "😀", true],
      ["^\\d\\.\\d$", "1.2", true],
      ["[[:alpha:]]", "1", false],
    ] as const
  ) assertEquals(compileRegexp(pattern).test(text), matches, `${pattern} ${text}`);
});

Deno.test("compileRegexp() takes linear time where backtracking would not", () => {
  const text = "a".repeat(30) + "!";
  assertEquals(compileRegexp("^(a+)+$").test(text), false);
  assertEquals(compileRegexp("^a*a*a*a*a*a*$").test("a".repeat(200) + "!"), false);
});

Deno.test("compileRegexp() refuses what RE2 does not know", () => {
  assertThrows(() => compileRegexp("(?=a)"), Error, "invalid or unsupported Perl syntax");
  assertThrows(() => compileRegexp("(a)\\1"), Error, "invalid escape sequence");
});
