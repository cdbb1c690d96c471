// The frames that a connection is about to send: put together here, so that
// all that comes about in one turn is one write and one run of encryption.

import type { Duplex } from "node:stream";
import { type FRAME, HEAD_BYTES, write32 } from "./frames.ts";

const FIRST_BYTES = 2048;
/** More than this goes through a large buffer: memory of that size is not made anew for each write. */
const SMALL_BYTES_MAX = 16 * 1024;
const LARGE_BYTES = 384 * 1024;
const IDLE_MAX = 16;

/** Large buffers that nobody writes from at present, of all connections. */
const idle: Uint8Array[] = [];

/** One connection's. */
export class Outbox {
  readonly #socket: Duplex;
  #bytes: Uint8Array | undefined;
  #length = 0;
  #written = 0;

  /** Of a connection whose writes are buffered by its socket. */
  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** How many bytes are put together and not handed to the socket. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes neither are sent nor can be taken back. */
  get waiting(): number {
    return this.#length + this.#socket.writableLength;
  }

  /** How many bytes the socket has been given so far. */
  get written(): number {
    return this.#written;
  }

  /** Adds a frame. */
  frame(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const bytes = this.#reserve(HEAD_BYTES + payload.length);
    this.#head(bytes, payload.length, type, flags, stream);
    bytes.set(payload, this.#length);
    this.#length += payload.length;
  }

  /** Adds a frame whose payload is one number: RST_STREAM or WINDOW_UPDATE. */
  number(type: typeof FRAME.reset | typeof FRAME.windowUpdate, stream: number, value: number) {
    const bytes = this.#reserve(HEAD_BYTES + 4);
    this.#head(bytes, 4, type, 0, stream);
    write32(bytes, this.#length, value);
    this.#length += 4;
  }

  /** Hands everything to the socket. */
  flush(): void {
    if (this.#bytes === undefined) return;
    const whole = this.#bytes;
    const bytes = whole.subarray(0, this.#length);
    this.#bytes = undefined;
    this.#length = 0;
    this.#written += bytes.length;
    if (whole.length !== LARGE_BYTES) this.#socket.write(bytes);
    else this.#socket.write(bytes, () => idle.length < IDLE_MAX && idle.push(whole));
  }

  #head(bytes: Uint8Array, length: number, type: number, flags: number, stream: number): void {
    const at = this.#length;
    bytes[at] = length >>> 16;
    bytes[at + 1] = length >>> 8;
    bytes[at + 2] = length;
    bytes[at + 3] = type;
    bytes[at + 4] = flags;
    write32(bytes, at + 5, stream);
    this.#length += HEAD_BYTES;
  }

  #reserve(more: number): Uint8Array {
    const needed = this.#length + more;
    const bytes = this.#bytes;
    if (bytes !== undefined && needed <= bytes.length) return bytes;
    const larger = needed > SMALL_BYTES_MAX && needed <= LARGE_BYTES
      ? idle.pop() ?? new Uint8Array(LARGE_BYTES)
      : new Uint8Array(Math.max(FIRST_BYTES, 2 * needed));
    if (bytes !== undefined) larger.set(bytes.subarray(0, this.#length));
    return this.#bytes = larger;
  }
}
