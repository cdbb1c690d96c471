// Clients that cost little: one request after the other on each HTTP/1.1
// connection, or on each of several streams of HTTP/2 connections. Bodies of
// answers are read and thrown away, unless they are asked for.

import http2, { type ClientHttp2Session } from "node:http2";
import { installCrashGuard } from "../../runtime/crash_guard.ts";
import type { Access } from "./servers.ts";

/** A request. */
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** What clients made with client-go send: `gzip`. */
  readonly acceptEncoding?: string;
}

/** Sends one request at a time; resolves with the status code once the whole answer is there. */
export interface Lane {
  send(request: LoadRequest): Promise<number>;
}

/** Open connections. */
export interface Load extends AsyncDisposable {
  readonly lanes: readonly Lane[];
}

/** How requests travel. */
export type Protocol = "h1" | "h2";

/** As many streams as any server allows on a connection. */
const STREAMS_EACH = 100;

/** As golang.org/x/net/http2 opens them. */
const STREAM_WINDOW_BYTES = 4 << 20;
const WINDOW_BYTES = 1 << 30;

installCrashGuard();

/** Opens that many lanes: connections in HTTP/1.1, streams of a few connections in HTTP/2. */
export async function openLoad(access: Access, protocol: Protocol, lanes: number): Promise<Load> {
  if (protocol === "h1") {
    const connections = await Promise.all(
      Array.from({ length: lanes }, () => Http1Lane.open(access)),
    );
    return {
      lanes: connections,
      [Symbol.asyncDispose]() {
        for (const connection of connections) connection.close();
        return Promise.resolve();
      },
    };
  }
  const sessions = Array.from(
    { length: Math.ceil(lanes / STREAMS_EACH) },
    () => openSession(access),
  );
  return {
    lanes: Array.from({ length: lanes }, (_, i) => new Http2Lane(sessions[i % sessions.length]!)),
    async [Symbol.asyncDispose]() {
      await Promise.all(sessions.map(closeSession));
    },
  };
}

/** An HTTP/2 connection. */
export function openSession(access: Access): ClientHttp2Session {
  const session = http2.connect(`https://${access.host}:${access.port}`, {
    ca: access.authority,
    cert: access.certificate,
    key: access.key,
    settings: { initialWindowSize: STREAM_WINDOW_BYTES },
  });
  session.on("error", () => {});
  // Clients in Go let this much of all streams together be on its way.
  session.once("connect", () => session.setLocalWindowSize?.(WINDOW_BYTES));
  return session;
}

/** Ends it with everything on it. */
export function closeSession(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    session.once("close", () => resolve());
    session.destroy();
  });
}

/** Sends a request and answers its body as JSON. Throws unless the code is 2xx. */
export function sendJson(
  session: ClientHttp2Session,
  { method, path, body, contentType }: LoadRequest,
  // deno-lint-ignore no-explicit-any -- whatever the server answers
): Promise<any> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": method,
      ":path": path,
      ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
    });
    let status = 0;
    let text = "";
    stream.setEncoding("utf8");
    stream.on("response", (headers) => status = headers[":status"] ?? 0);
    stream.on("data", (chunk: string) => text += chunk);
    stream.on("error", reject);
    stream.on("end", () => {
      if (status < 300) resolve(JSON.parse(text));
      else reject(new Error(`${method} ${path} got ${status}: ${text.slice(0, 300)}`));
    });
    stream.end(body);
  });
}

class Http2Lane implements Lane {
  readonly #session: ClientHttp2Session;

  constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  send({ method, path, body, contentType, acceptEncoding }: LoadRequest): Promise<number> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ":method": method,
        ":path": path,
        ...(acceptEncoding === undefined ? {} : { "accept-encoding": acceptEncoding }),
        ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
      });
      let status = 0;
      stream.on("response", (headers) => status = headers[":status"] ?? 0);
      stream.on("error", reject);
      stream.on("end", () => resolve(status));
      stream.resume();
      stream.end(body);
    });
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");

/** One HTTP/1.1 connection, without node:http in between. */
class Http1Lane implements Lane {
  readonly #connection: Deno.TlsConn;
  readonly #host: string;
  readonly #chunk = new Uint8Array(1 << 18);
  /** What has been received and not yet looked at. */
  #rest: Uint8Array = new Uint8Array(0);

  private constructor(connection: Deno.TlsConn, host: string) {
    this.#connection = connection;
    this.#host = host;
  }

  static async open({ host, port, authority, certificate, key }: Access): Promise<Http1Lane> {
    const connection = await Deno.connectTls({
      hostname: host,
      port,
      caCerts: [authority],
      cert: certificate,
      key,
      alpnProtocols: ["http/1.1"],
    });
    await connection.handshake();
    return new Http1Lane(connection, `${host}:${port}`);
  }

  close(): void {
    this.#connection.close();
  }

  async send(request: LoadRequest): Promise<number> {
    const { method, path, body, contentType, acceptEncoding } = request;
    const encoding = acceptEncoding === undefined ? "" : `Accept-Encoding: ${acceptEncoding}\r\n`;
    const length = body === undefined
      ? ""
      : `Content-Type: ${contentType ?? "application/json"}\r\nContent-Length: ${
        encoder.encode(body).length
      }\r\n`;
    await this.#write(
      `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${encoding}${length}\r\n${body ?? ""}`,
    );
    const head = await this.#readHead();
    const declared = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (declared !== null) await this.#skip(Number(declared[1]));
    else await this.#skipChunks();
    return Number(head.slice(9, 12));
  }

  async #write(text: string): Promise<void> {
    let bytes = encoder.encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
  }

  async #more(): Promise<void> {
    const count = await this.#connection.read(this.#chunk);
    if (count === null) throw new Error("The server has closed the connection");
    const fresh = this.#chunk.subarray(0, count);
    if (this.#rest.length === 0) {
      this.#rest = fresh;
      return;
    }
    const joined = new Uint8Array(this.#rest.length + count);
    joined.set(this.#rest);
    joined.set(fresh, this.#rest.length);
    this.#rest = joined;
  }

  async #readHead(): Promise<string> {
    for (;;) {
      const text = decoder.decode(this.#rest.subarray(0, 8192));
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#rest = this.#rest.subarray(end + 4);
        return text.slice(0, end);
      }
      await this.#more();
    }
  }

  async #skip(count: number): Promise<void> {
    while (this.#rest.length < count) {
      count -= this.#rest.length;
      this.#rest = this.#rest.subarray(this.#rest.length);
      await this.#more();
    }
    this.#rest = this.#rest.subarray(count);
  }

  async #skipChunks(): Promise<void> {
    for (;;) {
      const size = parseInt(await this.#readLine(), 16);
      await this.#skip(size + 2);
      if (size === 0) return;
    }
  }

  async #readLine(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(10);
      if (end >= 0) {
        const line = decoder.decode(this.#rest.subarray(0, end));
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      // What is kept must not be overwritten by what comes.
      this.#rest = this.#rest.slice();
      await this.#more();
    }
  }
}
