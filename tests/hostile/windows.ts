// What a client of HTTP/2 may send, as the server says it: for an attack that
// keeps the rules, since one that breaks them is soon over.

import type { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";

const WINDOW_UPDATE = 8;
const HEAD_BYTES = 9;
const INITIAL_BYTES = 65_535;
/** The connection's own. */
const CONNECTION = 0;

/** The windows of a connection and its streams. */
export class Windows {
  readonly #bytes = new Map<number, number>();
  #rest: Uint8Array = new Uint8Array();
  #over = false;
  #opened: () => void = () => {};

  /** Reads what the server says from now on. */
  constructor(socket: Duplex) {
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.once("close", () => {
      this.#over = true;
      this.#opened();
    });
  }

  /** Takes so many bytes of a stream's window once it has them. Answers `false` when the connection is over. */
  async take(stream: number, bytes: number): Promise<boolean> {
    while (!this.#over && (this.#of(CONNECTION) < bytes || this.#of(stream) < bytes)) {
      await new Promise<void>((resolve) => this.#opened = resolve);
    }
    for (const id of [CONNECTION, stream]) this.#bytes.set(id, this.#of(id) - bytes);
    return !this.#over;
  }

  #of(stream: number): number {
    return this.#bytes.get(stream) ?? INITIAL_BYTES;
  }

  #read(chunk: Uint8Array): void {
    const bytes = new Uint8Array(this.#rest.length + chunk.length);
    bytes.set(this.#rest);
    bytes.set(chunk, this.#rest.length);
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (at + HEAD_BYTES <= bytes.length) {
      const end = at + HEAD_BYTES + (view.getUint32(at) >>> 8);
      if (end > bytes.length) break;
      if (bytes[at + 3] === WINDOW_UPDATE) {
        const stream = view.getUint32(at + 5);
        this.#bytes.set(stream, this.#of(stream) + view.getUint32(at + HEAD_BYTES));
      }
      at = end;
    }
    this.#rest = bytes.subarray(at);
    this.#opened();
  }
}
