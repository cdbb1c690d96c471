import { assert, assertEquals } from "@std/assert";
import { simulate } from "./simulation.ts";

const own = Deno.env.get("SEED");
const seeds = own === undefined ? [1, 2, 3] : [Number(own)];
const steps = Number(Deno.env.get("STEPS") ?? 900);

for (const seed of seeds) {
  Deno.test(`a cluster's life from seed ${seed} keeps every promise`, async () => {
    const { writes, events } = await simulate({ seed, steps });
    assert(writes > 0 && events > 0);
  });
}

Deno.test("simulate() does the same for the same seed", async () => {
  const [first, second] = [
    await simulate({ seed: 7, steps: 300 }),
    await simulate({ seed: 7, steps: 300 }),
  ];
  assertEquals(first.digest, second.digest);
});
