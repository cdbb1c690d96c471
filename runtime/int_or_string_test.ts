import { assertEquals } from "@std/assert";
import { intValue, percentOf, scaledValue } from "./int_or_string.ts";

Deno.test("scaledValue() takes a percentage of a total", () => {
  assertEquals(scaledValue(3, 10, true), 3);
  assertEquals(scaledValue("25%", 10, true), 3);
  assertEquals(scaledValue("25%", 10, false), 2);
  assertEquals(scaledValue("x", 10, false), undefined);
  assertEquals(percentOf("100%"), 100);
  assertEquals(percentOf("%"), undefined);
  assertEquals(intValue("12"), 12);
  assertEquals(intValue("http"), 0);
});
