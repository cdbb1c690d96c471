import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { constants, createDeflate, deflateSync } from "node:zlib";
import { HEADER_DICTIONARY } from "./dictionary.ts";
import { HeaderReader, HeaderWriter, parseHeaders } from "./headers.ts";
import { SpdyError } from "./spdy_error.ts";

Deno.test("HEADER_DICTIONARY is the one that the standard's checksum is of", () => {
  let [a, b] = [1, 0];
  for (const byte of HEADER_DICTIONARY) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  assertEquals(HEADER_DICTIONARY.length, 1423);
  assertEquals(((b << 16) | a) >>> 0, 0xe3c6a7c2);
});

Deno.test("HeaderReader reads what zlib compressed with the dictionary, one block after the other", async () => {
  // Two blocks of one stream, as the first two streams of a port forwarder have them.
  const blocks = [
    "78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c60646c6e09a4398b20d198094ade8c0600000000ffff",
    "c2aa19540e2512d60b000000ffff",
  ];
  const reader = new HeaderReader();
  const read = [];
  for (const block of blocks) read.push({ ...await reader.read(Buffer.from(block, "hex")) });
  assertEquals(read, [
    { streamtype: "error", port: "2379", requestid: "0" },
    { streamtype: "data", port: "2379", requestid: "0" },
  ]);
  reader.close();
});

Deno.test("HeaderReader reads what HeaderWriter writes", async () => {
  const [reader, writer] = [new HeaderReader(), new HeaderWriter()];
  for (const headers of [{}, { a: "b" }, {}, { long: "x".repeat(20_000), "á": "ß" }]) {
    assertEquals({ ...await reader.read(writer.write(headers)) }, headers);
  }
  reader.close();
});

Deno.test("HeaderReader refuses blocks that are larger than their limit, and goes no further", async () => {
  const reader = new HeaderReader();
  const bomb = deflateSync(Buffer.alloc(50_000_000));
  await assertRejects(() => reader.read(bomb), SpdyError, "larger than");
  await assertRejects(() => reader.read(bomb), SpdyError);
});

Deno.test("HeaderReader refuses what is not compressed", async () => {
  const reader = new HeaderReader();
  await assertRejects(() => reader.read(Buffer.from("GET / HTTP/1.1")), SpdyError);
  await assertRejects(() => reader.read(Buffer.from("GET / HTTP/1.1")), SpdyError);
  reader.close();
});

Deno.test("HeaderReader.close() ends a read that waits", async () => {
  const reader = new HeaderReader();
  reader.close();
  await assertRejects(() => reader.read(Buffer.alloc(3)), SpdyError);
});

function block(...parts: (number | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => {
    if (typeof part === "string") return Buffer.from(part);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(part);
    return bytes;
  }));
}

Deno.test("parseHeaders() takes names in any case and joins values", () => {
  const read = parseHeaders(block(2, 4, "Port", 2, "80", 1, "x", 3, "a\0b"));
  assertEquals({ ...read }, { port: "80", x: "a, b" });
});

const BROKEN: [name: string, bytes: Buffer][] = [
  ["nothing", block()],
  ["a count alone", block(1)],
  ["a count that is too high", block(0xffffffff)],
  ["a name that is cut short", block(1, 9, "abc")],
  ["a name without a value", block(1, 3, "abc")],
  ["a length beyond the end", block(1, 3, "abc", 0xffffffff, "x")],
  ["an empty name", block(1, 0, 1, "x")],
  ["a name twice", block(2, 1, "a", 1, "x", 1, "A", 1, "x")],
  ["bytes that are left over", block(0, 0)],
];
for (const [name, bytes] of BROKEN) {
  Deno.test(`parseHeaders() refuses ${name}`, () => {
    assertThrows(() => parseHeaders(bytes), SpdyError);
  });
}

Deno.test("HeaderReader reads streams that were compressed without the dictionary", async () => {
  const deflate = createDeflate();
  const parts: Buffer[] = [];
  deflate.on("data", (part: Buffer) => parts.push(part));
  deflate.write(block(1, 4, "port", 2, "80"));
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  const reader = new HeaderReader();
  assertEquals({ ...await reader.read(Buffer.concat(parts)) }, { port: "80" });
  reader.close();
  deflate.close();
});
