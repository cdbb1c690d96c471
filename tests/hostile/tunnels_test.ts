// The tunnels in small: what they went through is gone soon after them.

import { assert, assertEquals } from "@std/assert";
import { Ground } from "./ground.ts";
import { TunnelLoad } from "./tunnel_load.ts";

const WARM = 50;
const COUNT = 200;
// A tunnel whose connection is kept costs forty thousand bytes.
const LEFT_BYTES_MAX = COUNT * 12_000;

Deno.test("A cluster's address keeps nothing of tunnels that are over", async () => {
  await using ground = await Ground.open();
  const load = new TunnelLoad(ground.targets.attacked);
  await load.run(WARM);
  await new Promise((next) => setTimeout(next, 2_000));
  const before = await ground.holding();
  await load.run(WARM + COUNT);
  assertEquals(load.failed, 0);
  let left = Infinity;
  for (let i = 0; i < 20 && left > LEFT_BYTES_MAX; i++) {
    await new Promise((next) => setTimeout(next, 200));
    left = (await ground.holding()).heapUsed - before.heapUsed;
  }
  assert(left <= LEFT_BYTES_MAX, `${left} bytes are held`);
});
