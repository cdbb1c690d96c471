// What has been asked of all workload clusters, under the names of the
// in-memory provider. The clusters count for themselves; this adds their
// names. With very many clusters the later ones are told together as
// `other`, so that nobody has to read millions of lines.

import type { ApiServer } from "../apiserver/mod.ts";
import type { RequestSeries } from "../apiserver/http/metrics.ts";
import type { FakeFleet } from "./fake_fleet.ts";
import type { Clock } from "../runtime/clock.ts";
import { Histogram, type Metric, metricHead, metricLabels } from "../runtime/metrics/mod.ts";

const SERIES_MAX = 10_000;

/** Requests at all API servers of a fleet, and how many clusters it has. */
export function fleetMetrics(fleet: FakeFleet): readonly Metric[] {
  return [
    { lines: () => totals(fleet) },
    { lines: () => durations(fleet) },
    { lines: () => clusters(fleet) },
  ];
}

/** Calls to the etcds of a fleet, and what a fleet tells of them. */
export interface EtcdMetrics {
  /** The fleet's `observeEtcd`. */
  observe(cluster: string, method: string): () => void;
  /** The fleet's `onRemoved`: the counts of a cluster go with it. */
  forget(cluster: string): void;
  readonly metric: Metric;
}

/** Counts calls to the etcds of a fleet. */
export function etcdMetrics(clock: Clock): EtcdMetrics {
  const metric = new Histogram({
    name: "inmemory_etcd_request_duration_seconds",
    help: "Latency of unary calls to the etcds of workload clusters in seconds.",
    labels: ["cluster_name", "grpc_method"],
    series_max: SERIES_MAX,
  }, [0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]);
  // A call that ends when its cluster is gone is that cluster's, not one's of the same name that came after it.
  const lives = new Map<string, object>();
  return {
    metric,
    observe(cluster, method) {
      const begun_ms = clock.now();
      let life = lives.get(cluster);
      if (life === undefined) lives.set(cluster, life = {});
      return () => {
        if (lives.get(cluster) !== life) return;
        metric.observe((clock.now() - begun_ms) / 1000, [cluster, method]);
      };
    },
    forget(cluster) {
      lives.delete(cluster);
      metric.forget((labels) => labels[0] === cluster);
    },
  };
}

interface Named extends RequestSeries {
  readonly cluster: string;
}

const TOTAL = {
  name: "inmemory_apiserver_request_total",
  help: "Requests to the API servers of workload clusters, by verb, resource, cluster and code.",
};
const DURATION = {
  name: "inmemory_apiserver_request_duration_seconds",
  help: "Response latency of the API servers of workload clusters in seconds; watches aside.",
};
const CLUSTERS = { name: "inmemory_clusters", help: "Workload clusters, by whether they listen." };

function* totals(fleet: FakeFleet): Iterable<string> {
  yield* metricHead(TOTAL, "counter");
  for (const { cluster, labels, codes } of seriesOf(fleet)) {
    for (const [code, count] of codes) {
      const all = metricLabels(["cluster_name", "code"], [cluster, String(code)]);
      yield `${TOTAL.name}${all.slice(0, -1)},${labels}} ${count}`;
    }
  }
}

function* durations(fleet: FakeFleet): Iterable<string> {
  yield* metricHead(DURATION, "histogram");
  const { name } = DURATION;
  const bounds = boundsOf(fleet);
  for (const { cluster, labels, buckets, count, sum_s } of seriesOf(fleet)) {
    if (count === 0) continue;
    const all = `${metricLabels(["cluster_name"], [cluster]).slice(0, -1)},${labels}`;
    for (const [i, bound] of bounds.entries()) {
      yield `${name}_bucket${all},le="${bound}"} ${buckets[i]}`;
    }
    yield `${name}_bucket${all},le="+Inf"} ${count}`;
    yield `${name}_sum${all}} ${sum_s}`;
    yield `${name}_count${all}} ${count}`;
  }
}

function* clusters(fleet: FakeFleet): Iterable<string> {
  yield* metricHead(CLUSTERS, "gauge");
  let serving = 0;
  const names = fleet.clusters;
  for (const name of names) if (fleet.isServing(name)) serving++;
  yield `${CLUSTERS.name}{serving="true"} ${serving}`;
  yield `${CLUSTERS.name}{serving="false"} ${names.length - serving}`;
}

function boundsOf(fleet: FakeFleet): readonly number[] {
  for (const server of servers(fleet).values()) return server.requests.bounds_s;
  return [];
}

function servers(fleet: FakeFleet): Map<string, ApiServer> {
  const found = new Map<string, ApiServer>();
  for (const name of fleet.clusters) {
    const server = fleet.server(name);
    if (server !== undefined) found.set(name, server);
  }
  return found;
}

function* seriesOf(fleet: FakeFleet): Iterable<Named> {
  const others = new Map<string, Sum>();
  let left = SERIES_MAX;
  for (const [cluster, server] of servers(fleet)) {
    for (const series of server.requests.series()) {
      if (left-- > 0) {
        yield { ...series, cluster };
        continue;
      }
      const sum = others.get(series.labels);
      if (sum === undefined) others.set(series.labels, new Sum(series));
      else sum.add(series);
    }
  }
  yield* others.values();
}

/** Series of equal labels in several clusters. */
class Sum implements Named {
  readonly cluster = "other";
  readonly labels: string;
  readonly codes: Map<number, number>;
  readonly buckets: number[];
  count: number;
  sum_s: number;

  constructor({ labels, codes, buckets, count, sum_s }: RequestSeries) {
    this.labels = labels;
    this.codes = new Map(codes);
    this.buckets = [...buckets];
    this.count = count;
    this.sum_s = sum_s;
  }

  add({ codes, buckets, count, sum_s }: RequestSeries): void {
    for (const [code, more] of codes) this.codes.set(code, (this.codes.get(code) ?? 0) + more);
    for (const [i, more] of buckets.entries()) this.buckets[i] = (this.buckets[i] ?? 0) + more;
    this.count += count;
    this.sum_s += sum_s;
  }
}
