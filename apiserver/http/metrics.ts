// Counts of requests, for /metrics: kube-apiserver's own metric names with
// labels that clients cannot grow. Only the counting; their text is in
// request_metrics_text.ts. Source: k8s.io/apiserver endpoints/metrics.

import type { RequestInfo } from "./request_info.ts";
import { requestMetricsText } from "./request_metrics_text.ts";

// Beyond this many combinations of labels, requests count as `other`.
const SERIES_MAX = 2000;
// deno-fmt-ignore -- one line of numbers
const BUCKETS_S = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
const BUCKETS_BYTES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
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

/** How values are spread over buckets. */
export class Spread {
  /** The upper ends of the buckets, ascending. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  /** How many values there were. */
  count = 0;
  /** Of all values. */
  sum = 0;

  /** With nothing yet, or as much as another one with the same bounds. */
  constructor(bounds: readonly number[], other?: Spread) {
    this.bounds = bounds;
    this.#counts = other === undefined ? new Array(bounds.length + 1).fill(0) : [...other.#counts];
    this.count = other?.count ?? 0;
    this.sum = other?.sum ?? 0;
  }

  /** Takes a value in. */
  observe(value: number): void {
    let i = 0;
    while (i < this.bounds.length && value > this.bounds[i]!) i++;
    this.#counts[i]!++;
    this.count++;
    this.sum += value;
  }

  /** For each bound the number of values that are no greater. */
  get buckets(): number[] {
    let sum = 0;
    return this.bounds.map((_, i) => sum += this.#counts[i]!);
  }
}

/** What requests of one combination of labels have in common. */
export class RequestCounts {
  /** `name="value",…`, without braces. */
  readonly labels: string;
  /** API group. */
  readonly group: string;
  /** API version. */
  readonly version: string;
  /** Resource, plural. */
  readonly resource: string;
  /** Requests by HTTP status code. */
  readonly codes: Map<number, number> = new Map();
  /** How long they took, in seconds, watches aside. */
  readonly durations = new Spread(BUCKETS_S);
  /** The same without the time in which webhooks were waited for; made when that differs. */
  served: Spread | undefined;
  /** How large the answers were, in bytes, of reads. */
  sizes: Spread | undefined;
  /** Watches and tunnels that are open. */
  open = 0;
  /** Whether there has been one. */
  opened = false;
  /** Events sent to watches. */
  events = 0;

  /** Nothing yet. */
  constructor(labels: string, { group, version, resource }: ResourceNames) {
    this.labels = labels;
    this.group = group;
    this.version = version;
    this.resource = resource;
  }

  /** A watch or a tunnel begins. Answers what to call when it ends, once. */
  opening(): () => void {
    this.opened = true;
    this.open++;
    let ended = false;
    return () => {
      if (!ended) this.open--;
      ended = true;
    };
  }
}

type ResourceNames = Pick<RequestInfo, "group" | "version" | "resource">;

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

/** What is known of a request that has been answered. */
export interface RequestOutcome {
  /** HTTP status. */
  readonly code: number;
  /** How long it took. */
  readonly duration_ms: number;
  /** How long of that webhooks were waited for; absent: not at all. */
  readonly waited_ms?: number;
  /** How large the answer's body is; absent: not known. */
  readonly bytes?: number;
}

/** What has been asked of one cluster so far. */
export class RequestMetrics {
  readonly #series = new Map<string, RequestCounts>();

  /** Counts one request. Those on resources that are not served share one series, which is answered. */
  observe(info: RequestInfo, outcome: RequestOutcome): RequestCounts {
    const { code, duration_ms, waited_ms = 0, bytes } = outcome;
    const series = this.#find(info, code);
    series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
    if (info.verb === "watch") return series;
    const seconds = duration_ms / 1000;
    if (waited_ms > 0 && series.served === undefined) {
      series.served = new Spread(BUCKETS_S, series.durations);
    }
    series.durations.observe(seconds);
    series.served?.observe(Math.max(0, seconds - waited_ms / 1000));
    if (bytes !== undefined && (info.verb === "get" || info.verb === "list")) {
      series.sizes ??= new Spread(BUCKETS_BYTES);
      series.sizes.observe(bytes);
    }
    return series;
  }

  /** The upper ends of the buckets, in seconds. */
  get bounds_s(): readonly number[] {
    return BUCKETS_S;
  }

  /** The counts as they are now. */
  *series(): Iterable<RequestSeries> {
    for (const { labels, codes, durations: { buckets, count, sum } } of this.#series.values()) {
      yield { labels, codes, buckets, count, sum_s: sum };
    }
  }

  #find(info: RequestInfo, code: number): RequestCounts {
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
    return requestMetricsText([...this.#series.values()]);
  }
}

function pathLabel(path: string): string {
  const [, first = ""] = path.split("/", 2);
  return PATHS.has(first) ? `/${first}` : "";
}

function newSeries(key: string, info: RequestInfo): RequestCounts {
  const [group = "", version = "", resource = "", subresource, verb] = key.split("|");
  const scope = !info.resourceRequest
    ? ""
    : info.pathName !== ""
    ? "resource"
    : info.namespacedPath
    ? "namespace"
    : "cluster";
  const component = group === "" && resource === "" ? "" : "apiserver";
  return new RequestCounts(
    `component="${component}",dry_run="",group="${group}",resource="${resource}",` +
      `scope="${scope}",subresource="${subresource}",verb="${verb}",version="${version}"`,
    { group, version, resource },
  );
}
