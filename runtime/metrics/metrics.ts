// Counters, gauges and histograms with labels, and their text for
// Prometheus. Each has a limit on its combinations of labels: what comes
// beyond is counted under `other`. Source: the Prometheus text exposition
// format 0.0.4.

/** The values of a metric's labels, in the order of their names. */
export type LabelValues = readonly string[];

/** What every metric says of itself. */
export interface MetricOptions {
  /** Such as `workqueue_depth`. */
  readonly name: string;
  /** A sentence. */
  readonly help: string;
  /** The names of the labels. */
  readonly labels?: readonly string[];
  /** Combinations of label values at most; default 1,000. */
  readonly series_max?: number;
}

/** Something that has lines to show. */
export interface Metric {
  /** Lines of the text format, without ends of line. */
  lines(): Iterable<string>;
}

const SERIES_MAX = 1000;

/** Series by label values. */
class Series<T> {
  readonly #make: () => T;
  readonly #max: number;
  readonly #values = new Map<string, { readonly labels: LabelValues; readonly value: T }>();

  constructor(make: () => T, max: number) {
    this.#make = make;
    this.#max = max;
  }

  of(labels: LabelValues): T {
    const key = labels.join("\n");
    const present = this.#values.get(key);
    if (present !== undefined) return present.value;
    if (this.#values.size >= this.#max && labels.some((label) => label !== "other")) {
      return this.of(labels.map(() => "other"));
    }
    const value = this.#make();
    this.#values.set(key, { labels: [...labels], value });
    return value;
  }

  forget(gone: (labels: LabelValues) => boolean): void {
    for (const [key, { labels }] of this.#values) if (gone(labels)) this.#values.delete(key);
  }

  [Symbol.iterator](): IterableIterator<{ readonly labels: LabelValues; readonly value: T }> {
    return this.#values.values();
  }
}

interface Cell {
  value: number;
}

/** The comments that stand before a metric's lines. */
export function metricHead({ name, help }: MetricOptions, type: string): string[] {
  const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return [`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`];
}

/** `{a="b",c="d"}`, or nothing when there are no labels. */
export function metricLabels(names: readonly string[], values: LabelValues): string {
  if (names.length === 0) return "";
  const pairs = names.map((name, i) => `${name}="${escape(values[i] ?? "")}"`);
  return `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** A count that only grows. */
export class Counter implements Metric {
  readonly #options: MetricOptions;
  readonly #series: Series<Cell>;

  /** At zero. */
  constructor(options: MetricOptions) {
    this.#options = options;
    this.#series = new Series(() => ({ value: 0 }), options.series_max ?? SERIES_MAX);
  }

  /** Counts. */
  add(labels: LabelValues = [], count = 1): void {
    this.#series.of(labels).value += count;
  }

  /** Lines of the text format. */
  *lines(): Iterable<string> {
    const { name, labels: names = [] } = this.#options;
    yield* metricHead(this.#options, "counter");
    for (const { labels, value } of this.#series) {
      yield `${name}${metricLabels(names, labels)} ${value.value}`;
    }
  }
}

/** A value that goes up and down: set, or asked for when somebody looks. */
export class Gauge implements Metric {
  readonly #options: MetricOptions;
  readonly #type: "gauge" | "counter";
  readonly #series: Series<Cell>;
  readonly #read: (() => number | undefined) | undefined;

  /** With `read` it has no labels and is asked for; `type` is what it claims to be, default `gauge`. */
  constructor(
    options: MetricOptions,
    read?: () => number | undefined,
    type: "gauge" | "counter" = "gauge",
  ) {
    this.#options = options;
    this.#read = read;
    this.#type = type;
    this.#series = new Series(() => ({ value: 0 }), options.series_max ?? SERIES_MAX);
  }

  /** Sets it. */
  set(value: number, labels: LabelValues = []): void {
    this.#series.of(labels).value = value;
  }

  /** Changes it. */
  add(change: number, labels: LabelValues = []): void {
    this.#series.of(labels).value += change;
  }

  /** Lines of the text format. */
  *lines(): Iterable<string> {
    const { name, labels: names = [] } = this.#options;
    const read = this.#read?.();
    if (this.#read !== undefined && read === undefined) return;
    yield* metricHead(this.#options, this.#type);
    if (read !== undefined) yield `${name} ${read}`;
    for (const { labels, value } of this.#series) {
      yield `${name}${metricLabels(names, labels)} ${value.value}`;
    }
  }
}

interface Distribution {
  readonly buckets: number[];
  count: number;
  sum: number;
}

/** How values are distributed over buckets. */
export class Histogram implements Metric {
  readonly #options: MetricOptions;
  readonly #bounds: readonly number[];
  readonly #series: Series<Distribution>;

  /** `bounds` are the upper ends of the buckets, ascending. */
  constructor(options: MetricOptions, bounds: readonly number[]) {
    this.#options = options;
    this.#bounds = bounds;
    const make = () => ({ buckets: bounds.map(() => 0), count: 0, sum: 0 });
    this.#series = new Series(make, options.series_max ?? SERIES_MAX);
  }

  /** Drops the series of what is gone. */
  forget(gone: (labels: LabelValues) => boolean): void {
    this.#series.forget(gone);
  }

  /** Takes values of one series in: for who has many. */
  series(labels: LabelValues): (value: number) => void {
    const series = this.#series.of(labels);
    return (value) => this.#add(series, value);
  }

  /** Takes a value in. */
  observe(value: number, labels: LabelValues = []): void {
    this.#add(this.#series.of(labels), value);
  }

  #add(series: Distribution, value: number): void {
    series.count++;
    series.sum += value;
    for (let i = this.#bounds.length - 1; i >= 0 && value <= (this.#bounds[i] ?? 0); i--) {
      series.buckets[i] = (series.buckets[i] ?? 0) + 1;
    }
  }

  /** Lines of the text format. */
  *lines(): Iterable<string> {
    const { name, labels: names = [] } = this.#options;
    yield* metricHead(this.#options, "histogram");
    for (const { labels, value } of this.#series) {
      const { buckets, count, sum } = value;
      const bounded = [...names, "le"];
      for (const [i, bound] of this.#bounds.entries()) {
        yield `${name}_bucket${metricLabels(bounded, [...labels, boundText(bound)])} ${buckets[i]}`;
      }
      yield `${name}_bucket${metricLabels(bounded, [...labels, "+Inf"])} ${count}`;
      yield `${name}_sum${metricLabels(names, labels)} ${sum}`;
      yield `${name}_count${metricLabels(names, labels)} ${count}`;
    }
  }
}

/** A bucket's bound as Go writes it: who adds up the buckets of several processes compares these texts. */
function boundText(bound: number): string {
  if (bound === 0 || bound >= 1e-4) return String(bound);
  return bound.toExponential().replace(/e-(\d)$/, "e-0$1");
}

/** The text of some metrics. */
export function metricsText(metrics: Iterable<Metric>): string {
  const lines: string[] = [];
  for (const metric of metrics) for (const line of metric.lines()) lines.push(line);
  return `${lines.join("\n")}\n`;
}
