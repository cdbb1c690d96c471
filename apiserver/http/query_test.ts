import { assertEquals } from "@std/assert";
import { Query } from "./query.ts";

Deno.test("Query reads values as Go does and drops what is malformed", () => {
  const query = new Query("a=1&a=2&b=x+y%20z&c&bad=%zz&x;y=1&=empty");
  assertEquals(query.get("a"), "1");
  assertEquals(query.all("a"), ["1", "2"]);
  assertEquals(query.get("b"), "x y z");
  assertEquals([query.has("c"), query.get("c")], [true, ""]);
  assertEquals([query.has("bad"), query.has("x;y"), query.has("absent")], [false, false, false]);
  assertEquals(query.get(""), "empty");
});
