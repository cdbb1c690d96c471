/**
 * Metrics in Prometheus' text format.
 *
 * @module
 */

export * from "./metrics.ts";
