// How long admission takes and what it refuses, for /metrics:
// kube-apiserver's own metric names. As many series as there are plugins, and
// webhooks up to a limit. Source: k8s.io/apiserver admission/metrics.

import { Counter, Histogram, metricsText } from "../../runtime/metrics/mod.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin.ts";

/** The two passes. */
export type AdmissionPass = "admit" | "validate";

const BUCKETS_S = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const LABELS = ["name", "operation", "rejected", "type"];

/** How a webhook was asked. */
export interface WebhookCallOutcome {
  /** Of the webhook. */
  readonly name: string;
  /** What was asked about. */
  readonly operation: AdmissionAttributes["operation"];
  /** Whether it may change objects. */
  readonly mutating: boolean;
  /** Until it answered, or was given up. */
  readonly duration_ms: number;
  /** HTTP status of the answer that the client would get. */
  readonly code: number;
  /** It refused, or could not be asked and must be. */
  readonly rejected: boolean;
  /** It could not be asked. */
  readonly failed: boolean;
}

/** Counts. */
export class AdmissionMetrics {
  readonly #plugins = new Histogram({
    name: "apiserver_admission_controller_admission_duration_seconds",
    help: "[STABLE] Admission controller latency histogram in seconds, identified by name and " +
      "broken out for each operation and API resource and type (validate or admit).",
    labels: LABELS,
  }, BUCKETS_S);
  readonly #steps = new Histogram({
    name: "apiserver_admission_step_admission_duration_seconds",
    help: "[STABLE] Admission sub-step latency histogram in seconds, broken out for each " +
      "operation and API resource and step type (validate or admit).",
    labels: LABELS.slice(1),
  }, BUCKETS_S);
  readonly #webhooks = new Histogram({
    name: "apiserver_admission_webhook_admission_duration_seconds",
    help:
      "[STABLE] Admission webhook latency histogram in seconds, identified by name and broken " +
      "out for each operation and API resource and type (validate or admit).",
    labels: LABELS,
  }, [...BUCKETS_S, 10, 25]);
  readonly #asked = new Counter({
    name: "apiserver_admission_webhook_request_total",
    help: "[ALPHA] Admission webhook request total, identified by name and broken out for each " +
      "admission type (validating or mutating) and operation.",
    labels: ["code", ...LABELS],
  });
  readonly #rejections = new Counter({
    name: "apiserver_admission_webhook_rejection_count",
    help: "[ALPHA] Admission webhook rejection count, identified by name and broken out for each " +
      "admission type (validating or admit) and operation.",
    labels: ["error_type", "name", "operation", "rejection_code", "type"],
  });
  readonly #open = new Counter({
    name: "apiserver_admission_webhook_fail_open_count",
    help: "[ALPHA] Admission webhook fail open count, identified by name and broken out for each " +
      "admission type (validating or mutating).",
    labels: ["name", "type"],
  });
  /** Writes are frequent: where their series are is found once. */
  readonly #known = new Map<AdmissionPlugin, Map<string, (seconds: number) => void>>();

  /** A plugin has been asked. */
  plugin(
    plugin: AdmissionPlugin,
    operation: AdmissionAttributes["operation"],
    pass: AdmissionPass,
    duration_ms: number,
    rejected = false,
  ): void {
    let series = this.#known.get(plugin);
    if (series === undefined) this.#known.set(plugin, series = new Map());
    const key = rejected ? `${operation}${pass}!` : operation + pass;
    let observe = series.get(key);
    if (observe === undefined) {
      observe = this.#plugins.series([plugin.name, operation, String(rejected), pass]);
      series.set(key, observe);
    }
    observe(duration_ms / 1000);
  }

  /** All plugins have been asked, or one has refused. */
  step(
    operation: AdmissionAttributes["operation"],
    pass: AdmissionPass,
    duration_ms: number,
    rejected = false,
  ): void {
    this.#steps.observe(duration_ms / 1000, [operation, String(rejected), pass]);
  }

  /** A webhook has been asked. */
  webhook(outcome: WebhookCallOutcome): void {
    const { name, operation, mutating, duration_ms, code, rejected, failed } = outcome;
    const type = mutating ? "admit" : "validating";
    const labels = [name, operation, String(rejected), type];
    this.#webhooks.observe(duration_ms / 1000, labels);
    this.#asked.add([String(code), ...labels]);
    if (failed && !rejected) this.#open.add([name, type]);
    if (!rejected) return;
    const error = failed ? "calling_webhook_error" : "no_error";
    this.#rejections.add([error, name, operation, failed ? "0" : String(code), type]);
  }

  /** In Prometheus' text format. */
  text(): string {
    return metricsText([
      this.#plugins,
      this.#steps,
      this.#webhooks,
      this.#asked,
      this.#rejections,
      this.#open,
    ]);
  }
}
