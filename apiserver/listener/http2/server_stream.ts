// One request and its answer on a connection of HTTP/2. It holds what the
// other side has not taken yet and what this side has not read yet; when
// something of it goes out is for the connection to say. Source: RFC 9113, 5.

import type { Carrier } from "../../http/types.ts";
import { BodyChunks } from "../body_chunks.ts";
import { bodyTooLarge } from "../body_too_large.ts";
import type { RequestHeaders } from "./request_headers.ts";

/** What a stream asks of its connection. */
export interface StreamKeeper {
  /** Sends headers, at once. */
  sendHeaders(
    stream: ServerStream,
    status: number,
    headers: Iterable<readonly [name: string, value: string]>,
    end: boolean,
  ): void;
  /** There is something in the queue. */
  queued(stream: ServerStream): void;
  /** So much of the body has been read. */
  credit(stream: ServerStream, bytes: number): void;
  /** Ends it in the middle. */
  reset(stream: ServerStream, code: number): void;
}

/** Who keeps account of what a stream holds. */
export interface StreamAccount {
  /** These pieces of the answer wait for the other side; called again when they have changed. */
  hold(chunks: readonly Uint8Array[]): void;
  /** So many bytes of the request have come and are not read to the end. */
  set(bytes: number): void;
}

/** More than this in the queue is too much: the writer is told to wait. */
const QUEUE_BYTES_MAX = 16 * 1024;
const NOTHING_WAITS: readonly Uint8Array[] = [];
const NO_BODY = new Uint8Array(0);
/** INTERNAL_ERROR (RFC 9113, 7). */
const INTERNAL_ERROR = 2;

interface BodyReader {
  readonly limit: number;
  resolve(body: Uint8Array): void;
  reject(error: unknown): void;
}

/** One request. */
export class ServerStream implements Carrier {
  readonly id: number;
  readonly headers: RequestHeaders;
  readonly #keeper: StreamKeeper;

  /** Called once, when nothing more will happen to it. */
  onClose: (() => void) | undefined;
  /** Called when all that was written has gone, if the writer has been told to wait. */
  onRoom: (() => void) | undefined;

  /** Told what it holds, if anybody is. */
  account: StreamAccount | undefined;

  /** What the other side may still be sent. */
  sendWindow: number;
  /** What the other side may still send. */
  receiveWindow: number;
  /** What has been read and not yet been allowed again. */
  uncredited = 0;
  /** When something of it went out last; of interest while something waits. */
  since_ms = 0;
  #closed = false;
  #whenClosed: (() => void) | undefined;

  readonly #queue: Uint8Array[] = [];
  #sentOfFirst = 0;
  #queuedBytes = 0;
  #ending = false;
  #full = false;

  /** Whether all of the request is there. */
  ended = false;
  readonly #expected: number | undefined;
  #received = 0;
  #chunks: BodyChunks | undefined;
  #reader: BodyReader | undefined;
  /** Nobody will read any more of it. */
  #unwanted = false;

  constructor(
    keeper: StreamKeeper,
    id: number,
    headers: RequestHeaders,
    windows: { readonly send: number; readonly receive: number },
  ) {
    this.#keeper = keeper;
    this.id = id;
    this.headers = headers;
    this.sendWindow = windows.send;
    this.receiveWindow = windows.receive;
    const length = headers["content-length"];
    if (length !== undefined) this.#expected = Number(length);
  }

  /** Whether it is over, one way or the other. */
  get closed(): boolean {
    return this.#closed;
  }

