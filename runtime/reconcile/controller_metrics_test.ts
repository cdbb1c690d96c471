import { assertEquals } from "@std/assert";
import { VirtualClock } from "../clock.ts";
import { silentLogger } from "../log.ts";
import { metricsText } from "../metrics/mod.ts";
import { Controller } from "./controller.ts";
import { ControllerMetrics } from "./controller_metrics.ts";
import { Manager } from "./manager.ts";
import { MemoryClient } from "./memory_client_test.ts";

/** The lines about one controller, without buckets. */
function linesOf(metrics: ControllerMetrics): string[] {
  return metricsText(metrics.metrics).split("\n").filter((line) =>
    line !== "" && !line.startsWith("#") && !line.includes("_bucket")
  );
}

Deno.test("ControllerMetrics tells of controllers and their queues as controller-runtime does", async () => {
  const clock = new VirtualClock();
  const metrics = new ControllerMetrics(clock);
  const stop = new AbortController();
  const manager = new Manager({
    client: new MemoryClient(),
    clock,
    logger: silentLogger,
    observer: metrics,
  });
  let release = (): void => {};
  const controller = new Controller({
    name: "things",
    sources: [],
    concurrency: 2,
    reconciler: {
      async reconcile({ name }) {
        if (name === "slow") await new Promise<void>((resolve) => release = resolve);
        if (name === "broken") throw new TypeError("undefined is no object");
        return name === "later" ? { requeueAfter_ms: 60_000 } : undefined;
      },
    },
  });
  manager.add(controller);
  await manager.start(stop.signal);
  const before = linesOf(metrics);
  assertEquals(before.filter((line) => !line.endsWith(" 0")), [
    'controller_runtime_max_concurrent_reconciles{controller="things"} 2',
  ]);
  for (const name of ["slow", "broken", "later"]) controller.enqueue({ namespace: "ns", name });
  await clock.advance(0);
  await clock.advance(3_000);
  const during = linesOf(metrics);
  const both = '{name="things",controller="things"}';
  for (
    const line of [
      'controller_runtime_active_workers{controller="things"} 1',
      `workqueue_unfinished_work_seconds${both} 3`,
      `workqueue_longest_running_processor_seconds${both} 3`,
      `workqueue_delayed${both} 2`,
      'workqueue_depth{name="things",controller="things",priority=""} 0',
      'controller_runtime_reconcile_total{controller="things",result="requeue_after"} 1',
      'controller_runtime_reconcile_total{controller="things",result="requeue"} 0',
    ]
  ) assertEquals(during.filter((one) => one === line), [line]);
  const errors = valueOf(during, 'controller_runtime_reconcile_errors_total{controller="things"}');
  assertEquals(
    valueOf(during, 'controller_runtime_reconcile_panics_total{controller="things"}'),
    errors,
  );
  // Every failure comes back by itself, and so does what asked for it.
  assertEquals(valueOf(during, `workqueue_adds_total${both}`), errors + 2);
  assertEquals(valueOf(during, `workqueue_retries_total${both}`), errors + 1);
  release();
  await clock.advance(0);
  assertEquals(
    valueOf(linesOf(metrics), `workqueue_unfinished_work_seconds${both}`),
    0,
  );
  stop.abort();
});

function valueOf(lines: readonly string[], series: string): number {
  return Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1));
}

Deno.test("Histograms of queues have the bounds that Go's client prints", () => {
  const metrics = new ControllerMetrics(new VirtualClock());
  const queue = metrics.queue("c");
  queue.added("a");
  queue.taken("a");
  const bounds = [
    ...metricsText(metrics.metrics).matchAll(/workqueue_queue_duration.*le="([^"]+)"/g),
  ].map(([, bound]) => bound);
  assertEquals(bounds.slice(0, 7), [
    "1e-08",
    "1e-07",
    "1e-06",
    "9.999999999999999e-06",
    "9.999999999999999e-05",
    "0.001",
    "0.01",
  ]);
});
