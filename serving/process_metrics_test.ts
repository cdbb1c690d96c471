import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../runtime/clock.ts";
import { metricsText } from "../runtime/metrics/mod.ts";
import { processMetrics } from "./process_metrics.ts";

Deno.test("processMetrics() has on Linux all that Prometheus' client for Go has", () => {
  const text = metricsText(processMetrics(systemClock));
  const values = new Map(
    text.split("\n").filter((line) => /^[a-z]/.test(line)).map((line) => {
      const [name = "", value] = line.split(" ");
      return [name, Number(value)] as const;
    }),
  );
  for (const value of values.values()) assert(value >= 0);
  if (Deno.build.os !== "linux") return;
  assertEquals([...values.keys()].filter((name) => name.startsWith("process_")).sort(), [
    "process_cpu_seconds_total",
    "process_max_fds",
    "process_network_receive_bytes_total",
    "process_network_transmit_bytes_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
  ]);
  const of = (name: string) => values.get(`process_${name}`) ?? 0;
  assert(of("virtual_memory_bytes") > of("resident_memory_bytes"));
  assert(of("max_fds") > of("open_fds"));
});
