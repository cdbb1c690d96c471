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
    gauge(
      "process_virtual_memory_bytes",
      "Virtual memory size in bytes.",
      () => numberIn("/proc/self/status", /^VmSize:\s+(\d+) kB$/m, 1024),
    ),
    gauge(
      "process_virtual_memory_max_bytes",
      "Maximum amount of virtual memory available in bytes.",
      () => numberIn("/proc/self/limits", /^Max address space +(\S+)/m),
    ),
    gauge("process_open_fds", "Number of open file descriptors.", openFiles),
    gauge(
      "process_max_fds",
      "Maximum number of open file descriptors.",
      () => numberIn("/proc/self/limits", /^Max open files +(\S+)/m),
    ),
    octets("receive", "Number of bytes received by the process over the network.", 0),
    octets("transmit", "Number of bytes sent by the process over the network.", 1),
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

// As Go's client: what has no limit has the largest one.
const UNLIMITED = 2 ** 64;

/** A number in one of Linux' files about this process; elsewhere there is none. */
function numberIn(path: string, expression: RegExp, unit = 1): number | undefined {
  const text = expression.exec(readProc(path))?.[1];
  if (text === undefined) return undefined;
  return text === "unlimited" ? UNLIMITED : Number(text) * unit;
}

/** Bytes over all interfaces of the process' network namespace: `InOctets` and `OutOctets`. */
function octets(way: string, help: string, place: 0 | 1): Metric {
  const read = () => {
    const [names, values] = readProc("/proc/self/net/netstat").split("\n").filter((line) =>
      line.startsWith("IpExt:")
    ).map((line) => line.split(" "));
    const column = names?.indexOf(place === 0 ? "InOctets" : "OutOctets") ?? -1;
    return column < 0 ? undefined : Number(values?.[column]);
  };
  return new Gauge({ name: `process_network_${way}_bytes_total`, help }, read, "counter");
}

function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Known on Linux only. */
function openFiles(): number | undefined {
  try {
    return [...Deno.readDirSync("/proc/self/fd")].length;
  } catch {
    return undefined;
  }
}
