import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { VirtualClock } from "../../../../runtime/clock.ts";
import { PatchWork } from "./patch_work.ts";

Deno.test("PatchWork gives others their turn after a while", async () => {
  let turns = 0;
  const clock = Object.assign(new VirtualClock(), {
    soon(callback: () => void) {
      turns++;
      queueMicrotask(callback);
    },
  });
  const work = new PatchWork(clock);
  for (let i = 0; i < 1000; i++) await work.turn();
  assertEquals(turns, 5);
  work.render("{{ range until 30000 }}{{ end }}", new Map());
  await work.turn();
  assertEquals(turns, 6, "what templates do counts, too");
});

Deno.test("PatchWork ends what takes too much", async () => {
  const message = "the patches of a Cluster may not take more than 5000 steps";
  const clock = new VirtualClock();
  const many = new PatchWork(clock, 5000);
  await assertRejects(
    async () => {
      for (let i = 0; i < 1000; i++) await many.turn();
    },
    Error,
    message,
  );
  const long = new PatchWork(clock, 5000);
  const variables = new Map([["a", "x".repeat(20_000)]]);
  assertEquals(long.render("{{ len .a }}", variables), "20000");
  assertEquals(long.render("{{ len .a }}", variables), "20000");
  assertThrows(() => long.render("{{ len .a }}", variables), Error, message);
});
