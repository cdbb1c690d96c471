// Every attack in small, by seed: the process stays up, both clusters answer
// afterwards, the bystander all the time, and memory comes back.

import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../../runtime/random.ts";
import { ATTACKS, openSilent } from "./attacks.ts";
import { Ground } from "./ground.ts";

const SEEDS = [1];
const HALF_OPEN = 300;
// What one attack of these sizes can have the server hold is many times as much.
const LEFT_BYTES_MAX = 60 * 1024 * 1024;

Deno.test("A cluster's address outlives attacks, and so do the other clusters of the process", async (t) => {
  await using ground = await Ground.open();
  const before = await ground.memory();
  for (const [name, attack] of Object.entries(ATTACKS)) {
    await t.step(name, async () => {
      const { refused } = await ground.watchBystander(async () => {
        for (const seed of SEEDS) {
          await attack(ground.targets.attacked, new SeededRandom(seed), 1);
        }
      });
      assertEquals(refused, 0);
      assert(await ground.answers("attacked"));
    });
  }
  await t.step("connections that say nothing", async () => {
    const { refused } = await ground.watchBystander(async () => {
      const sockets = await openSilent(ground.targets.attacked, HALF_OPEN, true);
      assertEquals(sockets.length, HALF_OPEN);
      assert(await ground.answers("attacked"));
      for (const socket of sockets) socket.destroy();
    });
    assertEquals(refused, 0);
  });
  await t.step("memory comes back", async () => {
    let after = await ground.memory();
    for (let i = 0; i < 20 && after.heapUsed > before.heapUsed + LEFT_BYTES_MAX; i++) {
      await new Promise((next) => setTimeout(next, 200));
      after = await ground.memory();
    }
    assert(after.heapUsed <= before.heapUsed + LEFT_BYTES_MAX, `${after.heapUsed} bytes are held`);
  });
});
