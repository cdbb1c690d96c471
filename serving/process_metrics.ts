// What the process itself costs, under the names that Prometheus' client
// libraries give.

import process from "node:process";
import type { Clock } from "../runtime/clock.ts";
import { Gauge, type Metric } from "../runtime/metrics/mod.ts";

/** CPU, memory, open files and age of this process. */
export function processMetrics(clock: Clock): readonly Metric[] {
  const started_s = clock.now() / 1000;
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    new Gauge({ name, help }, read);
  const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const cpuHelp = "Total user and system CPU time spent in seconds.";
  const { memoryUsage } = Deno;
  return [
    new Gauge({ name: "process_cpu_seconds_total", help: cpuHelp }, cpu, "counter"),
    gauge(
      "process_resident_memory_bytes",
      "Resident memory size in bytes.",
      () => memoryUsage().rss,
    ),
    gauge("process_open_fds", "Number of open file descriptors.", openFiles),
    gauge(
      "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      () => started_s,
    ),
    gauge(
      "v8_heap_used_bytes",
      "Bytes of the JavaScript heap in use.",
      () => memoryUsage().heapUsed,
    ),
    gauge(
      "v8_heap_total_bytes",
      "Bytes of the JavaScript heap taken from the system.",
      () => memoryUsage().heapTotal,
    ),
  ];
}

/** Known on Linux only. */
function openFiles(): number | undefined {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return undefined;
  }
}
