// Counts of requests, for /metrics: kube-apiserver's own metric names with
// labels that clients cannot grow. Source: k8s.io/apiserver endpoints/metrics.

import type { RequestInfo } from "./request_info.ts";

// Beyond this many combinations of labels, requests count as `other`.
const SERIES_MAX = 2000;
// deno-fmt-ignore -- one line of numbers
const BUCKETS_S = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
/** What is told apart of requests that are about no resource, by the first part of their path. */
const PATHS: ReadonlySet<string> = new Set(["healthz", "livez", "readyz", "version", "metrics"]);
const VERBS: Readonly<Record<string, string>> = {
  get: "GET",
  list: "LIST",
  watch: "WATCH",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETECOLLECTION",
};

interface Series {
  readonly labels: string;
  readonly codes: Map<number, number>;
  readonly buckets: number[];
  count: number;
  sum_s: number;
}

/** The requests of one combination of labels. */
export interface RequestSeries {
  /** `name="value",…`, without braces. */
  readonly labels: string;
  /** Requests by HTTP status code. */
  readonly codes: ReadonlyMap<number, number>;
  /** Requests no longer than the bound of the same place, watches aside. */
  readonly buckets: readonly number[];
  /** All of these. */
  readonly count: number;
  /** Their time, in seconds. */
  readonly sum_s: number;
}

/** What has been asked of one cluster so far. */
export class RequestMetrics {
  readonly #series = new Map<string, Series>();

  /** Counts one request. Those on resources that are not served share one series. */
  observe(info: RequestInfo, code: number, duration_ms: number): void {
    const series = this.#find(info, code);
    series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
    if (info.verb === "watch") return;
    const seconds = duration_ms / 1000;
    series.count++;
    series.sum_s += seconds;
    for (let i = BUCKETS_S.length - 1; i >= 0 && seconds <= BUCKETS_S[i]!; i--) {
      series.buckets[i]!++;
    }
  }

  /** The upper ends of the buckets, in seconds. */
  get bounds_s(): readonly number[] {
    return BUCKETS_S;
  }

  /** The counts as they are now. */
  series(): Iterable<RequestSeries> {
    return this.#series.values();
  }

  #find(info: RequestInfo, code: number): Series {
    const known = info.resourceRequest && code !== 404 && code !== 405;
    const verb = VERBS[info.verb] ?? (info.resourceRequest ? "other" : "GET");
    let key = known
      ? `${info.group}|${info.version}|${info.resource}|${info.subresource}|${verb}`
      : `|||${info.resourceRequest ? "" : pathLabel(info.path)}|${verb}`;
    if (!this.#series.has(key) && this.#series.size >= SERIES_MAX) key = "||||other";
    let series = this.#series.get(key);
    if (series === undefined) {
      this.#series.set(key, series = newSeries(key, info));
    }
    return series;
  }

  /** The counts in Prometheus' text format. */
  text(): string {
    const lines: string[] = [];
    const total = "apiserver_request_total";
    lines.push(
      `# HELP ${total} [STABLE] Counter of apiserver requests broken out for each verb, ` +
        "dry run value, group, version, resource, scope, component, and HTTP response code.",
      `# TYPE ${total} counter`,
    );
    for (const { labels, codes } of this.#series.values()) {
      for (const [code, count] of codes) lines.push(`${total}{code="${code}",${labels}} ${count}`);
    }
    const duration = "apiserver_request_duration_seconds";
    lines.push(
      `# HELP ${duration} [STABLE] Response latency distribution in seconds for each verb, ` +
        "dry run value, group, version, resource, subresource, scope and component.",
      `# TYPE ${duration} histogram`,
    );
    for (const series of this.#series.values()) {
      if (series.count === 0) continue;
      const { labels, buckets, count, sum_s } = series;
      BUCKETS_S.forEach((bound, i) => {
        lines.push(`${duration}_bucket{${labels},le="${bound}"} ${buckets[i]}`);
      });
      lines.push(
        `${duration}_bucket{${labels},le="+Inf"} ${count}`,
        `${duration}_sum{${labels}} ${sum_s}`,
        `${duration}_count{${labels}} ${count}`,
      );
    }
    return lines.join("\n") + "\n";
  }
}

function pathLabel(path: string): string {
  const [, first = ""] = path.split("/", 2);
  return PATHS.has(first) ? `/${first}` : "";
}

function newSeries(key: string, info: RequestInfo): Series {
  const [group, version, resource, subresource, verb] = key.split("|");
  const scope = !info.resourceRequest
    ? ""
    : info.pathName !== ""
    ? "resource"
    : info.namespacedPath
    ? "namespace"
    : "cluster";
  return {
    labels:
      `component="${
        group === "" && resource === "" ? "" : "apiserver"
      }",dry_run="",group="${group}",resource="${resource}",` +
      `scope="${scope}",subresource="${subresource}",verb="${verb}",version="${version}"`,
    codes: new Map(),
    buckets: new Array(BUCKETS_S.length).fill(0),
    count: 0,
    sum_s: 0,
  };
}
