// From the start of a process to its first answer through TLS: what every
// run of a test suite or a script that starts `capim serve` waits for.

import type { Bench, Row } from "./main.ts";
import { openLoad } from "./load.ts";
import { type MeasuredServer, measuredServers } from "./servers.ts";

const RUNS = 7;

/** Starts each server several times; the first start of a version compiles and does not count. */
export const firstAnswer: Bench = {
  name: "start",
  title: "From the start of the process to the first answer through TLS",
  async run({ quick }) {
    const rows: Row[] = [];
    for (const start of measuredServers()) {
      const times: number[] = [];
      const cpu: number[] = [];
      let name = "";
      for (let i = 0; i < (quick ? 4 : RUNS); i++) {
        const begin_ms = performance.now();
        await using server = await start();
        await ask(server);
        name = server.name;
        if (i === 0) continue;
        times.push(performance.now() - begin_ms);
        cpu.push(server.cpuSeconds() * 1000);
      }
      rows.push({
        server: name,
        "ms to first answer": Math.round(Math.min(...times)),
        "median ms": Math.round(median(times)),
        "CPU ms": Math.round(median(cpu)),
      });
    }
    return rows;
  },
};

async function ask({ access }: MeasuredServer): Promise<void> {
  await using load = await openLoad(access, "h1", 1);
  const status = await load.lanes[0]!.send({ method: "GET", path: "/version" });
  if (status !== 200) throw new Error(`GET /version got ${status}`);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