  /** What has been written and not sent, in bytes. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether the answer is written to its end. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Sends the head of the answer; `end`: it has no body. */
  respond(
    status: number,
    headers: Iterable<readonly [name: string, value: string]>,
    end: boolean,
  ): void {
    if (this.#closed) return;
    if (end) this.#ending = true;
    this.#keeper.sendHeaders(this, status, headers, end);
  }

  /** Tells a client that waits to be told that its body is welcome. */
  goAhead(): void {
    if (!this.#closed) this.#keeper.sendHeaders(this, 100, [], false);
  }

  /** Sends a piece of the body. Answers whether there is room for more; if not, `onRoom` tells when there is. */
  write(chunk: Uint8Array): boolean {
    if (this.#closed || this.#ending) return true;
    if (chunk.length > 0) {
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.length;
      if (this.since_ms !== 0) this.account?.hold(this.#queue);
      this.#keeper.queued(this);
    }
    this.#full = this.#queuedBytes >= QUEUE_BYTES_MAX;
    return !this.#full;
  }

  /** Sends the end of the answer, after a last piece. */
  end(chunk: Uint8Array = NO_BODY): void {
    if (this.#closed || this.#ending) return;
    if (chunk.length > 0) {
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.length;
    }
    this.#ending = true;
    this.#keeper.queued(this);
  }

  /** Ends it in the middle, and tells the client so. */
  reset(code: number): void {
    if (!this.#closed) this.#keeper.reset(this, code);
  }

  /** See {@linkcode Carrier}. */
  destroy(): void {
    this.reset(INTERNAL_ERROR);
  }

  /** See {@linkcode Carrier}: one caller at most, beside `onClose`. */
  once(_event: "close", callback: () => void): void {
    if (this.#closed) callback();
    else this.#whenClosed = callback;
  }

  /** The next bytes to be sent, at most so many and of one piece. */
  takeQueued(bytes: number): Uint8Array {
    const first = this.#queue[0]!;
    const start = this.#sentOfFirst;
    const end = Math.min(first.length, start + bytes);
    if (end === first.length) {
      this.#queue.shift();
      this.#sentOfFirst = 0;
    } else this.#sentOfFirst = end;
    this.#queuedBytes -= end - start;
    return start === 0 && end === first.length ? first : first.subarray(start, end);
  }

  /** What was written had to wait; `moved`: some of it has been sent. */
  waits(moved: boolean, now_ms: number): void {
    if (!moved && this.since_ms !== 0) return;
    this.since_ms = now_ms;
    this.account?.hold(this.#queue);
  }

  /** All that was written has been sent. */
  emptied(): void {
    if (this.since_ms !== 0) {
      this.since_ms = 0;
      this.account?.hold(NOTHING_WAITS);
    }
    if (!this.#full || this.#ending) return;
    this.#full = false;
    this.onRoom?.();
  }

  /** Reads the whole body, at most `limit` bytes; rejects with 413 beyond that, and when the client leaves. */
  body(limit: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#credit(this.unread);
      this.#reader = { limit, resolve, reject };
      if (this.#closed) this.#leave();
      else this.#deliver();
    });
  }

  /** Takes a piece of the request's body. Answers whether that is still within what was announced. */
  received(chunk: Uint8Array, padding: number, end: boolean): boolean {
    this.#received += chunk.length;
    this.ended ||= end;
    if (this.#expected !== undefined) {
      if (this.#received > this.#expected) return false;
      if (end && this.#received !== this.#expected) return false;
    }
    if (this.#unwanted) this.#credit(chunk.length + padding);
    else {
      if (chunk.length > 0) this.#keep(chunk);
      if (this.#reader !== undefined) this.#credit(chunk.length + padding);
      else this.#credit(padding);
      this.#deliver();
    }
    return true;
  }

  /** What was received and will not be read: the connection has it back. */
  get unread(): number {
    return this.#reader === undefined && !this.#unwanted ? this.#chunks?.length ?? 0 : 0;
  }

  /** Nothing more will happen. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#leave();
    this.onClose?.();
    this.#whenClosed?.();
    this.onClose = this.onRoom = this.#whenClosed = undefined;
  }

  #credit(bytes: number): void {
    if (bytes > 0) this.#keeper.credit(this, bytes);
  }

  #keep(chunk: Uint8Array): void {
    this.#chunks ??= new BodyChunks();
    this.#chunks.add(chunk);
    this.account?.set(this.#chunks.held);
  }

  #deliver(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    if (this.#chunks !== undefined && this.#chunks.length > reader.limit) {
      this.#drop();
      reader.reject(bodyTooLarge(reader.limit));
    } else if (this.ended) {
      const body = this.#chunks?.whole() ?? NO_BODY;
      this.#drop();
      reader.resolve(body);
    }
  }

  #leave(): void {
    const reader = this.#reader;
    this.#drop();
    reader?.reject(new Error("The client has left"));
  }

  /** Nothing of the request is held any more. */
  #drop(): void {
    this.#reader = undefined;
    this.#unwanted = true;
    if (this.#chunks !== undefined) this.account?.set(0);
    this.#chunks = undefined;
  }
}
