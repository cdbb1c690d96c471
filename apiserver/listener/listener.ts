// A cluster's own address (VIP): one TLS listener with the cluster's CA,
// optional client certificates, HTTP/2 and HTTP/1.1 on one port. It knows
// nothing of Kubernetes; what it hears goes to an HttpHandler.
// Deno.serve asks for no client certificates and passes no raw upgrades on,
// hence node:https; for HTTP/2 see http2/.

import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Buffer } from "node:buffer";
import type { KeyPair } from "../../runtime/pki/mod.ts";
import type { HttpHandler } from "../http/types.ts";
import { installHandshakeGuard } from "../../runtime/handshake_guard.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import { seedTls } from "../../runtime/tls_seed.ts";
import { Connections } from "./connections.ts";
import { Debts, Owed } from "./debts.ts";
import { serveExchange } from "./node_exchange.ts";
import type { Service } from "./service.ts";
import { ServerConnection } from "./http2/server_connection.ts";
import { serveStream } from "./serve_stream.ts";
import { serveUpgrade } from "./upgrade.ts";

/** Options of {@linkcode Listener.open}. */
export interface ListenerOptions {
  readonly handler: HttpHandler;
  /** Where to listen. Default `127.0.0.1`. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  /** What the listener shows its clients. */
  readonly serving: KeyPair;
  /** PEM of the authorities whose client certificates are believed. One or two: each is sent along in every handshake. */
  readonly clientAuthorities: readonly string[];
  /** How long a client may take nothing of an answer before it is cut off. Default 30 seconds. */
  readonly stalled_ms?: number;
  /** How the listener comes by its next certificate. Default: it shows the first one for good. */
  readonly renewal?: ServingRenewal;
}

/** Certificates that follow each other, without a connection or a handshake being lost. */
export interface ServingRenewal {
  /** Times them. */
  readonly clock: Clock;
  /** How long each is shown. */
  readonly every_ms: number;
  /** Makes the next one. */
  issue(): KeyPair;
}

const MAX_CONCURRENT_STREAMS = 1000;
const MAX_HEADER_BYTES = 1 << 20;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 32_000;
const STALLED_MS = 30_000;

/** One open address. */
export class Listener {
  readonly #server: https.Server;
  readonly #connections: Connections;
  #renewal: Timer | undefined;
  /** Where it listens. */
  readonly host: string;
  /** The port it listens on. */
  readonly port: number;

  private constructor(
    server: https.Server,
    host: string,
    port: number,
    connections: Connections,
  ) {
    this.#server = server;
    this.#connections = connections;
    this.host = host;
    this.port = port;
  }

  /** Binds and listens. Rejects with the system's error (`EADDRINUSE`, `EACCES`) when it cannot. */
  static async open(options: ListenerOptions): Promise<Listener> {
    installHandshakeGuard();
    seedTls();
    const host = options.host ?? "127.0.0.1";
    const connections = new Connections();
    const server = createServer(options, connections);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port, host, () => {
        server.removeListener("error", reject);
        resolve();
      });
    });
    server.on("error", () => {});
    const { port } = server.address() as AddressInfo;
    return new Listener(server, host, port, connections).#renewing(options);
  }

  #renewing({ renewal, clientAuthorities }: Omit<ListenerOptions, "port">): this {
    if (renewal !== undefined) this.#renew(renewal, clientAuthorities);
    return this;
  }

  #renew(renewal: ServingRenewal, clientAuthorities: readonly string[]): void {
    this.#renewal = renewal.clock.after(renewal.every_ms, () => {
      this.setServing(renewal.issue(), clientAuthorities);
      this.#renew(renewal, clientAuthorities);
    }, { background: true });
  }

  /** One that has no port of its own: it serves what it is given by {@linkcode Listener.accept}. */
  static detached(options: Omit<ListenerOptions, "host" | "port">): Listener {
    installHandshakeGuard();
    const connections = new Connections();
    const server = createServer({ ...options, port: 0 }, connections);
    server.on("error", () => {});
    // Servers that do not listen are thought to be closing: they end each connection of HTTP/1.1 with its first answer.
    Object.defineProperty(server, "listening", { value: true });
    // And those that have not begun to listen wait for the heads of requests for ever.
    server.emit("listening");
    return new Listener(server, "", 0, connections).#renewing(options);
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Shows another certificate from the next handshake on. */
  setServing(serving: KeyPair, clientAuthorities: readonly string[]): void {
    this.#server.setSecureContext({
      cert: serving.certificate,
      key: serving.key,
      ca: [...clientAuthorities],
    });
  }

  /** Serves a connection that did not come through the port, from its first byte. */
  accept(stream: Duplex): void {
    this.#server.emit("connection", stream);
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    this.#renewal?.cancel();
    // One without a port has nothing to close but what looks after its connections.
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#connections.destroy();
    await closed;
  }
}

function createServer(
  options: ListenerOptions,
  connections: Connections,
): https.Server {
  const server = https.createServer({
    ALPNProtocols: ["h2", "http/1.1"],
    requestCert: true,
    rejectUnauthorized: false,
    cert: options.serving.certificate,
    key: options.serving.key,
    ca: [...options.clientAuthorities],
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
  });
  const { handler, stalled_ms = STALLED_MS } = options;
  const service: Service = { handler, stalled_ms, debts: new Debts(), connections };
  const serve = (request: unknown, response: unknown) => {
    void serveExchange(service, request as IncomingMessage, response as ServerResponse);
  };
  server.on("request", serve);
  // Clients that expect a go-ahead (kubectl with large bodies) get it, then the same service.
  server.on("checkContinue", (request: unknown, response: unknown) => {
    (response as ServerResponse).writeContinue();
    serve(request, response);
  });
  server.on("connection", (socket: Socket) => connections.add(socket));
  serveHttp2(server, service);
  server.on(
    "upgrade",
    (request: IncomingMessage, socket: TLSSocket, head: Buffer) => {
      connections.asking(socket);
      void serveUpgrade(service, request, socket, head);
    },
  );
  for (const event of ["sessionError", "tlsClientError", "clientError"]) {
    server.on(
      event,
      (_error: Error, subject?: { destroy?: () => void }) => subject?.destroy?.(),
    );
  }
  return server;
}

/** Connections that have agreed on HTTP/2 in their handshake go another way than all others. */
function serveHttp2(
  server: https.Server,
  service: Service,
): void {
  const others = server.listeners("secureConnection");
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket: TLSSocket) => {
    service.connections.secure(socket);
    if (socket.alpnProtocol !== "h2") {
      for (const listener of others) listener.call(server, socket);
      return;
    }
    const { debts } = service;
    const owed = new Owed(debts, debts.of(socket));
    const connection: ServerConnection = new ServerConnection(socket, {
      streamsMax: MAX_CONCURRENT_STREAMS,
      headerBytesMax: MAX_HEADER_BYTES,
      stalled_ms: service.stalled_ms,
      onStream: (stream) => void serveStream(service, connection, stream),
      onWaiting: (bytes) => owed.set(bytes),
    });
  });
}
