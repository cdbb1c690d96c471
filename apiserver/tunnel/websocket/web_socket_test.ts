import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { connectedPair } from "../connected_pair.ts";
import { SeededRandom } from "../../../runtime/random.ts";
import { Opcode, WebSocketError, webSocketFrame, WebSocketFrameReader } from "./frames.ts";
import { acceptHeaders, handshakeFault, offeredProtocols } from "./handshake.ts";
import { WebSocketConnection } from "./web_socket.ts";
import { WebSocketDuplex } from "./web_socket_duplex.ts";
import type { HttpRequest } from "../../http/types.ts";

const MASK = Buffer.from([1, 2, 3, 4]);
const mask = () => MASK;
const NO_HEAD = new Uint8Array(0);

function request(headers: Record<string, string>, method = "GET"): HttpRequest {
  return {
    method,
    target: "/",
    headers,
    body: () => Promise.resolve(NO_HEAD),
    signal: new AbortController().signal,
    remoteAddress: "",
  };
}

Deno.test("acceptHeaders() answers the example of RFC 6455, and protocols that are no tokens", () => {
  const headers = acceptHeaders(
    request({ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" }),
    "SPDY/3.1+portforward.k8s.io",
  );
  assertEquals(headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  assertEquals(headers["sec-websocket-protocol"], "SPDY/3.1+portforward.k8s.io");
  const offered = request({ "sec-websocket-protocol": "a,SPDY/3.1+b ,  c" });
  assertEquals(offeredProtocols(offered), ["a", "SPDY/3.1+b", "c"]);
});

Deno.test("handshakeFault() names what is missing", () => {
  const good = { "sec-websocket-key": "x", "sec-websocket-version": "13" };
  assertEquals(handshakeFault(request(good)), undefined);
  assertEquals(handshakeFault(request(good, "POST")), "method");
  assertEquals(handshakeFault(request({ "sec-websocket-version": "13" })), "key");
  assertEquals(handshakeFault(request({ "sec-websocket-key": "x" })), "version");
});

function messages(bytes: Buffer, cut: number): string[] {
  const reader = new WebSocketFrameReader({ masked: true, frameBytes_max: 1_000_000 });
  const found: string[] = [];
  let text = "";
  for (let at = 0; at < bytes.length; at += cut) {
    reader.push(Buffer.from(bytes.subarray(at, at + cut)));
    for (let piece = reader.next(); piece !== undefined; piece = reader.next()) {
      if (piece.first) text = "";
      text += piece.payload.toString();
      if (piece.last) found.push(`${piece.opcode} ${text.length > 20 ? text.length : text}`);
    }
  }
  return found;
}

Deno.test("WebSocketFrameReader reads messages however they are cut", () => {
  const fragment = webSocketFrame(Opcode.binary, Buffer.from("in "), MASK);
  fragment[0] = Opcode.binary;
  const bytes = Buffer.concat([
    webSocketFrame(Opcode.text, Buffer.from("hello"), MASK),
    fragment,
    webSocketFrame(Opcode.continuation, Buffer.from("parts"), MASK),
    webSocketFrame(Opcode.binary, Buffer.alloc(0), MASK),
    webSocketFrame(Opcode.binary, Buffer.alloc(300), MASK),
    webSocketFrame(Opcode.binary, Buffer.alloc(70_000), MASK),
  ]);
  for (const cut of [1, 2, 7, 1000, bytes.length]) {
    assertEquals(messages(bytes, cut), ["1 hello", "2 in parts", "2 ", "2 300", "2 70000"]);
  }
});

const BROKEN: [name: string, code: number, bytes: number[]][] = [
  ["frames without a mask", 1002, [0x82, 0x01, 0]],
  ["extensions", 1002, [0xc2, 0x80]],
  ["kinds of frames that are not there", 1002, [0x83, 0x80]],
  ["continuations of nothing", 1002, [0x80, 0x80]],
  ["control frames in parts", 1002, [0x09, 0x80]],
  ["control frames that are long", 1002, [0x89, 0xfe]],
  ["frames that are too large", 1009, [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]],
];
for (const [name, code, bytes] of BROKEN) {
  Deno.test(`WebSocketFrameReader refuses ${name}`, () => {
    const reader = new WebSocketFrameReader({ masked: true, frameBytes_max: 1_000_000 });
    reader.push(Buffer.from(bytes));
    const error = assertThrows(() => reader.next(), WebSocketError) as WebSocketError;
    assertEquals(error.code, code);
  });
}

Deno.test("WebSocketFrameReader takes anything or throws a WebSocketError: 3000 seeds", () => {
  for (let seed = 0; seed < 3000; seed++) {
    const random = new SeededRandom(seed);
    const reader = new WebSocketFrameReader({ masked: true, frameBytes_max: 100 });
    try {
      for (let i = 0; i < 20; i++) {
        const length = Math.floor(random.next() * 12);
        reader.push(Buffer.from(Array.from({ length }, () => Math.floor(random.next() * 256))));
        while (reader.next() !== undefined);
      }
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
    }
  }
});

Deno.test("WebSocketConnection answers pings and agrees on the end", async () => {
  const [near, far] = connectedPair();
  const server = new WebSocketConnection(far, NO_HEAD);
  const reader = new WebSocketFrameReader({ masked: false, frameBytes_max: 1000 });
  near.write(webSocketFrame(Opcode.ping, Buffer.from("are you there"), MASK));
  near.write(webSocketFrame(Opcode.close, Buffer.from([0x03, 0xe8]), MASK));
  for await (const _ of server.pieces()) throw new Error("Nothing was sent");
  for await (const chunk of near) reader.push(chunk as Buffer);
  assertEquals(reader.next()?.payload.toString(), "are you there");
  assertEquals(reader.next()?.payload.readUInt16BE(), 1000);
});

Deno.test("WebSocketConnection tells a peer what it did wrong", async () => {
  const [near, far] = connectedPair();
  const server = new WebSocketConnection(far, NO_HEAD);
  near.write(Buffer.from([0x82, 0x01, 0]));
  await assertRejects(() => server.pieces().next(), WebSocketError);
  const reader = new WebSocketFrameReader({ masked: false, frameBytes_max: 1000 });
  for await (const chunk of near) reader.push(chunk as Buffer);
  const close = reader.next();
  assertEquals([close?.opcode, close?.payload.readUInt16BE()], [Opcode.close, 1002]);
});

Deno.test("WebSocketDuplex carries bytes both ways to their end", async () => {
  const [near, far] = connectedPair();
  const server = new WebSocketDuplex(new WebSocketConnection(far, NO_HEAD));
  const client = new WebSocketDuplex(new WebSocketConnection(near, NO_HEAD, { mask }));
  server.pipe(server);
  client.write(Buffer.alloc(500_000, "x"));
  let size = 0;
  for await (const chunk of client) {
    size += (chunk as Buffer).length;
    if (size === 500_000) client.end();
  }
  assertEquals(size, 500_000);
});
