// What attacks are made with: raw and TLS connections to a cluster's address,
// frames of HTTP/2 by hand, and upgrades to tunnels. Nothing here is polite.

import { Buffer } from "node:buffer";
import net from "node:net";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { SocketReading } from "../../apiserver/listener/socket_reading.ts";

/** A cluster to be attacked, and its administrator's certificate. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly authority: string;
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

/** Where an attack goes, and from which address of this machine: any, if it does not matter. */
export type Aim = Target & { readonly from?: string };

/** Opens a TCP connection. */
export function connectTcp({ host, port, from }: Aim): Promise<net.Socket> {
  const socket = net.connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  return opened(socket, "connect") as Promise<net.Socket>;
}

/** What TLS goes over. */
const carriers = new WeakMap<Duplex, net.Socket>();

/** Opens a TLS connection that speaks `protocol`. */
export async function connectTls(target: Aim, protocol: "h2" | "http/1.1"): Promise<Duplex> {
  const { authority, certificate, key } = target;
  const carrier = await connectTcp(target);
  const socket = tls.connect({
    socket: carrier,
    servername: "",
    ca: authority,
    cert: certificate,
    key,
    ALPNProtocols: [protocol],
  });
  carriers.set(socket, carrier);
  return await opened(socket, "secureConnect");
}

/** Takes nothing of what comes from now on, not even from TCP: a stream that is paused does. */
export function leaveUnread(socket: Duplex): void {
  const reading = new SocketReading(carriers.get(socket) ?? socket);
  if (carriers.has(socket)) reading.secure(socket);
  reading.hold();
}

function opened(socket: Duplex, event: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("The connection is over")));
  });
}

/** Reads and forgets until the other side ends, but for no longer than this. */
export async function drain(socket: Duplex, ms: number): Promise<"ended" | "open"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = new Promise<"open">((resolve) => timer = setTimeout(() => resolve("open"), ms));
  const ended = new Promise<"ended">((resolve) => {
    for (const event of ["end", "close", "error"]) socket.once(event, () => resolve("ended"));
    if (socket.destroyed) resolve("ended");
    socket.resume();
  });
  const outcome = await Promise.race([ended, open]);
  clearTimeout(timer);
  return outcome;
}

/** Writes, as fast as it is taken; `false` once the other side has gone or takes nothing more. */
export function send(socket: Duplex, bytes: Uint8Array, ms = 2_000): Promise<boolean> {
  if (socket.destroyed || !socket.writable) return Promise.resolve(false);
  if (socket.write(bytes)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(false), ms);
    const done = (taken: boolean) => {
      clearTimeout(timer);
      socket.removeListener("drain", drained);
      socket.removeListener("close", closed);
      resolve(taken);
    };
    const drained = () => done(true);
    const closed = () => done(false);
    socket.once("drain", drained);
    socket.once("close", closed);
  });
}

/** What every connection of HTTP/2 begins with, and empty settings. */
export const PREFACE: Buffer = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  http2Frame(4, 0, 0, Buffer.alloc(0)),
]);

/** A frame of HTTP/2. */
export function http2Frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A block of headers, each as a literal that is not indexed. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(headers)) {
    parts.push(Buffer.from([0]), hpackText(name), hpackText(value));
  }
  return Buffer.concat(parts);
}

function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length: number[] = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** The headers of a GET. */
export function getHeaders({ host, port }: Target, path: string): Record<string, string> {
  return { ":method": "GET", ":scheme": "https", ":authority": `${host}:${port}`, ":path": path };
}

const POD_PATH = "/api/v1/namespaces/kube-system/pods/kube-apiserver-m-0/portforward";
const UPGRADES = {
  spdy: ["POST", "Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: portforward.k8s.io"],
  tunnel: [
    "GET",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io",
  ],
  channels: [
    "GET",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: v4.channel.k8s.io",
  ],
} as const;

/** Opens a tunnel to a pod's ports; the connection stands behind the server's 101. */
export async function openTunnel(target: Target, kind: keyof typeof UPGRADES): Promise<Duplex> {
  const socket = await connectTls(target, "http/1.1");
  const [method, ...headers] = UPGRADES[kind];
  const query = kind === "channels" ? "?port=6443" : "";
  const lines = [`Host: ${target.host}`, "Connection: Upgrade", ...headers];
  socket.write(`${method} ${POD_PATH}${query} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  const head = await new Promise<string>((resolve) => {
    socket.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1")));
    socket.once("close", () => resolve(""));
  });
  if (!head.startsWith("HTTP/1.1 101")) throw new Error(`No tunnel: ${head.split("\r\n")[0]}`);
  return socket;
}
