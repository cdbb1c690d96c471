// What controllers do, in numbers, under controller-runtime's and
// client-go's names.

import {
  Counter,
  Gauge,
  Histogram,
  type Metric,
  metricHead,
  metricLabels,
} from "../metrics/mod.ts";

/** How a reconcile ended. */
export type ReconcileResult = "success" | "requeue_after" | "error";

/** A queue that can be looked at. */
export interface MeasuredQueue {
  /** How many requests wait or are worked on. */
  readonly length: number;
  /** How many wait for their time. */
  readonly delayed: number;
  /** How many are worked on. */
  readonly active: number;
}

/** Told of what controllers do. */
export interface ReconcileObserver {
  /** A controller begins, with so many workers. */
  started(controller: string, queue: MeasuredQueue, concurrency: number): void;
  /** A reconcile has ended. */
  reconciled(controller: string, result: ReconcileResult, duration_ms: number): void;
}

const TIME_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what controllers do. */
export class ControllerMetrics implements ReconcileObserver {
  readonly #queues = new Map<string, MeasuredQueue>();
  readonly #total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller",
    labels: ["controller", "result"],
  });
  readonly #errors = new Counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Total number of reconciliation errors per controller",
    labels: ["controller"],
  });
  readonly #time = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "Length of time per reconciliation per controller",
    labels: ["controller"],
  }, TIME_BUCKETS_S);
  readonly #workers = new Gauge({
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Maximum number of concurrent reconciles per controller",
    labels: ["controller"],
  });

  /** A controller begins. */
  started(controller: string, queue: MeasuredQueue, concurrency: number): void {
    this.#queues.set(controller, queue);
    this.#workers.set(concurrency, [controller]);
  }

  /** A reconcile has ended. */
  reconciled(controller: string, result: ReconcileResult, duration_ms: number): void {
    this.#total.add([controller, result]);
    if (result === "error") this.#errors.add([controller]);
    this.#time.observe(duration_ms / 1000, [controller]);
  }

  /** The metrics. */
  get metrics(): readonly Metric[] {
    const ofQueues = (name: string, help: string, read: (queue: MeasuredQueue) => number) => ({
      lines: () => this.#queueLines(name, help, read),
    });
    return [
      this.#total,
      this.#errors,
      this.#time,
      this.#workers,
      ofQueues(
        "controller_runtime_active_workers",
        "Number of currently used workers per controller",
        ({ active }) => active,
      ),
      ofQueues(
        "workqueue_depth",
        "Current depth of workqueue by controller",
        ({ length, active }) => length - active,
      ),
      ofQueues(
        "workqueue_delayed",
        "Requests that wait for their time, by controller",
        ({ delayed }) => delayed,
      ),
    ];
  }

  *#queueLines(
    name: string,
    help: string,
    read: (queue: MeasuredQueue) => number,
  ): Iterable<string> {
    yield* metricHead({ name, help }, "gauge");
    for (const [controller, queue] of this.#queues) {
      yield `${name}${metricLabels(["controller"], [controller])} ${read(queue)}`;
    }
  }
}
