// Opens and ends many tunnels to a pod, by SPDY and by WebSocket in turn, each
// with a connection through it; prints what the process holds before, on the
// way and after. Exit code 1 when a tunnel failed or memory grew with them.
// Usage: deno run -A tests/hostile/tunnels.ts [COUNT]   default 10000

import { Ground } from "./ground.ts";
import { TunnelLoad } from "./tunnel_load.ts";

/** What ten thousand tunnels may leave behind; a leak of a stream each would be ten times as much. */
const LEFT_BYTES_MAX = 16 * 1024 * 1024;

const count = Number(Deno.args[0] ?? 10_000);
await using ground = await Ground.open();
const load = new TunnelLoad(ground.targets.attacked);

async function say(what: string): Promise<number> {
  await new Promise((later) => setTimeout(later, 3_000));
  const { rss, heapUsed, handles } = await ground.holding();
  const [resident, heap] = [rss, heapUsed].map((bytes) => (bytes / 1024 / 1024).toFixed(1));
  const line = `${what}: ${resident} MiB resident, ${heap} MiB of heap, ${handles} files\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
  return heapUsed;
}

async function run(until: number): Promise<number> {
  await load.run(until);
  return await say(`after ${load.begun} tunnels, ${load.failed} of them failed`);
}

await say("before");
const warm = await run(Math.ceil(count / 10));
await run(Math.ceil(count / 2));
const left = await run(count) - warm;
if (load.failed > 0 || left > LEFT_BYTES_MAX) Deno.exitCode = 1;
