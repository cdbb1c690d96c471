import { assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  bits,
  boolean,
  content,
  context,
  integer,
  items,
  oid,
  sequence,
  text,
  time,
} from "./der.ts";

Deno.test("DER values are written as X.690 says", () => {
  const cases: [Buffer, string][] = [
    [oid("1.2.840.113549.1.1.11"), "06092a864886f70d01010b"],
    [oid("2.5.29.15"), "0603551d0f"],
    [boolean(true), "0101ff"],
    [integer(Buffer.from([2])), "020102"],
    [bits(Buffer.from([0xa0]), 5), "030205a0"],
    [text("a b"), "1303612062"],
    [text("ä"), "0c02c3a4"],
    [time(Date.UTC(2049, 11, 31, 23, 59, 59)), "170d3439313233313233353935395a"],
    [time(Date.UTC(2050, 0, 1)), "180f32303530303130313030303030305a"],
    [context(2, "a"), "820161"],
    [context(0, [boolean(false)]), "a003010100"],
    [sequence(), "3000"],
  ];
  for (const [value, expected] of cases) assertEquals(value.toString("hex"), expected);
});

Deno.test("content() and items() read what has been written, however long", () => {
  for (const size of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const value = integer(Buffer.alloc(size, 7));
    assertEquals(content(value).length, size);
    assertEquals(items(sequence(value, boolean(true))), [value, boolean(true)]);
    assertThrows(() => items(sequence(value).subarray(0, -1)), RangeError);
  }
});
