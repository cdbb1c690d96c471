import { assert, assertEquals } from "@std/assert";
import { reachCeiling } from "./ceiling.ts";

Deno.test("A process at the ceiling of its memory refuses lists and watches, and recovers", async () => {
  const seen = await reachCeiling({ mebibytes: 100, connections: 20 });
  assertEquals(seen.before, [200, 200, 200, 200]);
  for (const { status, text, retryAfter } of seen.refused) {
    assertEquals([status, text, retryAfter], [
      429,
      "Too many requests, please try again later.\n",
      "1",
    ]);
  }
  assertEquals(seen.served, [200, 201, 200, 201]);
  assert(seen.recovered_ms !== undefined);
});
