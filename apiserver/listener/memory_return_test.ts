import { assertEquals } from "@std/assert";
import { VirtualClock } from "../../runtime/clock.ts";
import { MemoryReturn } from "./memory_return.ts";

const MIB = 1024 * 1024;

function started(possible = true) {
  const clock = new VirtualClock();
  const seen = { returned: 0, asked: 0 };
  const memory = new MemoryReturn({
    clock,
    platform() {
      seen.asked++;
      return possible ? () => Promise.resolve(void seen.returned++) : undefined;
    },
  });
  return { clock, seen, memory };
}

Deno.test("MemoryReturn gives memory back after much was held, and never else", async () => {
  const { clock, seen, memory } = started();
  for (const mib of [1, 20, 0]) memory.changed(mib * MIB);
  await clock.advance(100_000);
  assertEquals(seen, { returned: 0, asked: 0 });
  for (const mib of [40, 300, 20, 3, 0]) memory.changed(mib * MIB);
  await clock.advance(9_000);
  assertEquals(seen.returned, 0);
  await clock.advance(1_000);
  assertEquals(seen.returned, 1);
  await clock.advance(60_000);
  assertEquals(seen.returned, 2);
  await clock.advance(600_000);
  assertEquals(seen, { returned: 2, asked: 1 });
});

Deno.test("MemoryReturn waits until there is little again", async () => {
  const { clock, seen, memory } = started();
  for (const mib of [40, 0]) memory.changed(mib * MIB);
  await clock.advance(5_000);
  memory.changed(20 * MIB);
  await clock.advance(20_000);
  assertEquals(seen.returned, 0);
  memory.changed(0);
  await clock.advance(10_000);
  assertEquals(seen.returned, 1);
});

Deno.test("MemoryReturn gives memory back after many connections, and soon after later ones", async () => {
  const { clock, seen, memory } = started();
  const leave = (count: number) => {
    for (let i = 0; i < count; i++) memory.left();
  };
  leave(99);
  await clock.advance(100_000);
  assertEquals(seen.returned, 0);
  leave(1);
  await clock.advance(10_000);
  assertEquals(seen.returned, 1);
  // While it waits for the last garbage, others come and go.
  leave(100);
  await clock.advance(5_000);
  leave(100);
  await clock.advance(5_000);
  assertEquals(seen.returned, 2);
  await clock.advance(60_000);
  assertEquals(seen.returned, 3);
  await clock.advance(600_000);
  assertEquals(seen.returned, 3);
});

Deno.test("MemoryReturn asks a platform that cannot only once", async () => {
  const { clock, seen, memory } = started(false);
  for (let i = 0; i < 3; i++) {
    memory.changed(40 * MIB);
    memory.changed(0);
    await clock.advance(100_000);
  }
  assertEquals(seen, { returned: 0, asked: 1 });
});
