// Connections that begin and do not go on, by how far they get.

import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { connectTcp, connectTls, leaveUnread, PREFACE, send, type Target } from "./connections.ts";
import { get, LISTS, listWithout, WIDE_OPEN } from "./http2_requests.ts";

/** Opens one; `i` counts them. */
export type HalfOpen = (target: Target, i: number) => Promise<Duplex>;

const AT_ONCE = 100;
const LISTS_EACH = 10;
/** One address of the client has some 28,000 ports, and keeps those of yesterday's connections for a while. */
const ADDRESSES = 8;

function tcp(target: Target, i: number): Promise<Duplex> {
  return connectTcp({ ...target, from: `127.0.0.${2 + i % ADDRESSES}` });
}

function secure(target: Target, i: number, protocol: "h2" | "http/1.1"): Promise<Duplex> {
  return connectTls({ ...target, from: `127.0.0.${2 + i % ADDRESSES}` }, protocol);
}

/** The record that TLS begins with, as a client of today sends it, and whole. */
function hello(): Buffer {
  const extensions = Buffer.from(
    [
      "002b 0005 04 0304 0303", // supported_versions
      "000a 0006 0004 001d 0017", // supported_groups
      "000d 000a 0008 0403 0804 0401 0503", // signature_algorithms
      "0033 0002 0000", // key_share, of none yet
    ].join("").replaceAll(" ", ""),
    "hex",
  );
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0, 0, 4, 0x13, 1, 0xc0, 0x2b, 1, 0]),
    Buffer.from([extensions.length >> 8, extensions.length & 255]),
    extensions,
  ]);
  const message = Buffer.concat([Buffer.from([1, 0, body.length >> 8, body.length & 255]), body]);
  return Buffer.concat([
    Buffer.from([22, 3, 1, message.length >> 8, message.length & 255]),
    message,
  ]);
}

const HELLO = hello();

async function after(opening: Promise<Duplex>, bytes: Buffer | string): Promise<Duplex> {
  const socket = await opening;
  await send(socket, Buffer.from(bytes as string));
  return socket;
}

/** The sorts of them. */
export const HALF_OPEN: Readonly<Record<string, HalfOpen>> = {
  "TCP and silence": tcp,
  "half a ClientHello": (target, i) => after(tcp(target, i), HELLO.subarray(0, 40)),
  "ClientHello and silence": (target, i) => after(tcp(target, i), HELLO),
  "TLS (h2) and silence": (target, i) => secure(target, i, "h2"),
  "TLS (http/1.1) and silence": (target, i) => secure(target, i, "http/1.1"),
  "half a request's head": (target, i) =>
    after(secure(target, i, "http/1.1"), "GET /api HTTP/1.1\r\nHost: x\r\nX: "),
  "HTTP/2 preface and silence": (target, i) => after(secure(target, i, "h2"), PREFACE),
};

/** A connection that asks for lists that nobody else asks for, and takes nothing of them. */
async function unreadLists(target: Target, i: number): Promise<Duplex> {
  const socket = await secure(target, i, "h2");
  leaveUnread(socket);
  await send(socket, WIDE_OPEN);
  for (let j = 0; j < LISTS_EACH; j++) {
    await send(socket, get(target, 2 * j + 1, listWithout((LISTS_EACH * i + j) % LISTS)));
  }
  return socket;
}

/** Connections that hold something of the server's. */
export const HELD: Readonly<Record<string, HalfOpen>> = { "lists that are not read": unreadLists };

/** Opens so many. Those that the server does not let in are missing. */
export async function openHalf(target: Target, open: HalfOpen, count: number): Promise<Duplex[]> {
  const sockets: Duplex[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const socket = await open(target, next++).catch(() => undefined);
      // Flowing, so that the other side's end is heard of.
      if (socket !== undefined) sockets.push(socket.resume());
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
  return sockets;
}
