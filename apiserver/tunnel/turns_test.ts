import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import { Turns } from "./turns.ts";

Deno.test("Turns come one after the other, those of other names at once", async () => {
  const clock = new VirtualClock();
  const turns = new Turns({ clock, turn_ms: 100, waiting_max: 8 });
  const begun: string[] = [];
  const take = async (name: string, who: string) => {
    const end = await turns.take(name);
    begun.push(who);
    return end;
  };
  const first = take("a", "a1");
  const second = take("a", "a2");
  const third = take("a", "a3");
  await take("b", "b1");
  assertEquals(begun, ["a1", "b1"]);
  const end = await first;
  end();
  end();
  await second;
  await clock.advance(0);
  assertEquals(begun, ["a1", "b1", "a2"]);
  await clock.advance(100);
  await third;
  assertEquals(begun, ["a1", "b1", "a2", "a3"]);
});

Deno.test("Turns keep no more than so many waiting", async () => {
  const turns = new Turns({ clock: new VirtualClock(), turn_ms: 100, waiting_max: 2 });
  const taken = Array.from({ length: 3 }, () => turns.take("a"));
  // Were it to wait this would not come back.
  await turns.take("a");
  for (const turn of taken) (await turn)();
  await turns.take("a");
});
