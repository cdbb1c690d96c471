import { assertEquals, assertThrows } from "@std/assert";
import { Base64Error, canonicalBase64, decodeBase64, encodeBase64 } from "./base64.ts";

Deno.test("canonicalBase64() writes what was read as an encoder would", () => {
  for (
    const [text, canonical] of [["", ""], ["YQ==", "YQ=="], ["YR==", "YQ=="], [
      "YW\nI=",
      "YWI=",
    ]] as const
  ) {
    assertEquals(canonicalBase64(text), canonical);
  }
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
  assertEquals(decodeBase64(encodeBase64(bytes)).length, bytes.length);
});

Deno.test("decodeBase64() names the byte that is wrong", () => {
  for (
    const [text, at] of [
      ["!", 0],
      ["abc", 0],
      ["abcde", 4],
      ["ab=", 3],
      ["ab=c", 2],
      ["a===", 1],
      ["abcd=", 4],
      ["YQ==x", 4],
      ["abc!", 3],
      ["not base64", 3],
    ] as const
  ) {
    const error = assertThrows(() => decodeBase64(text), Base64Error);
    assertEquals(error.message, `illegal base64 data at input byte ${at}`, text);
  }
});
