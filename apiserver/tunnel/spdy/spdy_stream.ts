// One stream of a SPDY connection as a Duplex: what is written goes out as
// DATA frames, as few as will do, `end()` closes this direction (FIN),
// `destroy()` the whole stream (RST_STREAM). Frames are spdy_connection.ts's
// business.

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { SpdyHeaders } from "./headers.ts";

/** What a stream wants of its connection. */
export interface StreamCarrier {
  /** Sends data; calls back when more may come. */
  sendData(id: number, payload: Uint8Array, fin: boolean, done: (error?: Error) => void): void;
  /** Calls back once this turn of the event loop is over. */
  soon(callback: () => void): void;
  /** The stream is over; `reset` tells that the other side does not know yet. */
  streamClosed(id: number, reset: boolean): void;
}

type Done = (error?: Error | null) => void;

const READ_BYTES_MAX = 256 * 1024;
const WRITE_BYTES_MAX = 64 * 1024;
/** How much is collected for one frame. */
const BATCH_BYTES = 64 * 1024;

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
  /** What waits to be sent, as one frame. */
  #batch: Buffer[] = [];
  #batch_bytes = 0;
  /** The writer that waits for the batch to go. */
  #full: Done | undefined;
  /** Nothing is written any more; called when the end is sent. */
  #final: Done | undefined;
  /** A frame is on its way to the transport. */
  #sending = false;
  #scheduled = false;

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
  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#collect([chunk], done);
  }

  /** Sends what has been collected as one part. */
  override _writev(chunks: { chunk: Buffer; encoding: string }[], done: Done): void {
    this.#collect(chunks.map(({ chunk }) => chunk), done);
  }

  /**
   * kubectl before 1.32 reads no more of a stream once its own client has hung up and one frame could not be passed
   * on; the next frame holds up all other streams. So they are few: what is written in one turn of the event loop, or
   * while a frame waits for the transport, goes out as one.
   */
  #collect(parts: readonly Buffer[], done: Done): void {
    for (const part of parts) {
      this.#batch.push(part);
      this.#batch_bytes += part.length;
    }
    if (this.#batch_bytes < BATCH_BYTES) {
      this.#schedule();
      return done();
    }
    this.#full = done;
    this.#flush();
  }

  #schedule(): void {
    if (this.#scheduled || this.#sending) return;
    this.#scheduled = true;
    this.#carrier.soon(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#sending || this.destroyed) return;
    const ending = this.#final;
    const fin = ending !== undefined;
    // After its end the other side hears all at once, and with ours if it can be.
    const wanted = this.#receivedFin ? this.#full !== undefined : this.#batch_bytes > 0;
    if (!fin && !wanted) return;
    const payload = Buffer.concat(this.#batch);
    const full = this.#full;
    this.#batch = [];
    this.#batch_bytes = 0;
    this.#full = undefined;
    this.#sending = true;
    this.#sentFin = fin;
    this.#carrier.sendData(this.id, payload, fin, (error) => {
      this.#sending = false;
      full?.(error);
      if (fin) ending(error);
      else if (error === undefined) this.#flush();
    });
  }

  /** Sends the end. */
  override _final(done: Done): void {
    this.#final = done;
    this.#flush();
  }

  /** Ends both directions. */
  override _destroy(error: Error | null, done: Done): void {
    this._read();
    this.#batch = [];
    const ended = this.#receivedFin && this.#sentFin;
    this.#carrier.streamClosed(this.id, !ended && !this.#reset);
    done(error);
  }
}
