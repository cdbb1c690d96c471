// What controllers do, in numbers, under controller-runtime's and
// client-go's names.

import type { Clock } from "../clock.ts";
import {
  Counter,
  Gauge,
  Histogram,
  type Metric,
  metricHead,
  metricLabels,
  type MetricOptions,
} from "../metrics/mod.ts";
import { QueueMetrics, type QueueObserver } from "./queue_metrics.ts";

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
  /** A reconcile has ended by a mistake of the program itself, as a panic would in Go. */
  panicked?(controller: string): void;
  /** What the queue of a controller that begins is to tell. */
  queue?(controller: string): QueueObserver;
}

// deno-fmt-ignore
const TIME_BUCKETS_S = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
  1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
/** What has not happened is there from the start, as zero: a rate that begins with the first failure misses it. */
const RESULTS: readonly string[] = ["error", "requeue_after", "requeue", "success"];

/** Counts what controllers do. */
export class ControllerMetrics implements ReconcileObserver {
  readonly #queues = new Map<string, MeasuredQueue>();
  readonly #ofQueues: QueueMetrics;
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
  // Reconcilers here know no error after which they do not try again, and no limit of time: these stay zero.
  readonly #terminal = new Counter({
    name: "controller_runtime_terminal_reconcile_errors_total",
    help: "Total number of terminal reconciliation errors per controller",
    labels: ["controller"],
  });
  readonly #timeouts = new Counter({
    name: "controller_runtime_reconcile_timeouts_total",
    help: "Total number of reconciliation timeouts per controller",
    labels: ["controller"],
  });
  readonly #panics = new Counter({
    name: "controller_runtime_reconcile_panics_total",
    help: "Total number of reconciliation panics per controller",
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

  /** With `clock` the times of queues are taken. */
  constructor(clock: Clock) {
    this.#ofQueues = new QueueMetrics(clock);
  }

  /** What the queue of a controller that begins is to tell. */
  queue(controller: string): QueueObserver {
    return this.#ofQueues.queue(controller);
  }

  /** A controller begins. */
  started(controller: string, queue: MeasuredQueue, concurrency: number): void {
    this.#queues.set(controller, queue);
    for (const result of RESULTS) this.#total.add([controller, result], 0);
    for (const counter of [this.#errors, this.#terminal, this.#panics, this.#timeouts]) {
      counter.add([controller], 0);
    }
    this.#workers.set(concurrency, [controller]);
  }

  /** A reconcile has ended. */
  reconciled(controller: string, result: ReconcileResult, duration_ms: number): void {
    this.#total.add([controller, result]);
    if (result === "error") this.#errors.add([controller]);
    this.#time.observe(duration_ms / 1000, [controller]);
  }

  /** A reconcile has ended by a mistake of the program itself. */
  panicked(controller: string): void {
    this.#panics.add([controller]);
  }

  /** The metrics. */
  get metrics(): readonly Metric[] {
    const ofQueues = (
      options: MetricOptions & { readonly labels: readonly string[] },
      read: (queue: MeasuredQueue) => number,
    ) => ({ lines: () => this.#queueLines(options, read) });
    return [
      this.#total,
      this.#errors,
      this.#terminal,
      this.#panics,
      this.#timeouts,
      this.#time,
      this.#workers,
      ofQueues({
        name: "controller_runtime_active_workers",
        help: "Number of currently used workers per controller",
        labels: ["controller"],
      }, ({ active }) => active),
      ofQueues({
        name: "workqueue_depth",
        help: "Current depth of workqueue by workqueue and priority",
        labels: ["name", "controller", "priority"],
      }, ({ length, active }) => length - active),
      ...this.#ofQueues.metrics,
      ofQueues({
        name: "workqueue_delayed",
        help: "Requests that wait for their time, by controller",
        labels: ["name", "controller"],
      }, ({ delayed }) => delayed),
    ];
  }

  *#queueLines(
    { name, help, labels }: MetricOptions & { readonly labels: readonly string[] },
    read: (queue: MeasuredQueue) => number,
  ): Iterable<string> {
    yield* metricHead({ name, help }, "gauge");
    for (const [controller, queue] of this.#queues) {
      // There are no priorities: that label is empty, as for a queue without them.
      const values = labels.map((label) => label === "priority" ? "" : controller);
      yield `${name}${metricLabels(labels, values)} ${read(queue)}`;
    }
  }
}
