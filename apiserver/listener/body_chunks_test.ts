import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../../runtime/random.ts";
import { BodyChunks } from "./body_chunks.ts";

Deno.test("BodyChunks gives what came, whatever its pieces were", () => {
  const random = new SeededRandom(1);
  for (let round = 0; round < 200; round++) {
    const chunks = new BodyChunks();
    const all: number[] = [];
    for (let i = Math.floor(random.next() * 20); i > 0; i--) {
      const piece = Uint8Array.from(
        { length: Math.floor(random.next() * 300) },
        () => Math.floor(random.next() * 256),
      );
      all.push(...piece);
      chunks.add(piece);
      piece.fill(0);
    }
    assertEquals(chunks.length, all.length);
    assertEquals([...chunks.whole()], all);
    assert(chunks.held <= 2 * all.length);
  }
});

Deno.test("BodyChunks takes few blocks for many pieces, and no more than it needs for one", () => {
  const chunks = new BodyChunks();
  const buffer = new Uint8Array(64 * 1024);
  for (let i = 0; i < 3_000_000; i += 1_000) chunks.add(buffer.subarray(0, 1_000));
  assert(chunks.held < 3_300_000);
  const one = new BodyChunks();
  one.add(buffer.subarray(0, 10));
  assertEquals([one.held, one.whole().buffer.byteLength], [10, 10]);
});
