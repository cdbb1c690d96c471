// What one more cluster costs: time to start it and write two objects, memory
// that stays, open files; and whether every one of them can be reached.

import type { Place } from "./cluster_row.ts";
import type { Bench, Row } from "./main.ts";

const COUNTS = [1, 100, 1_000, 10_000];
const PLACES: readonly Place[] = ["in process", "listener"];
const FLEETS: readonly Place[] = ["fleet, port", "fleet, sni", "fleet, path"];
const FLEET_COUNT = 10_000;
/** Beside one for each listener: what a process has open anyway. */
const OTHER_FILES = 200;

/** Clusters one after the other in a process for each row, with a Namespace and a ConfigMap each. */
export const emptyClusters: Bench = {
  name: "empty",
  title: "One more cluster, with a Namespace and a ConfigMap",
  async run({ quick }) {
    const rows: Row[] = [];
    const counts = quick ? COUNTS.slice(1) : COUNTS;
    for (const place of PLACES) for (const count of counts) rows.push(await row(place, count));
    for (const place of FLEETS) rows.push(await row(place, FLEET_COUNT));
    return rows;
  },
};

async function row(place: Place, count: number): Promise<Row> {
  const files = await openFilesMax();
  if ((place === "listener" || place === "fleet, port") && files < count + OTHER_FILES) {
    // deno-lint-ignore no-console -- a program's output
    console.error(
      `empty: ${count} listeners need as many open files and ${files} are allowed; run "ulimit -n ${
        count + OTHER_FILES
      }" before`,
    );
    return { where: place, clusters: count, "answered through TLS": "too few open files" };
  }
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--v8-flags=--expose-gc",
      new URL("cluster_row.ts", import.meta.url).pathname,
      place,
      String(count),
    ],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`The row of ${count} clusters (${place}) ended early`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function openFilesMax(): Promise<number> {
  const limits = await Deno.readTextFile("/proc/self/limits");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
}
