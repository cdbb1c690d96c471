import { assertThrows } from "@std/assert";
import { VirtualClock } from "../../../runtime/clock.ts";
import { RotationGuard } from "./rotation_guard.ts";

Deno.test("RotationGuard holds up a template that is replaced again and again, for a while", async () => {
  const clock = new VirtualClock();
  const guard = new RotationGuard(clock);
  for (let i = 0; i < 30; i++) guard.check("a", "T n/a");
  assertThrows(
    () => guard.check("a", "T n/a"),
    Error,
    "T n/a has been replaced 30 times within 60 s: ",
  );
  guard.check("b", "T n/b");
  await clock.advance(60_000);
  guard.check("a", "T n/a");
});
