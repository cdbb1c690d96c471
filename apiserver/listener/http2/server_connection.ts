// The server's side of a connection of HTTP/2: frames in, streams, frames out.
// node:http2 does the same and writes for each stream by itself, which costs a
// busy server most of its time; here everything that comes about in one turn
// of the event loop is one write. No server push, no priorities, no extended
// CONNECT. Source: RFC 9113.

import type { TLSSocket } from "node:tls";
import { systemClock } from "../../../runtime/clock.ts";
import { FrameReader } from "./frame_reader.ts";
import {
  CODE,
  ConnectionError,
  FLAG,
  FRAME,
  read31,
  SETTING,
  WINDOW_BYTES,
  withoutPadding,
  write32,
} from "./frames.ts";
import { CompressionError, HeaderDecoder } from "./header_decoder.ts";
import { Patience } from "./patience.ts";
import { readSettings } from "./settings.ts";
import { HeaderCollector } from "./request_headers.ts";
import { Sender } from "./sender.ts";
import { ServerStream, type StreamKeeper } from "./server_stream.ts";

/** What a connection is allowed, and who answers its requests. */
export interface ServerConnectionOptions {
  /** How many requests may be open at once. */
  readonly streamsMax: number;
  /** What the headers of one request may count for. */
  readonly headerBytesMax: number;
  /** How long the other side may take nothing of what is there for it. */
  readonly stalled_ms: number;
  /** Told of each request. */
  onStream(stream: ServerStream): void;
  /** Told how many bytes wait for the socket to take them. Default: nobody wants to know. */
  onWaiting?(bytes: number): void;
}

/** What the bodies of requests may have on their way: as kube-apiserver allows. */
const STREAM_WINDOW_BYTES = 256 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
/** Windows are opened again in pieces of this size. */
const CREDIT_BYTES_MIN = 32 * 1024;
/** How much of a request is taken that has been answered already; some clients listen only when they have spoken. */
const LATE_BYTES_MAX = 1024 * 1024;
/** So many of the streams that this side has ended are remembered: what is still on its way to them is no mistake. */
const ENDED_MAX = 2000;
const NOTHING = new Uint8Array(0);

interface HeaderBlock {
  readonly id: number;
  readonly endStream: boolean;
  /** Its priority makes it wait for itself. */
  readonly looped: boolean;
  readonly parts: Uint8Array[];
  bytes: number;
}

/** One connection. */
export class ServerConnection implements StreamKeeper {
  /** What it goes through. */
  readonly socket: TLSSocket;
  readonly #options: ServerConnectionOptions;
  readonly #reader = new FrameReader();
  readonly #decoder = new HeaderDecoder();
  readonly #sender: Sender;
  readonly #patience = new Patience();
  readonly #streams = new Map<number, ServerStream>();
  /** Streams that are answered and whose requests still come, and how much of those is still taken. */
  readonly #late = new Map<number, number>();
  /** Streams that this side has ended. */
  readonly #ended = new Set<number>();
  #lastId = 0;
  #block: HeaderBlock | undefined;
  /** The other side's settings came first. */
  #greeted = false;
  #leaving = false;
  #over = false;
  #initialSendWindow = WINDOW_BYTES;
  #receiveWindow = CONNECTION_WINDOW_BYTES;
  #uncredited = 0;

