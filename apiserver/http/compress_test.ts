import { assertEquals, assertStrictEquals } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { compress } from "./compress.ts";

const KIB = 1024;
const answer = (length: number) => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: new Uint8Array(length).fill(65),
});

Deno.test("compress() makes large answers smaller for who takes it, and each once", async () => {
  const large = answer(128 * KIB + 1);
  const small = await compress(large, "deflate, gzip");
  assertEquals(small.headers, {
    "content-type": "application/json",
    "content-encoding": "gzip",
    vary: "Accept-Encoding",
  });
  assertEquals(new Uint8Array(gunzipSync(small.body as Uint8Array)), large.body);
  assertStrictEquals((await compress({ ...large }, "gzip")).body, small.body);
});

Deno.test("compress() leaves alone what is small, what streams, and who does not ask", () => {
  const large = answer(200 * KIB);
  for (const accepted of [undefined, "", "br", "gzip;q=1.0", "*"]) {
    assertStrictEquals(compress(large, accepted), large);
  }
  const edge = answer(128 * KIB);
  assertStrictEquals(compress(edge, "gzip"), edge);
  const stream = { status: 200, headers: {}, body: (async function* () {})() };
  assertStrictEquals(compress(stream, "gzip"), stream);
  const none = { status: 200, headers: {} };
  assertStrictEquals(compress(none, "gzip"), none);
});
