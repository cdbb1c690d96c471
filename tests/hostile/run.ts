// Every attack in full on one cluster of a process, while another cluster of
// it is asked whether it still answers. Prints a line for each attack: how
// long it took, the slowest answer of the bystander meanwhile, and what the
// process holds afterwards. Exit code 1 when the process went down, a cluster
// did not answer, or memory did not return.
// Usage: deno run -A tests/hostile/run.ts [SCALE [NAME]]   default 1: thousands of connections
// Needs a limit of 25,000 open files (`ulimit -n`) for all half-open connections; with less, fewer are opened.

import { SeededRandom } from "../../runtime/random.ts";
import { ATTACKS, openSilent } from "./attacks.ts";
import { Ground } from "./ground.ts";

const SILENT = 10_000;
const COUNT = 2_000;
/** What an attack may leave behind: allocators keep some of what they once had. */
const LEFT_BYTES_MAX = 150 * 1024 * 1024;

const scale = Number(Deno.args[0] ?? 1);
const only = Deno.args[1] ?? "";
const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** How many connections this process may open. */
async function affordable(wanted: number): Promise<number> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  const limit = Number(new TextDecoder().decode(stdout).trim());
  return Number.isNaN(limit) ? wanted : Math.min(wanted, limit - 500);
}

await using ground = await Ground.open();
const before = await ground.memory();
say(`before: ${mebibytes(before.rss)} resident, ${mebibytes(before.heapUsed)} of heap`);
let failures = 0;

async function attack(name: string, act: () => Promise<void>): Promise<void> {
  if (!name.includes(only)) return;
  const begin = performance.now();
  const { slowest_ms, refused } = await ground.watchBystander(act);
  const took = ((performance.now() - begin) / 1000).toFixed(1);
  const alive = await ground.answers("attacked") && await ground.answers("bystander");
  const { rss, heapUsed } = await ground.memory();
  const ok = alive && refused === 0;
  if (!ok) failures++;
  say(
    `${ok ? "ok     " : "FAILED "} ${name}: ${took} s, bystander's slowest answer ` +
      `${Math.round(slowest_ms)} ms, afterwards ${mebibytes(rss)} resident, ${
        mebibytes(heapUsed)
      } of heap`,
  );
}

for (const [name, act] of Object.entries(ATTACKS)) {
  const random = new SeededRandom(1);
  const light = name.includes("not read") || name.includes("giant") || name.includes("slow") ||
    name.includes("end");
  const many = name.includes("resets") || name.includes("flood") || name.includes("pings and");
  const count = Math.ceil((many ? 100 : light ? 0.1 : 1) * COUNT * scale);
  await attack(`${name} (${count})`, () => act(ground.targets.attacked, random, count));
}
const silent = await affordable(Math.ceil(SILENT * scale));
for (const greet of [false, true]) {
  await attack(
    `${silent} connections that say nothing${greet ? ", half of them after TLS" : ""}`,
    async () => {
      const sockets = await openSilent(ground.targets.attacked, silent, greet);
      say(`        ${sockets.length} of them open`);
      await new Promise((next) => setTimeout(next, 3_000));
      for (const socket of sockets) socket.destroy();
      await new Promise((next) => setTimeout(next, 1_000));
    },
  );
}
await new Promise((next) => setTimeout(next, 3_000));
const after = await ground.memory();
say(`after: ${mebibytes(after.rss)} resident, ${mebibytes(after.heapUsed)} of heap`);
if (after.heapUsed > before.heapUsed + LEFT_BYTES_MAX) {
  say("FAILED memory did not return");
  failures++;
}
Deno.exitCode = failures === 0 ? 0 : 1;
