// A port that is bound long before anybody serves on it, so that no other
// program can take it in between. Until a listener is given to it, and after
// that one is taken away, clients are reset: a bound port cannot refuse them.

import net, { type Server, type Socket } from "node:net";
import type { Acceptor } from "./lazy_listener.ts";

/** One bound port. */
export class HeldPort {
  readonly #server: Server;
  #listener: Acceptor | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on("error", () => {});
  }

  /** Binds it. Rejects with the system's error (`EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`) when it cannot. */
  static bind(host: string, port: number): Promise<HeldPort> {
    const server = net.createServer();
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.removeListener("error", reject);
        resolve(new HeldPort(server));
      });
    });
  }

  /** Who serves from now on; `undefined`: nobody. Connections that are open belong to whoever took them. */
  serve(listener: Acceptor | undefined): void {
    this.#listener = listener;
  }

  /** Gives the port back. */
  close(): Promise<void> {
    this.#listener = undefined;
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    // A connection's failure is its own affair.
    if (this.#listener === undefined) socket.on("error", () => {}).resetAndDestroy();
    else this.#listener.accept(socket);
  }
}
