// A small HTTP server beside the clusters: probes, metrics, debugging,
// webhooks. One function answers; over TLS its certificate can change while
// it runs. Not the way to a fake cluster: that is apiserver/listener.

import http from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Buffer } from "node:buffer";
import { installHandshakeGuard } from "../runtime/handshake_guard.ts";
import { joinHostPort } from "../runtime/ip.ts";

/** Why an address cannot be listened on. One line. */
export class ListenError extends Error {
  /** The name by which it is known. */
  override name = "ListenError";
}

/** A request. */
export interface ServedRequest {
  /** Upper case. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The query's parameters. */
  readonly query: URLSearchParams;
  /** A header's value; the name in lower case. */
  header(name: string): string | undefined;
  /** The whole body as text. Throws {@linkcode BodyTooLarge} beyond `limit` bytes. */
  text(limit: number): Promise<string>;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
}

/** An answer. */
export interface ServedResponse {
  /** The HTTP status code. */
  readonly status: number;
  /** Default: plain text. */
  readonly type?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body: whole, or in parts as they come. */
  readonly body: string | AsyncIterable<Uint8Array>;
}

/** Answers requests. What it throws is answered with status 500. */
export type Serve = (request: ServedRequest) => ServedResponse | Promise<ServedResponse>;

/** What a TLS server shows, and what it demands. */
export interface ServerTls {
  /** PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** Default `TLSv1.2`. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
}

/** Options of {@linkcode HttpServer.open}. */
export interface HttpServerOptions {
  /** The address; absent or empty: all of this machine. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: ServerTls;
  /** Answers. */
  readonly serve: Serve;
  /** Told of what `serve` threw. */
  onError?(error: unknown): void;
}

/** Thrown for a body beyond the limit; answered with status 413. */
export class BodyTooLarge extends Error {
  /** The name by which it is known. */
  override name = "BodyTooLarge";
}

const HEADER_BYTES_MAX = 64 * 1024;
const CONNECTIONS_MAX = 1000;
const REQUEST_TIMEOUT_MS = 60_000;

/** An open server. */
export class HttpServer implements AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
  readonly #server: http.Server | https.Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: http.Server | https.Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Listens. Rejects with a {@linkcode ListenError} when that is not possible. */
  static async open(options: HttpServerOptions): Promise<HttpServer> {
    const { host = "", port, tls } = options;
    if (tls !== undefined) installHandshakeGuard();
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void answer(options, request, response);
    const limits = {
      maxHeaderSize: HEADER_BYTES_MAX,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS / 2,
    };
    const server = tls === undefined
      ? http.createServer(limits, listener)
      : https.createServer({ ...limits, ...secureContext(tls) }, listener);
    server.maxConnections = CONNECTIONS_MAX;
    const sockets = track(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(listenError(host, port, error)));
      const listening = () => resolve();
      if (host === "") server.listen(port, listening);
      else server.listen(port, host, listening);
    });
    server.on("error", () => {});
    return new HttpServer(server, sockets);
  }

  /** Shows another certificate from the next handshake on. */
  setCertificate(tls: ServerTls): void {
    (this.#server as https.Server).setSecureContext(secureContext(tls));
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** As {@linkcode HttpServer.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function secureContext({ certificate, key, minVersion = "TLSv1.2" }: ServerTls) {
  return { cert: certificate, key, minVersion };
}

function track(server: http.Server | https.Server): Set<Socket> {
  const sockets = new Set<Socket>();
  const add = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A connection's failure is its own affair.
    socket.on("error", () => {});
  };
  server.on("connection", add);
  server.on("secureConnection", add);
  for (const event of ["tlsClientError", "clientError"]) {
    server.on(event, (_error: Error, socket?: { destroy?(): void }) => socket?.destroy?.());
  }
  return sockets;
}

function listenError(host: string, port: number, error: Error): ListenError {
  const { code } = error as { code?: string };
  const why = code === "EADDRINUSE"
    ? "something else listens there"
    : code === "EACCES"
    ? "the system does not allow it; choose a port above 1023"
    : code === "EADDRNOTAVAIL" || code === "ENOTFOUND"
    ? "this machine has no such address"
    : error.message;
  return new ListenError(`Cannot listen on ${joinHostPort(host, port)}: ${why}`);
}

async function answer(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.on("error", () => gone.abort());
  request.on("error", () => gone.abort());
  try {
    const served = await options.serve(servedRequest(request, gone.signal));
    await write(response, served, gone.signal);
  } catch (error) {
    if (gone.signal.aborted || response.headersSent) return void response.destroy();
    if (error instanceof BodyTooLarge) {
      return await write(response, { status: 413, body: `${error.message}\n` }, gone.signal);
    }
    options.onError?.(error);
    await write(response, { status: 500, body: "Internal error\n" }, gone.signal);
  }
}

function servedRequest(request: IncomingMessage, signal: AbortSignal): ServedRequest {
  const url = new URL(request.url ?? "/", "http://localhost");
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: url.searchParams,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    text: (limit) => readText(request, limit),
    signal,
  };
}

async function write(
  response: ServerResponse,
  { status, type = "text/plain; charset=utf-8", headers = {}, body }: ServedResponse,
  gone: AbortSignal,
): Promise<void> {
  const all = { "content-type": type, "x-content-type-options": "nosniff", ...headers };
  if (typeof body === "string") {
    const bytes = Buffer.from(body, "utf8");
    response.writeHead(status, { ...all, "content-length": String(bytes.byteLength) });
    return void response.end(bytes);
  }
  response.writeHead(status, all);
  for await (const part of body) {
    if (gone.aborted) return;
    if (!response.write(part)) await drained(response, gone);
  }
  response.end();
}

function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.removeListener("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    response.on("drain", done);
    gone.addEventListener("abort", done);
    if (gone.aborted) done();
  });
}

async function readText(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > limit) throw new BodyTooLarge(`The body is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
