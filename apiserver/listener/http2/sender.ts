// What a connection of HTTP/2 sends, and when: the queues of its streams in
// turn, as far as their windows and the socket allow. Everything that comes
// about in one turn of the event loop is one write. Source: RFC 9113, 5.2.

import { setImmediate } from "node:timers";
import type { TLSSocket } from "node:tls";
import { systemClock, type Timer } from "../../../runtime/clock.ts";
import { CODE, FLAG, FRAME, FRAME_BYTES_MAX, WINDOW_BYTES, WINDOW_BYTES_MAX } from "./frames.ts";
import { encodeHeaders } from "./header_encoder.ts";
import { Outbox } from "./outbox.ts";
import type { ServerStream } from "./server_stream.ts";

/** What one stream may send before it is the next one's turn. */
const TURN_BYTES = 64 * 1024;
/** What is encrypted and written at once. */
const WRITE_BYTES_MAX = 256 * 1024;
/** With more than this on its way to a client, nothing more is begun. */
const WAITING_BYTES_MAX = 256 * 1024;
const NOTHING = new Uint8Array(0);

/** What the connection does for its sender. */
export interface SenderOptions {
  /** How long the other side may take nothing of what is there for it. */
  readonly stalled_ms: number;
  /** A stream's answer is complete. */
  answered(stream: ServerStream): void;
  /** A stream has to end in the middle. */
  reset(stream: ServerStream, code: number): void;
  /** So many bytes wait for the socket to take them. */
  waiting(bytes: number): void;
}

/** One connection's. */
export class Sender {
  readonly #socket: TLSSocket;
  readonly #options: SenderOptions;
  readonly #outbox: Outbox;
  /** Streams that have something to send and may. */
  readonly #ready = new Set<ServerStream>();
  /** Streams that have something to send and no window for it. */
  readonly #held = new Set<ServerStream>();
  #window = WINDOW_BYTES;
  #frameBytesMax = FRAME_BYTES_MAX;
  #headerTableResized = false;
  #flushing = false;
  #over = false;
  /** The socket has enough. */
  #blocked = false;
  /** How much of all that was written the socket had taken when that was last looked at. */
  #taken = -1;
  #watchdog: Timer | undefined;

