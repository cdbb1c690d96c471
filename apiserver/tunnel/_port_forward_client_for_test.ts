// A client of port forwarding, for tests: HTTP/1.1 upgrades by hand over
// TLS, then SPDY, SPDY inside a WebSocket, or channels.

import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { connect, type ConnectionOptions } from "node:tls";
import { systemClock } from "../../runtime/clock.ts";
import { SpdyConnection } from "./spdy/spdy_connection.ts";
import type { SpdyStream } from "./spdy/spdy_stream.ts";
import { WebSocketConnection } from "./websocket/web_socket.ts";
import { WebSocketDuplex } from "./websocket/web_socket_duplex.ts";

/** Who asks where. */
export interface Caller {
  readonly url: string;
  /** Where to connect, when the URL names a host that no resolver knows; the server is still asked for by that name. */
  readonly address?: string;
  readonly authority: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The rest of the connection; after a 101 what was agreed on. */
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Sends a request and reads the headers of the answer. */
export async function ask(
  caller: Caller,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = "",
): Promise<Answer> {
  const { hostname, port } = new URL(caller.url);
  const options: ConnectionOptions = {
    host: caller.address ?? hostname,
    ...(caller.address === undefined ? {} : { servername: hostname }),
    port: Number(port),
    ca: caller.authority,
    ALPNProtocols: ["http/1.1"],
    ...(caller.certificate === undefined ? {} : { cert: caller.certificate }),
    ...(caller.key === undefined ? {} : { key: caller.key }),
  };
  const socket = connect(options);
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  let read: Buffer = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    read = Buffer.concat([read, chunk as Buffer]);
    const end = read.indexOf("\r\n\r\n");
    if (end < 0) continue;
    return { ...parseHead(read.toString("latin1", 0, end)), socket, head: read.subarray(end + 4) };
  }
  throw new Error("The connection ended before the answer's headers did");
}

function parseHead(text: string): Pick<Answer, "status" | "headers"> {
  const [first = "", ...lines] = text.split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(first.split(" ")[1]), headers };
}

/** Reads a stream to its end. */
export async function text(
  stream: AsyncIterable<unknown>,
  head: Buffer = Buffer.alloc(0),
): Promise<string> {
  const parts: Buffer[] = [head];
  for await (const chunk of stream) parts.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(parts).toString();
}

/** Headers that ask for SPDY. */
export const SPDY_HEADERS = {
  connection: "Upgrade",
  upgrade: "SPDY/3.1",
  "x-stream-protocol-version": "portforward.k8s.io",
};

/** Headers that ask for a WebSocket. */
export function webSocketHeaders(protocol: string): Record<string, string> {
  return {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...(protocol === "" ? {} : { "sec-websocket-protocol": protocol }),
  };
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** The client's side of a WebSocket that was agreed on. */
export function webSocketOf({ socket, head }: Answer): WebSocketConnection {
  return new WebSocketConnection(socket, head, { mask: () => MASK });
}

/** A forwarder that is open. */
export class Forwarder {
  readonly connection: SpdyConnection;
  #requests = 0;

  constructor(transport: Duplex, head: Uint8Array) {
    this.connection = new SpdyConnection(transport, head, { role: "client", clock: systemClock });
  }

  /** Opens a connection to a port. */
  dial(port: number): { data: SpdyStream; error: SpdyStream } {
    const headers = { port: String(port), requestid: String(this.#requests++) };
    const error = this.connection.openStream({ ...headers, streamtype: "error" });
    error.end();
    const data = this.connection.openStream({ ...headers, streamtype: "data" });
    return { data, error };
  }
}

/** Opens a forwarder to a pod, by SPDY or by SPDY inside a WebSocket. */
export async function openForwarder(
  caller: Caller,
  namespace: string,
  pod: string,
  kind: "spdy" | "websocket",
): Promise<Forwarder> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward`;
  const answer = kind === "spdy"
    ? await ask(caller, "POST", path, { ...SPDY_HEADERS, "content-length": "0" })
    : await ask(caller, "GET", path, webSocketHeaders("SPDY/3.1+portforward.k8s.io"));
  if (answer.status !== 101) {
    throw new Error(`${answer.status}: ${await text(answer.socket, answer.head)}`);
  }
  return kind === "spdy"
    ? new Forwarder(answer.socket, answer.head)
    : new Forwarder(new WebSocketDuplex(webSocketOf(answer)), new Uint8Array(0));
}
