// The text of the counts of requests, in Prometheus' text format, under
// kube-apiserver's names. Source: k8s.io/apiserver endpoints/metrics.

import type { RequestCounts, Spread } from "./metrics.ts";

interface Family {
  readonly name: string;
  readonly help: string;
}

const TOTAL: Family = {
  name: "apiserver_request_total",
  help: "[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, " +
    "version, resource, scope, component, and HTTP response code.",
};
const DURATION: Family = {
  name: "apiserver_request_duration_seconds",
  help: "[STABLE] Response latency distribution in seconds for each verb, dry run value, group, " +
    "version, resource, subresource, scope and component.",
};
const SLI: Family = {
  name: "apiserver_request_sli_duration_seconds",
  help: "[ALPHA] Response latency distribution in seconds, without the time in which webhooks " +
    "were waited for, for each verb, group, version, resource, subresource, scope and component.",
};
const SIZES: Family = {
  name: "apiserver_response_sizes",
  help: "[STABLE] Response size distribution in bytes for each group, version, verb, resource, " +
    "subresource, scope and component.",
};
const LONG_RUNNING: Family = {
  name: "apiserver_longrunning_requests",
  help: "[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, " +
    "version, resource, scope and component.",
};
const EVENTS: Family = {
  name: "apiserver_watch_events_total",
  help: "[ALPHA] Number of events sent in watch clients",
};
/** Buckets below are not told apart in the service level indicator. */
const SLI_LOWEST_S = 0.05;

/** The lines. */
export function requestMetricsText(all: readonly RequestCounts[]): string {
  const lines: string[] = [];
  head(lines, TOTAL, "counter");
  for (const { labels, codes } of all) {
    for (const [code, count] of codes) {
      lines.push(`${TOTAL.name}{code="${code}",${labels}} ${count}`);
    }
  }
  const timed = all.filter(({ durations }) => durations.count > 0);
  head(lines, DURATION, "histogram");
  for (const { labels, durations } of timed) spread(lines, DURATION.name, labels, durations);
  head(lines, SLI, "histogram");
  for (const series of timed) {
    spread(lines, SLI.name, bare(series), series.served ?? series.durations, SLI_LOWEST_S);
  }
  head(lines, SIZES, "histogram");
  for (const series of all) {
    if (series.sizes !== undefined) spread(lines, SIZES.name, bare(series), series.sizes);
  }
  head(lines, LONG_RUNNING, "gauge");
  for (const series of all) {
    if (series.opened) lines.push(`${LONG_RUNNING.name}{${bare(series)}} ${series.open}`);
  }
  watchEvents(lines, all);
  return lines.join("\n") + "\n";
}

/** Watches of one object, a namespace and all of them count together. */
function watchEvents(lines: string[], all: readonly RequestCounts[]): void {
  const sums = new Map<string, number>();
  for (const { group, version, resource, events } of all) {
    if (events === 0) continue;
    const labels = `group="${group}",resource="${resource}",version="${version}"`;
    sums.set(labels, (sums.get(labels) ?? 0) + events);
  }
  head(lines, EVENTS, "counter");
  for (const [labels, count] of sums) lines.push(`${EVENTS.name}{${labels}} ${count}`);
}

function head(lines: string[], { name, help }: Family, type: string): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
}

function spread(lines: string[], name: string, labels: string, values: Spread, lowest = 0): void {
  const { bounds, buckets, count, sum } = values;
  for (const [i, bound] of bounds.entries()) {
    if (bound < lowest) continue;
    lines.push(`${name}_bucket{${labels},le="${boundText(bound)}"} ${buckets[i]}`);
  }
  lines.push(
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum}`,
    `${name}_count{${labels}} ${count}`,
  );
}

/** As Go prints floats: with an exponent from a million on. */
function boundText(bound: number): string {
  return bound < 1e6 ? String(bound) : bound.toExponential().replace(/e\+(\d)$/, "e+0$1");
}

function bare({ labels }: RequestCounts): string {
  return labels.replace('dry_run="",', "");
}
