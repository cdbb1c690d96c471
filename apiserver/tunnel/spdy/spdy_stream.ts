// One stream of a SPDY connection as a Duplex: what is written goes out as
// DATA frames, `end()` closes this direction (FIN), `destroy()` the whole
// stream (RST_STREAM). Frames are spdy_connection.ts's business.

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { SpdyHeaders } from "./headers.ts";

/** What a stream wants of its connection. */
export interface StreamCarrier {
  /** Sends data; calls back when more may come. */
  sendData(id: number, payload: Uint8Array, fin: boolean, done: (error?: Error) => void): void;
  /** The stream is over; `reset` tells that the other side does not know yet. */
  streamClosed(id: number, reset: boolean): void;
}

const READ_BYTES_MAX = 256 * 1024;
const WRITE_BYTES_MAX = 64 * 1024;
const LATE_BYTES_MAX = 64 * 1024;

/** One stream. */
export class SpdyStream extends Duplex {
  /** Odd when the client has opened it. */
  readonly id: number;
  /** What it was opened with. */
  readonly headers: SpdyHeaders;
  readonly #carrier: StreamCarrier;
  #receivedFin = false;
  #sentFin = false;
  #reset = false;
  #drained: (() => void) | undefined;
  /** What waits for our end, as the other side has ended. */
  readonly #late: Buffer[] = [];
  #late_bytes = 0;

  /** Made by connections. */
  constructor(carrier: StreamCarrier, id: number, headers: SpdyHeaders) {
    super({ readableHighWaterMark: READ_BYTES_MAX, writableHighWaterMark: WRITE_BYTES_MAX });
    this.#carrier = carrier;
    this.id = id;
    this.headers = headers;
    // A stream's failure is its own affair, not the process's.
    this.on("error", () => {});
  }

  /** Whether the other side has said that it sends no more. */
  get receivedFin(): boolean {
    return this.#receivedFin;
  }

  /** Data has come. Resolves at once, or when the reader has caught up. */
  receive(payload: Buffer, fin: boolean): Promise<void> | undefined {
    if (this.destroyed) return undefined;
    const room = payload.length === 0 || this.push(payload);
    if (fin) {
      this.#receivedFin = true;
      this.push(null);
    }
    if (room) return undefined;
    return new Promise((resolve) => this.#drained = resolve);
  }

  /** The other side has ended the stream. */
  receiveReset(): void {
    this.#reset = true;
    this.destroy();
  }

  /** Reading goes on. */
  override _read(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  /** Sends a part. */
  override _write(
    chunk: Buffer,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#sendPart(chunk, done);
  }

  /** Sends what has been collected as one part. */
  override _writev(
    chunks: { chunk: Buffer; encoding: string }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#sendPart(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  /**
   * kubectl before 1.32 reads no more of a stream once its own client has hung
   * up, and the second frame that it does not read holds up all other
   * streams. So what is written after its end goes out in one frame.
   */
  #sendPart(part: Buffer, done: (error?: Error | null) => void): void {
    if (!this.#receivedFin) return this.#carrier.sendData(this.id, part, false, done);
    this.#late.push(part);
    this.#late_bytes += part.length;
    if (this.#late_bytes < LATE_BYTES_MAX) return done();
    this.#carrier.sendData(this.id, this.#takeLate(), false, done);
  }

  #takeLate(): Buffer {
    this.#late_bytes = 0;
    return Buffer.concat(this.#late.splice(0));
  }

  /** Sends the end. */
  override _final(done: (error?: Error | null) => void): void {
    this.#sentFin = true;
    this.#carrier.sendData(this.id, this.#takeLate(), true, done);
  }

  /** Ends both directions. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    const ended = this.#receivedFin && this.#sentFin;
    this.#carrier.streamClosed(this.id, !ended && !this.#reset);
    done(error);
  }
}
