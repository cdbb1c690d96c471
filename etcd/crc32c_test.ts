import { assertEquals } from "@std/assert";
import { Crc32c } from "./crc32c.ts";

Deno.test("Crc32c.digest() gives the checksums of RFC 3720, however the bytes are cut", () => {
  const cases: [bytes: Uint8Array, crc: number][] = [
    [new Uint8Array(0), 0],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ];
  for (const [bytes, crc] of cases) {
    assertEquals(new Crc32c().update(bytes).digest(), crc);
    const cut = new Crc32c().update(bytes.subarray(0, 5)).update(bytes.subarray(5));
    assertEquals(cut.digest(), crc);
  }
});
