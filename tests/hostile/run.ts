// Every attack in full on one cluster of a process, while a client of another
// cluster of it is served. Prints a line for each: how long the bystander's
// answers took meanwhile (median/99th percentile/worst, in milliseconds) on a
// connection that it kept and on new ones, the victim's processor time, and
// what its process holds afterwards. Exit code 1 when the process went down,
// a cluster did not answer, an answer of the bystander took too long, or
// memory or open files did not return. At last another process is flooded
// until it reaches the ceiling of its memory.
// Usage: deno run -A tests/hostile/run.ts [SCALE [NAME]]   default 1: thousands of connections
// Needs a limit of 11,000 open files (`ulimit -n`) for all half-open connections; with less, fewer are opened.

import { ATTACKS } from "./attacks.ts";
import { reachCeiling } from "./ceiling.ts";
import { Ground } from "./ground.ts";
import { HALF_OPEN } from "./half_open.ts";
import type { Latency } from "./witness.ts";

const SILENT = 10_000;
const COUNT = 2_000;
const HELD_MS = 3_000;
/** What all attacks may leave behind in the heap, and in resident memory: allocators keep some of what they once had. */
const LEFT_BYTES_MAX = 150 * 1024 * 1024;
const LEFT_RESIDENT_BYTES_MAX = 200 * 1024 * 1024;
/** So long after the last attack memory is given back to the system. */
const RETURN_MS = 15_000;
const LEFT_HANDLES_MAX = 20;
/** A bystander may wait so long, on a machine that does other things as well. */
const WORST_MS_MAX = 3_000;

const scale = Number(Deno.args[0] ?? 1);
const only = Deno.args[1] ?? "";
const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** How many connections a process may have open. */
async function affordable(wanted: number): Promise<number> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  const limit = Number(new TextDecoder().decode(stdout).trim());
  return Number.isNaN(limit) ? wanted : Math.min(wanted, limit - 500);
}

function shown({ median_ms, p99_ms, worst_ms, answers }: Latency): string {
  return `${[median_ms, p99_ms, worst_ms].map(Math.round).join("/")} of ${answers}`;
}

await using ground = await Ground.open();
await ground.witnessed(() => new Promise((next) => setTimeout(next, 2_000)));
const before = await ground.holding();
print(
  `before: ${mebibytes(before.rss)} resident, ${mebibytes(before.heapUsed)} of heap, ` +
    `${before.handles} files`,
);
let [passed, failed, cpu_s] = [0, 0, before.cpu_s];

function judge(ok: boolean, line: string): void {
  if (ok) passed++;
  else failed++;
  print(`${ok ? "ok     " : "FAILED "} ${line}`);
}

async function attack(name: string, act: () => Promise<void>): Promise<void> {
  if (!name.includes(only)) return;
  const begin = performance.now();
  const { kept, fresh, refused } = await ground.witnessed(act);
  const took = ((performance.now() - begin) / 1000).toFixed(1);
  const alive = await ground.answers("attacked") && await ground.answers("bystander");
  const holding = await ground.holding();
  const worst_ms = Math.max(kept.worst_ms, fresh.worst_ms);
  judge(
    alive && refused === 0 && worst_ms < WORST_MS_MAX,
    `${name}: ${took} s, bystander ${shown(kept)}, new connections ${shown(fresh)}` +
      `${refused === 0 ? "" : `, ${refused} refused`}; ${
        (holding.cpu_s - cpu_s).toFixed(1)
      } s of ` +
      `CPU, longest turn ${Math.round(holding.turn_ms)} ms, ${mebibytes(holding.rss)} resident, ${
        mebibytes(holding.heapUsed)
      } of heap, ` +
      `${holding.handles} files`,
  );
  cpu_s = holding.cpu_s;
}

await attack("nothing at all", () => new Promise((next) => setTimeout(next, HELD_MS)));
for (const name of Object.keys(ATTACKS)) {
  const light = name.includes("not read") || name.includes("giant") || name.includes("slow") ||
    name.includes("end");
  const many = name.includes("resets") || name.includes("flood") || name.includes("pings and");
  const count = Math.ceil((many ? 100 : light ? 0.1 : 1) * COUNT * scale);
  await attack(`${name} (${count})`, async () => {
    await ground.order({ attack: name, seed: 1, count });
  });
}
const silent = await affordable(Math.ceil(SILENT * scale));
for (const open of Object.keys(HALF_OPEN)) {
  await attack(`${silent} half open: ${open}`, async () => {
    const opened = await ground.order({ open, count: silent });
    const { rss, handles } = await ground.holding();
    print(`        ${opened} of them open, ${mebibytes(rss)} resident, ${handles} files`);
    await new Promise((next) => setTimeout(next, HELD_MS));
    await ground.order("let go");
    await new Promise((next) => setTimeout(next, 1_000));
  });
}
await new Promise((next) => setTimeout(next, RETURN_MS));
const after = await ground.holding();
judge(
  after.heapUsed <= before.heapUsed + LEFT_BYTES_MAX &&
    after.rss <= before.rss + LEFT_RESIDENT_BYTES_MAX &&
    after.handles <= before.handles + LEFT_HANDLES_MAX,
  `after: ${mebibytes(after.rss)} resident, ${mebibytes(after.heapUsed)} of heap, ` +
    `${after.handles} files`,
);
const CEILING = "the ceiling of memory";
if (CEILING.includes(only)) {
  const connections = Math.ceil(200 * scale);
  const seen = await reachCeiling({ mebibytes: 100, connections });
  const { refused, served, recovered_ms } = seen;
  judge(
    refused.every(({ status, retryAfter }) => status === 429 && retryAfter === "1") &&
      served.every((status) => status < 300) && recovered_ms !== undefined,
    `${CEILING}: lists and watches ${refused.map(({ status }) => status).join()}, ` +
      `reads and writes ${served.join()}; all served again after ${
        Math.round(recovered_ms ?? NaN)
      } ms, ` +
      `${seen.rss.map(mebibytes).join(", ")} resident before, then and afterwards`,
  );
}
print(`${passed} passed, ${failed} failed`);
Deno.exitCode = failed === 0 ? 0 : 1;
