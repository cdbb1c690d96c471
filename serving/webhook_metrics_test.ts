import { assertEquals } from "@std/assert";
import { VirtualClock } from "../runtime/clock.ts";
import { metricsText } from "../runtime/metrics/mod.ts";
import { answerOf } from "./_requests_for_test.ts";
import { WebhookMetrics } from "./webhook_metrics.ts";

Deno.test("WebhookMetrics counts reviews by path, and no path that a client makes up", async () => {
  const clock = new VirtualClock();
  const measures = new WebhookMetrics(clock, ["/mutate", "/validate"]);
  const serve = measures.measured(async ({ path }) => {
    if (path === "/validate") throw new Error("broken");
    await clock.advance(20);
    return { status: 200, body: "" };
  });
  await answerOf(serve, "/mutate");
  await answerOf(serve, "/made-up");
  await answerOf(serve, "/validate").catch(() => {});
  measures.certificateRead(true);
  measures.certificateRead(false);
  const lines = metricsText(measures.metrics).split("\n").filter((line) => !line.startsWith("#"));
  assertEquals(lines.filter((line) => !/_bucket|^$/.test(line)), [
    'controller_runtime_webhook_requests_total{webhook="/mutate",code="200"} 1',
    'controller_runtime_webhook_requests_total{webhook="/mutate",code="500"} 0',
    'controller_runtime_webhook_requests_total{webhook="/validate",code="200"} 0',
    'controller_runtime_webhook_requests_total{webhook="/validate",code="500"} 1',
    'controller_runtime_webhook_latency_seconds_sum{webhook="/mutate"} 0.02',
    'controller_runtime_webhook_latency_seconds_count{webhook="/mutate"} 1',
    'controller_runtime_webhook_latency_seconds_sum{webhook="/validate"} 0',
    'controller_runtime_webhook_latency_seconds_count{webhook="/validate"} 1',
    'controller_runtime_webhook_requests_in_flight{webhook="/mutate"} 0',
    'controller_runtime_webhook_requests_in_flight{webhook="/validate"} 0',
    "certwatcher_read_certificate_total 2",
    "certwatcher_read_certificate_errors_total 1",
  ]);
});
