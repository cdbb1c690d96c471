// Every attack in small, by seed: the process stays up, both clusters answer
// afterwards, the bystander all the time, and memory comes back.

import { assert, assertEquals } from "@std/assert";
import { ATTACKS } from "./attacks.ts";
import { Ground } from "./ground.ts";
import { HALF_OPEN } from "./half_open.ts";

const SEEDS = [1];
const SILENT = 100;
// What one attack of these sizes can have the server hold is many times as much.
const LEFT_BYTES_MAX = 60 * 1024 * 1024;

Deno.test("A cluster's address outlives attacks, and so do the other clusters of the process", async (t) => {
  await using ground = await Ground.open();
  const before = await ground.holding();
  for (const attack of Object.keys(ATTACKS)) {
    await t.step(attack, async () => {
      const { refused } = await ground.witnessed(async () => {
        for (const seed of SEEDS) await ground.order({ attack, seed, count: 1 });
      });
      assertEquals(refused, 0);
      assert(await ground.answers("attacked"));
    });
  }
  for (const open of Object.keys(HALF_OPEN)) {
    await t.step(`half open: ${open}`, async () => {
      const { refused } = await ground.witnessed(async () => {
        assertEquals(await ground.order({ open, count: SILENT }), SILENT);
        assert(await ground.answers("attacked"));
        await ground.order("let go");
      });
      assertEquals(refused, 0);
    });
  }
  await t.step("memory comes back", async () => {
    let after = await ground.holding();
    for (let i = 0; i < 20 && after.heapUsed > before.heapUsed + LEFT_BYTES_MAX; i++) {
      await new Promise((next) => setTimeout(next, 200));
      after = await ground.holding();
    }
    assert(after.heapUsed <= before.heapUsed + LEFT_BYTES_MAX, `${after.heapUsed} bytes are held`);
  });
});
