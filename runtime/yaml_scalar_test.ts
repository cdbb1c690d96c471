import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { yamlScalar } from "./yaml_scalar.ts";

Deno.test("yamlScalar() is read as the text that it was", () => {
  const texts = [
    "demo",
    "demo-admin@demo",
    "https://127.0.0.1:20000",
    "https://[::1]:1",
    "1",
    "on",
  ];
  for (const text of [...texts, "0x1", "2026-01-01", "a: b", "a #b", "", "-", "x", "NULL", "a:"]) {
    assertEquals(parse(`key: ${yamlScalar(text)}\n`), { key: text });
  }
});
