import { assertThrows } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import { LoopGuard } from "./loop_guard.ts";

Deno.test("Controllers that go on at one moment are stopped, others are not", async () => {
  const clock = new VirtualClock();
  let stopped = 0;
  const guard = new LoopGuard(clock, () => stopped++, 3);
  for (let i = 0; i < 9; i++) {
    guard.reconciled("patient");
    await clock.advance(1);
  }
  guard.check();
  for (let i = 0; i < 4; i++) guard.reconciled(i === 0 ? "one" : "other");
  assertThrows(() => guard.check(), Error, "without time passing: one 1, other 3");
  if (stopped !== 1) throw new Error(`stopped ${stopped} times`);
});
