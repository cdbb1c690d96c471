// A cluster's listener, made for its first connection: certificate, key and
// TLS server cost as much as the rest of a cluster, and most clusters of a
// large fleet are never called from outside. It has no port of its own.

import type { Duplex } from "node:stream";
import { Listener, type ListenerOptions } from "./listener.ts";

/** What serves connections that came in elsewhere. */
export interface Acceptor {
  /** Serves a connection from its first byte. */
  accept(stream: Duplex): void;
}

/** A {@linkcode Listener.detached} that is not there before it is needed. */
export class LazyListener implements Acceptor {
  readonly #options: () => Omit<ListenerOptions, "host" | "port">;
  readonly #failed: (error: unknown) => void;
  #listener: Listener | undefined;
  #closed = false;

  /** `options` is asked for the first connection; `failed` hears when there cannot be a listener of them. */
  constructor(
    options: () => Omit<ListenerOptions, "host" | "port">,
    failed: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#failed = failed;
  }

  /** See {@linkcode Acceptor}. */
  accept(stream: Duplex): void {
    if (this.#closed) return void stream.destroy();
    try {
      this.#listener ??= Listener.detached(this.#options());
    } catch (error) {
      stream.destroy();
      return this.#failed(error);
    }
    this.#listener.accept(stream);
  }

  /** Cuts every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#listener?.close();
  }
}
