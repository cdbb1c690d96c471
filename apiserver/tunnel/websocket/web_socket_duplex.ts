// A WebSocket as a plain sequence of bytes in each direction: where messages
// begin and end does not count. What SPDY is tunnelled through.

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { Opcode } from "./frames.ts";
import type { WebSocketConnection } from "./web_socket.ts";

/** Bytes over a WebSocket. */
export class WebSocketDuplex extends Duplex {
  readonly #socket: WebSocketConnection;
  #wanted: (() => void) | undefined;

  /** Takes the WebSocket over. */
  constructor(socket: WebSocketConnection) {
    super();
    this.#socket = socket;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      for await (const { payload } of this.#socket.pieces()) {
        if (payload.length === 0 || this.push(payload)) continue;
        await new Promise<void>((resolve) => this.#wanted = resolve);
        if (this.destroyed) return;
      }
      this.push(null);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** Reading goes on. */
  override _read(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  /** Sends bytes as a message. */
  override _write(
    chunk: Buffer,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.send(Opcode.binary, chunk, done);
  }

  /** Sends what has been collected as one message. */
  override _writev(
    chunks: { chunk: Buffer; encoding: string }[],
    done: (error?: Error | null) => void,
  ): void {
    const payload = Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.#socket.send(Opcode.binary, payload, done);
  }

  /** Sends the end. */
  override _final(done: (error?: Error | null) => void): void {
    this.#socket.close(undefined, done);
  }

  /** Hangs up. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    this.#socket.destroy();
    done(error);
  }
}
