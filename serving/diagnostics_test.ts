import { assertEquals, assertStringIncludes } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { Gauge } from "../runtime/metrics/mod.ts";
import { answerOf } from "./_requests_for_test.ts";
import { serveDiagnostics } from "./diagnostics.ts";

const metrics = [new Gauge({ name: "up", help: "Up." }, () => 1)];

Deno.test("serveDiagnostics() serves metrics alone where nobody is asked who they are", async () => {
  const serve = serveDiagnostics({ metrics, clock: new VirtualClock() });
  assertEquals(await answerOf(serve, "/metrics"), [200, "# HELP up Up.\n# TYPE up gauge\nup 1\n"]);
  for (const path of ["/", "/debug/pprof/", "/debug/pprof/heap", "/debug/flags/v"]) {
    assertEquals((await answerOf(serve, path, { method: "PUT" }))[0], 404);
  }
});

Deno.test("serveDiagnostics() profiles, and changes how much is logged", async () => {
  let verbosity = "2";
  const clock = new VirtualClock();
  const serve = serveDiagnostics({
    metrics,
    clock,
    debug: {
      setVerbosity(text) {
        if (text === "x") throw new TypeError('"x" is no whole number');
        verbosity = text;
      },
    },
  });
  assertEquals(await answerOf(serve, "/debug/flags/v", { method: "PUT", body: "5" }), [
    200,
    "successfully set v to 5\n",
  ]);
  assertEquals(verbosity, "5");
  const wrong = await answerOf(serve, "/debug/flags/v", { method: "PUT", body: "x" });
  assertEquals(wrong, [400, '"x" is no whole number\n']);
  assertEquals((await answerOf(serve, "/debug/flags/v"))[0], 405);

  assertStringIncludes((await answerOf(serve, "/debug/pprof/"))[1], "/debug/pprof/profile");
  assertEquals((await answerOf(serve, "/debug/pprof/goroutine"))[0], 404);
  for (const seconds of ["0", "x", "301", "1.5"]) {
    assertEquals((await answerOf(serve, `/debug/pprof/profile?seconds=${seconds}`))[0], 400);
  }
  const profile = answerOf(serve, "/debug/pprof/profile?seconds=2");
  // One at a time; the profiler is asked before time passes.
  assertEquals((await answerOf(serve, "/debug/pprof/heap"))[0], 503);
  while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await clock.advance(2_000);
  const [status, body] = await profile;
  assertEquals([status, Object.keys(JSON.parse(body)).includes("nodes")], [200, true]);
  assertEquals(await answerOf(serve, "/debug/pprof/heap"), [200, "(stream)"]);
});
