// What health checks have found, for /metrics/slis: the service level
// indicators of a component. Source: k8s.io/component-base
// metrics/prometheus/slis.

import { Counter, Gauge, metricsText } from "../../runtime/metrics/mod.ts";

/** Counts. */
export class HealthMetrics {
  readonly #last = new Gauge({
    name: "kubernetes_healthcheck",
    help: "[STABLE] This metric records the result of a single healthcheck.",
    labels: ["name", "type"],
  });
  readonly #all = new Counter({
    name: "kubernetes_healthchecks_total",
    help: "[STABLE] This metric records the results of all healthcheck.",
    labels: ["name", "status", "type"],
  });

  /** A check was made, below that endpoint. */
  found(endpoint: string, name: string, well: boolean): void {
    this.#last.set(well ? 1 : 0, [name, endpoint]);
    this.#all.add([name, well ? "success" : "error", endpoint]);
  }

  /** In Prometheus' text format. */
  text(): string {
    return metricsText([this.#last, this.#all]);
  }
}
