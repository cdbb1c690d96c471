import { assertEquals } from "@std/assert";
import { answerOf } from "./_requests_for_test.ts";
import { serveProbes } from "./probes.ts";

Deno.test("serveProbes() tells what is amiss", async () => {
  let ill = false;
  const serve = serveProbes({
    healthz: {},
    readyz: {
      webhook: () => {
        if (ill) throw new Error("not listening");
      },
    },
  });
  assertEquals(await answerOf(serve, "/healthz"), [200, "ok"]);
  assertEquals(await answerOf(serve, "/readyz"), [200, "ok"]);
  ill = true;
  assertEquals(await answerOf(serve, "/healthz"), [200, "ok"]);
  assertEquals(await answerOf(serve, "/readyz"), [
    500,
    "[+]ping ok\n[-]webhook failed: reason withheld\nhealthz check failed\n",
  ]);
  assertEquals(await answerOf(serve, "/readyz/ping"), [200, "ok"]);
  assertEquals(await answerOf(serve, "/readyz/webhook"), [
    500,
    "internal server error: not listening\n",
  ]);
  assertEquals(await answerOf(serve, "/readyz?verbose&exclude=webhook&exclude=none"), [
    200,
    "[+]ping ok\n[+]webhook excluded: ok\n" +
    'warn: some health checks cannot be excluded: no matches for "none"\nhealthz check passed\n',
  ]);
  assertEquals((await answerOf(serve, "/readyz?exclude=webhook"))[0], 200);
  assertEquals(await answerOf(serve, "/healthz?verbose"), [
    200,
    "[+]ping ok\nhealthz check passed\n",
  ]);
  for (const path of ["/", "/readyz/none", "/readyz/constructor", "/livez"]) {
    assertEquals((await answerOf(serve, path))[0], 404);
  }
});
