// Leaving a connection unread, below whatever reads it: streams of Node stop
// and go as their own buffers want, and HTTP/2 sessions read by themselves,
// so it is the handle that is stopped and kept from being started. What the
// peer sends stays with TCP, which slows the peer down.

import type { Reading } from "./turns.ts";

interface Handle {
  readonly reading?: boolean;
  readStart?: () => number;
  readStop?: () => number;
}

/** What has handles: a socket, or TLS over one. */
interface HandleOwner {
  readonly _handle?: Handle | null;
}

/** A connection's reading. */
export class SocketReading implements Reading {
  readonly #socket: HandleOwner;
  #secure: HandleOwner | undefined;
  #held: Handle[] = [];
  #wanted = false;

  /** Of a connection of TCP. */
  constructor(socket: object) {
    this.#socket = socket as HandleOwner;
  }

  /** TLS goes over the connection from now on. */
  secure(socket: object): void {
    this.#secure = socket as HandleOwner;
  }

  hold(): void {
    if (this.#held.length > 0) return;
    const handle = this.#socket._handle;
    if (!handle?.readStop || !handle.readStart) return;
    const outer = this.#secure?._handle;
    this.#wanted = outer?.reading !== false;
    this.#held = outer?.readStart ? [handle, outer] : [handle];
    handle.readStop();
    for (const one of this.#held) {
      one.readStart = () => {
        this.#wanted = true;
        return 0;
      };
    }
  }

  release(): void {
    // What stands on the prototype counts again.
    for (const one of this.#held) delete one.readStart;
    const held = this.#held;
    this.#held = [];
    // Each has a state of its own.
    if (this.#wanted && this.#socket._handle) { for (const one of held) one.readStart?.(); }
  }
}
