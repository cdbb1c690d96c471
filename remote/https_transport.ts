// Requests over TLS with node:https, which takes client certificates, server
// names and proxies alike. Connections are kept; streams have one of their
// own each.

import http from "node:http";
import https from "node:https";
import type { IncomingMessage } from "node:http";
import type { Connection, Credentials } from "./connection.ts";
import type { RemoteRequest, RemoteResponse, Transport } from "./transport.ts";

/** Options of an {@linkcode HttpsTransport}. */
export interface HttpsTransportOptions {
  /** Connections for requests at once; streams come on top. Default 64. */
  readonly connections?: number;
  /** How long an answer other than a stream may keep silent, in milliseconds. Default 60,000. */
  readonly silence_ms?: number;
}

const KEEP_ALIVE_MS = 30_000;

/** Sends requests to the cluster of a connection. */
export class HttpsTransport implements Transport {
  readonly #connection: Connection;
  readonly #base: URL;
  readonly #agent: https.Agent | http.Agent;
  readonly #silence_ms: number;

  /** Connects with the first request. Throws `TypeError` when the server's address is none. */
  constructor(connection: Connection, options: HttpsTransportOptions = {}) {
    const { connections = 64, silence_ms = 60_000 } = options;
    this.#connection = connection;
    this.#base = new URL(connection.server);
    this.#silence_ms = silence_ms;
    const agent = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, maxSockets: connections };
    this.#agent = this.#base.protocol === "http:" ? new http.Agent(agent) : new https.Agent(agent);
  }

  /** Sends one request. */
  async send(request: RemoteRequest): Promise<RemoteResponse> {
    const credentials = await this.#connection.credentials();
    request.signal?.throwIfAborted();
    try {
      return await this.#exchange(request, credentials, this.#agent);
    } catch (error) {
      // The server had closed a kept connection while the request was on its way: it has not been read.
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#exchange(request, credentials, false);
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  #exchange(
    request: RemoteRequest,
    credentials: Credentials,
    pool: https.Agent | http.Agent | false,
  ): Promise<RemoteResponse> {
    const { protocol, hostname, port, pathname } = this.#base;
    const secure = protocol !== "http:";
    const prefix = pathname === "/" ? "" : pathname;
    const body = request.body === undefined ? undefined : new TextEncoder().encode(request.body);
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? https : http).request({
        ...credentials.tls,
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port: port === "" ? (secure ? 443 : 80) : Number(port),
        method: request.method,
        path: `${prefix}${request.path}`,
        headers: {
          ...request.headers,
          ...credentials.headers,
          ...(body === undefined ? {} : { "content-length": String(body.byteLength) }),
        },
        ...(request.stream ? {} : { timeout: this.#silence_ms }),
        // A stream would keep a pooled connection for minutes.
        agent: credentials.agent ?? (request.stream ? false : pool),
      });
      const { signal } = request;
      const abort = () => outgoing.destroy(new Error("The request was given up"));
      signal?.addEventListener("abort", abort, { once: true });
      const finished = () => signal?.removeEventListener("abort", abort);
      outgoing.on("error", (error: Error) => {
        finished();
        if (signal?.aborted) return reject(signal.reason);
        reject(isStale(outgoing, error) ? new StaleConnection() : error);
      });
      outgoing.on("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      outgoing.on("timeout", () => {
        outgoing.destroy(new Error(`No answer within ${this.#silence_ms} ms`));
      });
      outgoing.on("response", (incoming: IncomingMessage) => {
        incoming.on("close", finished);
        resolve(received(incoming));
      });
      outgoing.end(body);
    });
  }
}

class StaleConnection extends Error {}

function isStale(outgoing: http.ClientRequest, error: Error): boolean {
  const { code } = error as { code?: string };
  return outgoing.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
}

function received(incoming: IncomingMessage): RemoteResponse {
  // Without a listener an error that comes before the body is read would end the process.
  incoming.on("error", () => {});
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    body: incoming,
    cancel: () => void incoming.destroy(),
  };
}
