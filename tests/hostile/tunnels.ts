// Opens and ends many tunnels to a pod, by SPDY and by WebSocket in turn, each
// with a connection through it; prints what the process holds before, on the
// way and after. Exit code 1 when a tunnel failed or memory grew with them.
// Usage: deno run -A tests/hostile/tunnels.ts [COUNT]   default 10000

import { Buffer } from "node:buffer";
import { openForwarder } from "../../apiserver/tunnel/_port_forward_client.ts";
import { Ground } from "./ground.ts";

const AT_ONCE = 20;
/** What ten thousand tunnels may leave behind; a leak of a stream each would be ten times as much. */
const LEFT_BYTES_MAX = 16 * 1024 * 1024;
// A record of TLS that is none: the server hangs up.
const NONSENSE = Buffer.from("no TLS at all\r\n\r\n");

const count = Number(Deno.args[0] ?? 10_000);
await using ground = await Ground.open();
const { host, port, ...credentials } = ground.targets.attacked;
const caller = { url: `https://${host}:${port}`, ...credentials };
let [next, failed] = [0, 0];

async function tunnel(i: number): Promise<void> {
  const kind = i % 2 === 0 ? "spdy" : "websocket";
  const forwarder = await openForwarder(caller, "kube-system", "kube-apiserver-m-0", kind);
  const { data } = forwarder.dial(6443);
  const over = new Promise<void>((resolve) => {
    for (const event of ["end", "close", "error"]) data.once(event, () => resolve());
  });
  data.resume();
  data.end(NONSENSE);
  await over;
  forwarder.connection.close();
}

async function worker(until: number): Promise<void> {
  while (next < until) await tunnel(next++).catch(() => void failed++);
}

async function say(what: string): Promise<number> {
  await new Promise((later) => setTimeout(later, 3_000));
  const { rss, heapUsed } = await ground.memory();
  const [resident, heap] = [rss, heapUsed].map((bytes) => (bytes / 1024 / 1024).toFixed(1));
  const line = `${what}: ${resident} MiB resident, ${heap} MiB of heap\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
  return heapUsed;
}

async function run(until: number): Promise<number> {
  await Promise.all(Array.from({ length: AT_ONCE }, () => worker(until)));
  return await say(`after ${next} tunnels, ${failed} of them failed`);
}

await say("before");
const warm = await run(Math.ceil(count / 10));
await run(Math.ceil(count / 2));
const left = await run(count) - warm;
if (failed > 0 || left > LEFT_BYTES_MAX) Deno.exitCode = 1;