  /** Takes a socket over from its first byte. */
  constructor(socket: TLSSocket, options: ServerConnectionOptions) {
    this.socket = socket;
    this.#options = options;
    this.#sender = new Sender(socket, {
      stalled_ms: options.stalled_ms,
      answered: (stream) => this.#answered(stream),
      reset: (stream, code) => this.reset(stream, code),
      waiting: (bytes) => options.onWaiting?.(bytes),
    });
    this.#greet();
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    // A connection's failure is its own affair.
    for (const event of ["end", "close", "error"]) socket.on(event, () => this.#lost());
  }

  sendHeaders(
    stream: ServerStream,
    status: number,
    headers: Iterable<readonly [name: string, value: string]>,
    end: boolean,
  ): void {
    this.#sender.headers(stream, status, headers, end);
  }

  queued(stream: ServerStream): void {
    this.#sender.queued(stream);
  }

  credit(stream: ServerStream, bytes: number): void {
    if (this.#over) return;
    this.#creditConnection(bytes);
    if (stream.ended || stream.closed) return;
    stream.uncredited += bytes;
    if (stream.uncredited < CREDIT_BYTES_MIN) return;
    this.#sender.number(FRAME.windowUpdate, stream.id, stream.uncredited);
    stream.receiveWindow += stream.uncredited;
    stream.uncredited = 0;
  }

  reset(stream: ServerStream, code: number): void {
    if (!this.#over) this.#sendReset(stream.id, code);
    this.#close(stream);
  }

  #sendReset(id: number, code: number): void {
    this.#sender.number(FRAME.reset, id, code);
    this.#ended.add(id);
    if (this.#ended.size <= ENDED_MAX) return;
    for (const first of this.#ended) {
      this.#ended.delete(first);
      break;
    }
  }

  #greet(): void {
    const settings: readonly [setting: number, value: number][] = [
      [SETTING.concurrentStreams, this.#options.streamsMax],
      [SETTING.initialWindow, STREAM_WINDOW_BYTES],
      [SETTING.headerListBytes, this.#options.headerBytesMax],
    ];
    const payload = new Uint8Array(6 * settings.length);
    settings.forEach(([setting, value], i) => {
      payload[6 * i + 1] = setting;
      write32(payload, 6 * i + 2, value);
    });
    this.#sender.frame(FRAME.settings, 0, 0, payload);
    this.#sender.number(FRAME.windowUpdate, 0, CONNECTION_WINDOW_BYTES - WINDOW_BYTES);
  }

  #receive(chunk: Uint8Array): void {
    if (this.#over) return;
    try {
      this.#reader.read(chunk, this.#handle);
    } catch (error) {
      if (error instanceof CompressionError) this.#fail(CODE.compression);
      else if (error instanceof ConnectionError) this.#fail(error.code);
      else throw error;
    }
    // Who does not read what is answered has nothing more to say.
    if (this.#sender.overdue) this.socket.pause();
  }

  readonly #handle = (type: number, flags: number, id: number, payload: Uint8Array): void => {
    if (this.#over) return;
    if (this.#block !== undefined && (type !== FRAME.continuation || id !== this.#block.id)) {
      throw new ConnectionError(CODE.protocol, "Headers are interrupted");
    }
    if (!this.#greeted && type !== FRAME.settings) {
      throw new ConnectionError(CODE.protocol, "No settings at the beginning");
    }
    switch (type) {
      case FRAME.data:
        return this.#handleData(flags, id, payload);
      case FRAME.headers:
        return this.#handleHeaders(flags, id, payload);
      case FRAME.continuation:
        return this.#handleContinuation(flags, payload);
      case FRAME.reset:
        return this.#handleReset(id, payload);
      case FRAME.settings:
        return this.#handleSettings(flags, id, payload);
      case FRAME.ping:
        return this.#handlePing(flags, id, payload);
      case FRAME.windowUpdate:
        return this.#handleWindowUpdate(id, payload);
      case FRAME.goAway:
        if (id !== 0) throw new ConnectionError(CODE.protocol, "GOAWAY of a stream");
        this.#leaving = true;
        return this.#leaveIfDone();
      case FRAME.pushPromise:
        throw new ConnectionError(CODE.protocol, "Clients do not push");
      case FRAME.priority:
        if (id === 0) throw new ConnectionError(CODE.protocol, "PRIORITY of no stream");
        if (payload.length !== 5) throw new ConnectionError(CODE.frameSize, "PRIORITY's size");
        if (dependsOnItself(id, payload)) return this.#refuse(id);
    }
    // Priorities and what is unknown are passed over.
    this.#patience.strain();
  };

  #handleData(flags: number, id: number, payload: Uint8Array): void {
    const stream = this.#openStream(id);
    this.#receiveWindow -= payload.length;
    if (this.#receiveWindow < 0) {
      throw new ConnectionError(CODE.flowControl, "More data than the connection has room for");
    }
    const data = withoutPadding(payload, flags, FRAME.data);
    const end = (flags & FLAG.endStream) !== 0;
    if (data.length === 0 && !end) this.#patience.strain();
    if (stream === undefined) return this.#takeLate(id, payload.length, end);
    if (stream.ended) {
      this.#creditConnection(payload.length);
      return this.reset(stream, CODE.streamClosed);
    }
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0) return this.reset(stream, CODE.flowControl);
    if (!stream.received(data, payload.length - data.length, end)) {
      return this.reset(stream, CODE.protocol);
    }
  }

  /** Data for a stream that this side is done with. */
  #takeLate(id: number, bytes: number, end: boolean): void {
    this.#creditConnection(bytes);
    const left = this.#late.get(id);
    if (left === undefined) {
      if (this.#ended.has(id)) return this.#patience.strain();
      throw new ConnectionError(CODE.streamClosed, `Stream ${id} is over`);
    }
    this.#late.delete(id);
    if (end) return this.#leaveIfDone();
    if (left < bytes) return this.#sendReset(id, CODE.noError);
    this.#late.set(id, left - bytes);
    if (bytes === 0) return;
    this.#sender.number(FRAME.windowUpdate, id, bytes);
  }

  #handleHeaders(flags: number, id: number, payload: Uint8Array): void {
    if (id % 2 === 0) throw new ConnectionError(CODE.protocol, "A stream that is not a client's");
    const fragment = withoutPadding(payload, flags, FRAME.headers);
    const looped = (flags & FLAG.priority) !== 0 &&
      dependsOnItself(id, payload.subarray(flags & FLAG.padded ? 1 : 0));
    this.#block = { id, endStream: (flags & FLAG.endStream) !== 0, looped, parts: [], bytes: 0 };
    this.#takeFragment(flags, fragment);
  }

  #handleContinuation(flags: number, payload: Uint8Array): void {
    if (this.#block === undefined) {
      throw new ConnectionError(CODE.protocol, "CONTINUATION of nothing");
    }
    this.#patience.strain();
    this.#takeFragment(flags, payload);
  }

  #takeFragment(flags: number, fragment: Uint8Array): void {
    const block = this.#block!;
    block.bytes += fragment.length;
    if (block.bytes > this.#options.headerBytesMax) {
      throw new ConnectionError(CODE.enhanceYourCalm, "Headers without end");
    }
    if ((flags & FLAG.endHeaders) === 0) return void block.parts.push(fragment.slice());
    this.#block = undefined;
    this.#takeBlock(block, block.parts.length === 0 ? fragment : joined(block, fragment));
  }

  #takeBlock({ id, endStream, looped }: HeaderBlock, bytes: Uint8Array): void {
    const collector = new HeaderCollector();
    const fits = this.#decoder.decode(bytes, this.#options.headerBytesMax, collector.take);
    if (id <= this.#lastId) return this.#takeTrailers(id, endStream);
    this.#lastId = id;
    if (this.#leaving || this.#streams.size + this.#late.size >= this.#options.streamsMax) {
      this.#patience.strain();
      return this.#sendReset(id, CODE.refused);
    }
    const windows = { send: this.#initialSendWindow, receive: STREAM_WINDOW_BYTES };
    const stream = new ServerStream(this, id, collector.headers, windows);
    this.#streams.set(id, stream);
    if (!fits) return stream.respond(431, [], true);
    if (looped || !collector.wellFormed) return this.reset(stream, CODE.protocol);
    if (endStream && !stream.received(NOTHING, 0, true)) return this.reset(stream, CODE.protocol);
    this.#options.onStream(stream);
  }

  /** Trailers say nothing that anybody here wants to know, but that the body is over. */
  #takeTrailers(id: number, endStream: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (endStream && this.#late.delete(id)) return this.#leaveIfDone();
      if (this.#ended.has(id)) return this.#patience.strain();
      throw new ConnectionError(CODE.streamClosed, `Stream ${id} is over`);
    }
    if (stream.ended) return this.reset(stream, CODE.streamClosed);
    if (!endStream || !stream.received(NOTHING, 0, true)) this.reset(stream, CODE.protocol);
  }

  #handleReset(id: number, payload: Uint8Array): void {
    if (payload.length !== 4) throw new ConnectionError(CODE.frameSize, "RST_STREAM's size");
    const stream = this.#openStream(id);
    this.#patience.strain();
    if (stream !== undefined) this.#close(stream);
    else if (this.#late.delete(id)) this.#leaveIfDone();
  }

  #handleSettings(flags: number, id: number, payload: Uint8Array): void {
    if (id !== 0) throw new ConnectionError(CODE.protocol, "Settings of a stream");
    this.#greeted = true;
    if (flags & FLAG.acknowledged) {
      if (payload.length > 0) throw new ConnectionError(CODE.frameSize, "Settings' size");
      return;
    }
    this.#patience.strain();
    const { headerTableBytes, initialWindow, frameBytes } = readSettings(payload);
    if (headerTableBytes !== undefined) this.#sender.resizeTable();
    if (frameBytes !== undefined) this.#sender.allowFrames(frameBytes);
    if (initialWindow !== undefined) this.#changeWindows(initialWindow);
    this.#sender.frame(FRAME.settings, FLAG.acknowledged, 0, NOTHING);
  }

  #changeWindows(initial: number): void {
    const difference = initial - this.#initialSendWindow;
    this.#initialSendWindow = initial;
    for (const stream of this.#streams.values()) this.#sender.widenStream(stream, difference);
  }

  #handlePing(flags: number, id: number, payload: Uint8Array): void {
    if (id !== 0) throw new ConnectionError(CODE.protocol, "A stream's PING");
    if (payload.length !== 8) throw new ConnectionError(CODE.frameSize, "PING's size");
    if (flags & FLAG.acknowledged) return;
    this.#patience.strain();
    this.#sender.frame(FRAME.ping, FLAG.acknowledged, 0, payload);
  }

  #handleWindowUpdate(id: number, payload: Uint8Array): void {
    if (payload.length !== 4) throw new ConnectionError(CODE.frameSize, "WINDOW_UPDATE's size");
    const bytes = read31(payload, 0);
    if (id === 0) {
      if (bytes === 0) throw new ConnectionError(CODE.protocol, "A window opened by nothing");
      if (this.#sender.widen(bytes)) return;
      throw new ConnectionError(CODE.flowControl, "A window too large");
    }
    const stream = this.#openStream(id);
    if (stream === undefined) return;
    if (bytes === 0) return this.reset(stream, CODE.protocol);
    this.#sender.widenStream(stream, bytes);
  }

  /** The stream, `undefined` if this side is done with it. Throws if it has never begun. */
  #openStream(id: number): ServerStream | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined && (id === 0 || id % 2 === 0 || id > this.#lastId)) {
      throw new ConnectionError(CODE.protocol, `Stream ${id} is not open`);
    }
    return stream;
  }

  #refuse(id: number): void {
    this.#patience.strain();
    const stream = this.#streams.get(id);
    if (stream === undefined) this.#sendReset(id, CODE.protocol);
    else this.reset(stream, CODE.protocol);
  }

  #creditConnection(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited < CREDIT_BYTES_MIN) return;
    this.#sender.number(FRAME.windowUpdate, 0, this.#uncredited);
    this.#receiveWindow += this.#uncredited;
    this.#uncredited = 0;
  }

  /** The answer is complete. What is left of the request is of no interest. */
  #answered(stream: ServerStream): void {
    if (!stream.ended) this.#late.set(stream.id, LATE_BYTES_MAX);
    this.#close(stream);
  }

  #close(stream: ServerStream): void {
    if (!this.#streams.delete(stream.id)) return;
    this.#sender.forget(stream);
    const { unread } = stream;
    stream.close();
    if (this.#over) return;
    if (unread > 0) this.#creditConnection(unread);
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (!this.#leaving || this.#streams.size + this.#late.size > 0 || this.#over) return;
    this.#sender.flush();
    this.#end();
    this.socket.destroySoon();
  }

  /** Tells the other side what it did wrong, and leaves. */
  #fail(code: number): void {
    const payload = new Uint8Array(8);
    write32(payload, 0, this.#lastId);
    write32(payload, 4, code);
    this.#sender.frame(FRAME.goAway, 0, 0, payload);
    this.#sender.flush();
    this.#end();
    this.socket.destroySoon();
    // Who takes nothing is not waited for.
    const { socket } = this;
    const timer = systemClock.after(this.#options.stalled_ms, () => socket.destroy(), {
      background: true,
    });
    socket.once("close", () => timer.cancel());
  }

  /** Nothing comes and nothing goes any more. */
  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#sender.stop();
    for (const stream of [...this.#streams.values()]) this.#close(stream);
  }

  #lost(): void {
    this.#end();
    if (!this.socket.destroyed) this.socket.destroy();
  }
}

/** Priorities are not heeded, but servers that know them refuse these: RFC 7540, 5.3.1. */
function dependsOnItself(id: number, priority: Uint8Array): boolean {
  return priority.length >= 5 && read31(priority, 0) === id;
}

function joined({ parts, bytes }: HeaderBlock, last: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes);
  let at = 0;
  for (const part of [...parts, last]) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
