import { assertEquals } from "@std/assert";
import { SeededRandom } from "../runtime/random.ts";
import { inRange, type KeyRange } from "./bytes.ts";
import { KeyRanges } from "./key_ranges.ts";

Deno.test("KeyRanges keeps ranges apart and in order", () => {
  const ranges = new KeyRanges();
  ranges.add([{ from: "m", to: "p" }, { from: "a", to: "c" }, { from: "z", to: "a" }]);
  ranges.add([{ from: "b", to: "d" }, { from: "d", to: "e" }]);
  assertEquals(ranges.ranges, [{ from: "a", to: "e" }, { from: "m", to: "p" }]);
  ranges.add([{ from: "n" }]);
  assertEquals(ranges.ranges, [{ from: "a", to: "e" }, { from: "m" }]);
});

Deno.test("KeyRanges.has() says what looking at each range would: 300 seeds", () => {
  const keys = [..."abcdefghij"];
  for (let seed = 0; seed < 300; seed++) {
    const random = new SeededRandom(seed);
    const key = () => keys[Math.floor(random.next() * keys.length)] as string;
    const all: KeyRange[] = [];
    const ranges = new KeyRanges();
    for (let i = 0; i < 4; i++) {
      const some = Array.from(
        { length: Math.floor(random.next() * 3) },
        () => random.next() < 0.1 ? { from: key() } : { from: key(), to: key() },
      );
      ranges.add(some);
      all.push(...some);
      const held = keys.filter((one) => ranges.has(one));
      const wanted = keys.filter((one) => all.some((range) => inRange(one, range)));
      assertEquals(held, wanted, `seed ${seed}`);
    }
  }
});
