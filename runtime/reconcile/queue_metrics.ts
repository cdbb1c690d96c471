// What the queues of controllers do, in numbers, under the names of client-go's
// work queues. Source: controller-runtime pkg/internal/metrics/workqueue.go.

import type { Clock } from "../clock.ts";
import {
  Counter,
  Histogram,
  type Metric,
  metricHead,
  metricLabels,
  type MetricOptions,
} from "../metrics/mod.ts";

/** Told of what a queue does with requests, which it names by key. */
export interface QueueObserver {
  /** A request that did not wait yet waits. */
  added(key: string): void;
  /** A request that waited is worked on. */
  taken(key: string): void;
  /** The work on a request has ended. */
  done(key: string): void;
  /** A request is to come later. */
  delayed(): void;
}

const LABELS = ["name", "controller"] as const;
const START_S = 10e-9;
const BUCKETS = 12;

/** Each the tenfold of the one before, as Prometheus' client computes them: the ends of 1e-5 differ in the last digit. */
function bounds_s(): number[] {
  const found = [START_S];
  while (found.length < BUCKETS) found.push(found.at(-1) as number * 10);
  return found;
}

/** Counts what queues do. */
export class QueueMetrics {
  readonly #clock: Clock;
  readonly #queues = new Map<string, QueueTimes>();
  readonly #adds = new Counter({
    name: "workqueue_adds_total",
    help: "Total number of adds handled by workqueue",
    labels: LABELS,
  });
  readonly #waited = new Histogram({
    name: "workqueue_queue_duration_seconds",
    help: "How long in seconds an item stays in workqueue before being requested",
    labels: LABELS,
  }, bounds_s());
  readonly #worked = new Histogram({
    name: "workqueue_work_duration_seconds",
    help: "How long in seconds processing an item from workqueue takes.",
    labels: LABELS,
  }, bounds_s());
  readonly #retries = new Counter({
    name: "workqueue_retries_total",
    help:
      "Total number of items added to the workqueue with a non-zero delay (rate-limited requeues, explicit RequeueAfter or AddAfter calls)",
    labels: LABELS,
  });

  /** Of no queue. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the queue of a controller is to tell. */
  queue(controller: string): QueueObserver {
    const labels = [controller, controller];
    this.#adds.add(labels, 0);
    this.#retries.add(labels, 0);
    const times = new QueueTimes(
      this.#clock,
      this.#waited.series(labels),
      this.#worked.series(labels),
    );
    this.#queues.set(controller, times);
    return {
      added: (key) => {
        this.#adds.add(labels);
        times.added(key);
      },
      taken: (key) => times.taken(key),
      done: (key) => times.done(key),
      delayed: () => this.#retries.add(labels),
    };
  }

  /** The metrics. */
  get metrics(): readonly Metric[] {
    const unfinished: MetricOptions = {
      name: "workqueue_unfinished_work_seconds",
      help:
        "How many seconds of work has been done that is in progress and hasn't been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.",
    };
    const longest: MetricOptions = {
      name: "workqueue_longest_running_processor_seconds",
      help: "How many seconds has the longest running processor for workqueue been running.",
    };
    const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
    return [
      this.#adds,
      this.#waited,
      this.#worked,
      { lines: () => this.#running(unfinished, sum) },
      { lines: () => this.#running(longest, (values) => Math.max(0, ...values)) },
      this.#retries,
    ];
  }

  *#running(
    options: MetricOptions,
    read: (values_s: readonly number[]) => number,
  ): Iterable<string> {
    yield* metricHead(options, "gauge");
    for (const [controller, times] of this.#queues) {
      const labels = metricLabels(LABELS, [controller, controller]);
      yield `${options.name}${labels} ${read(times.running_s())}`;
    }
  }
}

/** Since when the requests of a queue wait or are worked on. */
class QueueTimes {
  readonly #clock: Clock;
  readonly #waited: (seconds: number) => void;
  readonly #worked: (seconds: number) => void;
  readonly #waiting = new Map<string, number>();
  readonly #running = new Map<string, number>();

  constructor(
    clock: Clock,
    waited: (seconds: number) => void,
    worked: (seconds: number) => void,
  ) {
    this.#clock = clock;
    this.#waited = waited;
    this.#worked = worked;
  }

  added(key: string): void {
    this.#waiting.set(key, this.#clock.now());
  }

  taken(key: string): void {
    end(this.#waiting, key, this.#clock.now(), this.#waited);
    this.#running.set(key, this.#clock.now());
  }

  done(key: string): void {
    end(this.#running, key, this.#clock.now(), this.#worked);
  }

  running_s(): number[] {
    const now_ms = this.#clock.now();
    return [...this.#running.values()].map((since_ms) => (now_ms - since_ms) / 1000);
  }
}

function end(
  since: Map<string, number>,
  key: string,
  now_ms: number,
  tell: (seconds: number) => void,
): void {
  const since_ms = since.get(key);
  if (since_ms === undefined) return;
  since.delete(key);
  tell((now_ms - since_ms) / 1000);
}
