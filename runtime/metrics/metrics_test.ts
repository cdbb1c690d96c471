import { assertEquals } from "@std/assert";
import { Counter, Gauge, Histogram, metricsText } from "./metrics.ts";

Deno.test("metricsText() writes counters, gauges and histograms", () => {
  const counter = new Counter({ name: "c_total", help: "Counts\nthings.", labels: ["a", "b"] });
  counter.add(["x", 'q"\\']);
  counter.add(["x", 'q"\\'], 2);
  const gauge = new Gauge({ name: "g", help: "Goes." });
  gauge.set(3);
  gauge.add(-1);
  const asked = new Gauge({ name: "h_total", help: "Asked." }, () => 7, "counter");
  const absent = new Gauge({ name: "i", help: "Absent." }, () => undefined);
  const histogram = new Histogram({ name: "d_seconds", help: "Takes.", labels: ["a"] }, [0.1, 1]);
  for (const value of [0.05, 0.5, 5]) histogram.observe(value, ["x"]);
  assertEquals(
    metricsText([counter, gauge, asked, absent, histogram]),
    [
      "# HELP c_total Counts\\nthings.",
      "# TYPE c_total counter",
      'c_total{a="x",b="q\\"\\\\"} 3',
      "# HELP g Goes.",
      "# TYPE g gauge",
      "g 2",
      "# HELP h_total Asked.",
      "# TYPE h_total counter",
      "h_total 7",
      "# HELP d_seconds Takes.",
      "# TYPE d_seconds histogram",
      'd_seconds_bucket{a="x",le="0.1"} 1',
      'd_seconds_bucket{a="x",le="1"} 2',
      'd_seconds_bucket{a="x",le="+Inf"} 3',
      'd_seconds_sum{a="x"} 5.55',
      'd_seconds_count{a="x"} 3',
      "",
    ].join("\n"),
  );
});

Deno.test("Counter keeps to its limit of series", () => {
  const counter = new Counter({ name: "c", help: "C.", labels: ["a"], series_max: 2 });
  for (const label of ["1", "2", "3", "4", "1"]) counter.add([label]);
  assertEquals([...counter.lines()].slice(2), ['c{a="1"} 2', 'c{a="2"} 1', 'c{a="other"} 2']);
});
