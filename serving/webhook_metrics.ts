// What webhooks and their certificate cost, in numbers, under
// controller-runtime's names. Source: its pkg/webhook/internal/metrics and
// pkg/certwatcher/metrics.

import type { Clock } from "../runtime/clock.ts";
import { Counter, Gauge, Histogram, type Metric } from "../runtime/metrics/mod.ts";
import type { Serve } from "./http_server.ts";

// The tenfold of each other from 10 ns on, as Prometheus' client computes them.
const BUCKETS_S = Array.from({ length: 11 }).reduce<number[]>(
  (found) => [...found, (found.at(-1) ?? 0) * 10],
  [10e-9],
);

/** Counts reviews and looks at the certificate. */
export class WebhookMetrics {
  readonly #clock: Clock;
  readonly #paths: ReadonlySet<string>;
  readonly #requests = new Counter({
    name: "controller_runtime_webhook_requests_total",
    help: "Total number of admission requests by HTTP status code.",
    labels: ["webhook", "code"],
  });
  readonly #latency = new Histogram({
    name: "controller_runtime_webhook_latency_seconds",
    help: "Histogram of the latency of processing admission requests",
    labels: ["webhook"],
  }, BUCKETS_S);
  readonly #inFlight = new Gauge({
    name: "controller_runtime_webhook_requests_in_flight",
    help: "Current number of admission requests being served.",
    labels: ["webhook"],
  });
  readonly #reads = new Counter({
    name: "certwatcher_read_certificate_total",
    help: "Total number of certificate reads",
  });
  readonly #readErrors = new Counter({
    name: "certwatcher_read_certificate_errors_total",
    help: "Total number of certificate read errors",
  });

  /** `paths` are those of the webhooks; requests for others are not counted, since clients choose them. */
  constructor(clock: Clock, paths: Iterable<string>) {
    this.#clock = clock;
    this.#paths = new Set(paths);
    for (const path of this.#paths) {
      for (const code of ["200", "500"]) this.#requests.add([path, code], 0);
      this.#inFlight.set(0, [path]);
    }
    this.#reads.add([], 0);
    this.#readErrors.add([], 0);
  }

  /** Counts what `serve` answers. */
  measured(serve: Serve): Serve {
    return async (request) => {
      const { path } = request;
      if (!this.#paths.has(path)) return await serve(request);
      const begun_ms = this.#clock.now();
      this.#inFlight.add(1, [path]);
      let code = 500;
      try {
        const response = await serve(request);
        code = response.status;
        return response;
      } finally {
        this.#inFlight.add(-1, [path]);
        this.#requests.add([path, String(code)]);
        this.#latency.observe((this.#clock.now() - begun_ms) / 1000, [path]);
      }
    };
  }

  /** Somebody has read the certificate's files. */
  certificateRead(worked: boolean): void {
    this.#reads.add();
    if (!worked) this.#readErrors.add();
  }

  /** The metrics. */
  get metrics(): readonly Metric[] {
    return [this.#requests, this.#latency, this.#inFlight, this.#reads, this.#readErrors];
  }
}
