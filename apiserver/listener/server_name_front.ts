// Many clusters on one port, told apart by the server name that TLS clients
// ask for. It looks at a connection's first bytes and hands the connection,
// those bytes included, to the cluster's own listener: handshake, client
// certificates and requests are that cluster's affair alone.

import { Buffer } from "node:buffer";
import net, { type AddressInfo, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Acceptor } from "./lazy_listener.ts";
import { serverNameIn } from "./server_name.ts";

/** A client says its name within this. */
const HELLO_MS_MAX = 10_000;
/** The largest record of TLS, and its head. */
const HELLO_BYTES_MAX = 16_384 + 5;

/** One port for many clusters. */
export class ServerNameFront {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #listeners = new Map<string, Acceptor>();
  /** Where it listens. */
  readonly host: string;
  /** The port it listens on. */
  readonly port: number;

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.host = host;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("error", () => {});
  }

  /** Binds and listens; 0: any free port. Rejects with the system's error when it cannot. */
  static open(host: string, port: number): Promise<ServerNameFront> {
    const server = net.createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.removeListener("error", reject);
        resolve(new ServerNameFront(server, host));
      });
    });
  }

  /** Sends clients that ask for `name` to that listener, until {@linkcode delete}. */
  add(name: string, listener: Acceptor): void {
    this.#listeners.set(name.toLowerCase(), listener);
  }

  /** Leads the name to that listener no longer. Connections that it has handed over go on. */
  delete(name: string, listener: Acceptor): void {
    const key = name.toLowerCase();
    if (this.#listeners.get(key) === listener) this.#listeners.delete(key);
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // A connection's failure is its own affair.
    socket.on("error", () => {});
    socket.setNoDelay(true);
    socket.setTimeout(HELLO_MS_MAX, () => void socket.destroy());
    let head: Buffer = Buffer.alloc(0);
    const listen = (chunk: Buffer) => {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const name = serverNameIn(head);
      if (name === "more" && head.length < HELLO_BYTES_MAX) return;
      socket.removeListener("data", listen);
      socket.pause();
      socket.setTimeout(0);
      const listener = this.#listeners.get(name);
      // Nobody of that name: a certificate of anybody else's would only mislead.
      if (listener === undefined) socket.destroy();
      else listener.accept(new Handed(socket, head));
    };
    socket.on("data", listen);
  }
}

/** A connection whose first bytes have been read already. */
class Handed extends Duplex {
  /** What carries it, to be left unread when there is no time for it. */
  readonly carrier: Socket;
  /** The client's address, which the listener asks for. */
  readonly remoteAddress: string | undefined;

  constructor(socket: Socket, head: Buffer) {
    super();
    this.carrier = socket;
    this.remoteAddress = socket.remoteAddress;
    this.push(head);
    socket.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
  }

  override _read(): void {
    this.carrier.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.carrier.write(chunk, done);
  }

  override _writev(
    chunks: { chunk: Buffer }[],
    done: (error?: Error | null) => void,
  ): void {
    this.carrier.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.carrier.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.carrier.destroy();
    done(error);
  }
}