  constructor(socket: TLSSocket, options: SenderOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#outbox = new Outbox(socket);
    socket.on("drain", () => this.#drained());
  }

  /** Whether so much waits already that the other side had better read before it asks for more. */
  get overdue(): boolean {
    if (this.#outbox.waiting <= WAITING_BYTES_MAX) return false;
    this.flush();
    return this.#blocked;
  }

  /** Sends a frame that no window holds back. */
  frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    this.#outbox.frame(type, flags, id, payload);
    this.#schedule();
  }

  /** Sends a frame of one number. */
  number(type: typeof FRAME.reset | typeof FRAME.windowUpdate, id: number, value: number): void {
    this.#outbox.number(type, id, value);
    this.#schedule();
  }

  /** Sends the head of an answer, before anything that is queued. */
  headers(
    stream: ServerStream,
    status: number,
    headers: Iterable<readonly [name: string, value: string]>,
    end: boolean,
  ): void {
    const block = encodeHeaders(status, headers, this.#headerTableResized);
    this.#headerTableResized = false;
    let rest = block;
    let type: number = FRAME.headers;
    let flags = end ? FLAG.endStream : 0;
    while (rest.length > this.#frameBytesMax) {
      this.#outbox.frame(type, flags, stream.id, rest.subarray(0, this.#frameBytesMax));
      rest = rest.subarray(this.#frameBytesMax);
      type = FRAME.continuation;
      flags = 0;
    }
    this.#outbox.frame(type, flags | FLAG.endHeaders, stream.id, rest);
    this.#schedule();
    if (end) this.#options.answered(stream);
  }

  /** A stream has something in its queue. */
  queued(stream: ServerStream): void {
    if (this.#over) return;
    if (!this.#held.has(stream)) this.#ready.add(stream);
    this.#schedule();
  }

  /** The other side reads frames of so many bytes. */
  allowFrames(bytes: number): void {
    this.#frameBytesMax = Math.min(bytes, TURN_BYTES);
  }

  /** The other side's table of headers has another size. */
  resizeTable(): void {
    this.#headerTableResized = true;
  }

  /** Opens the connection's window. Answers `false` when that makes it too large. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    if (this.#ready.size > 0) this.#schedule();
    return this.#window <= WINDOW_BYTES_MAX;
  }

  /** Opens a stream's window, or closes it when `bytes` is negative. */
  widenStream(stream: ServerStream, bytes: number): void {
    stream.sendWindow += bytes;
    if (stream.sendWindow > WINDOW_BYTES_MAX) return this.#options.reset(stream, CODE.flowControl);
    if (stream.sendWindow <= 0 || !this.#held.delete(stream)) return;
    this.#ready.add(stream);
    this.#schedule();
  }

  /** A stream is over. */
  forget(stream: ServerStream): void {
    this.#ready.delete(stream);
    this.#held.delete(stream);
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#over = true;
    this.#watchdog?.cancel();
  }

  /** Sends what may be sent. */
  flush(): void {
    if (this.#over) return;
    while (!this.#blocked) {
      for (const stream of this.#ready) {
        if (this.#window <= 0 && stream.queuedBytes > 0) {
          if (stream.since_ms === 0) stream.waits(false, systemClock.now());
          continue;
        }
        this.#send(stream);
        if (this.#outbox.length >= WRITE_BYTES_MAX) break;
      }
      if (this.#outbox.length === 0) break;
      this.#outbox.flush();
      this.#blocked = this.#outbox.waiting >= WAITING_BYTES_MAX;
      if (this.#blocked) this.#options.waiting(this.#outbox.waiting);
    }
    if (this.#outbox.waiting > 0 || this.#ready.size > 0 || this.#held.size > 0) this.#watch();
  }

  #schedule(): void {
    if (this.#flushing || this.#over) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.flush();
    });
  }

  /** One stream's turn. */
  #send(stream: ServerStream): void {
    this.#ready.delete(stream);
    const turn = Math.min(TURN_BYTES, this.#window);
    let left = turn;
    while (stream.queuedBytes > 0 && left > 0 && stream.sendWindow > 0) {
      const payload = stream.takeQueued(Math.min(this.#frameBytesMax, left, stream.sendWindow));
      left -= payload.length;
      stream.sendWindow -= payload.length;
      const last = stream.ending && stream.queuedBytes === 0;
      this.#outbox.frame(FRAME.data, last ? FLAG.endStream : 0, stream.id, payload);
      if (last) {
        this.#window -= turn - left;
        return this.#options.answered(stream);
      }
    }
    this.#window -= turn - left;
    if (stream.queuedBytes > 0) return this.#wait(stream, left < turn);
    if (!stream.ending) return stream.emptied();
    this.#outbox.frame(FRAME.data, FLAG.endStream, stream.id, NOTHING);
    this.#options.answered(stream);
  }

  #wait(stream: ServerStream, moved: boolean): void {
    if (moved || stream.since_ms === 0) stream.waits(moved, systemClock.now());
    if (stream.sendWindow > 0) this.#ready.add(stream);
    else this.#held.add(stream);
  }

  #drained(): void {
    this.#blocked = false;
    this.#options.waiting(0);
    if (this.#over) return;
    this.flush();
    if (!this.#blocked) this.#socket.resume();
  }

  /** Looks after a while whether the client has taken anything. */
  #watch(): void {
    this.#watchdog ??= systemClock.after(
      this.#options.stalled_ms,
      () => this.#cutOff(),
      { background: true },
    );
  }

  #cutOff(): void {
    this.#watchdog = undefined;
    if (this.#over) return;
    const waiting = this.#socket.writableLength;
    const taken = this.#outbox.written - waiting;
    if (waiting > 0 && taken === this.#taken) return void this.#socket.destroy();
    this.#taken = taken;
    const now_ms = systemClock.now();
    for (const stream of [...this.#held, ...this.#ready]) {
      if (stream.since_ms === 0) stream.waits(false, now_ms);
      else if (stream.since_ms <= now_ms - this.#options.stalled_ms) {
        this.#options.reset(stream, CODE.cancel);
      }
    }
    if (waiting > 0 || this.#ready.size > 0 || this.#held.size > 0) this.#watch();
  }
}
