// A SPDY/3.1 connection over any Duplex: streams that both sides open, each
// a Duplex. A peer that breaks the protocol or asks for too much ends its own
// connection. Flow control of SPDY is neither asked for nor granted, as
// Kubernetes' clients know none; a reader that lags holds up its whole
// connection instead. Source: SPDY protocol draft 3.1.

import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { type Clock, soon, type Timer } from "../../../runtime/clock.ts";
import {
  type ControlFrame,
  controlFrame,
  dataHead,
  type DataPiece,
  FLAG_FIN,
  FLAG_UNIDIRECTIONAL,
  FrameReader,
  FrameType,
  words,
} from "./frames.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./headers.ts";
import { SessionStatus, SpdyError, StreamStatus } from "./spdy_error.ts";
import { SpdyStream, type StreamCarrier } from "./spdy_stream.ts";

/** Options of a {@linkcode SpdyConnection}. */
export interface SpdyConnectionOptions {
  /** Who we are. */
  readonly role: "client" | "server";
  /** Times idleness. */
  readonly clock: Clock;
  /** Called for every stream that the other side opens. `false` refuses it. Default: all are refused. */
  onStream?(stream: SpdyStream): boolean;
  /** Called once when the connection is over. */
  onClose?(): void;
  /** How many streams may be open. Default 512. */
  readonly streams_max?: number;
  /** After so long without a frame the connection ends. Default: never. */
  readonly idle_ms?: number;
}

const STREAMS_MAX = 512;
// What may wait to be sent before a peer that asks but does not read is given up.
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
const FLUSH_MS = 1_000;
const ID_MASK = 0x7fffffff;
const REPLY_HEADERS: SpdyHeaders = {};

/** One connection. */
export class SpdyConnection {
  readonly #transport: Duplex;
  readonly #options: SpdyConnectionOptions;
  readonly #reader = new FrameReader();
  readonly #headerReader = new HeaderReader();
  readonly #headerWriter = new HeaderWriter();
  readonly #streams = new Map<number, SpdyStream>();
  /** The parity of the ids that the other side opens streams with. */
  readonly #theirs: 0 | 1;
  #lastTheirs = 0;
  #nextOurs: number;
  #closed = false;
  #leaving = false;
  #idle: Timer | undefined;
  #active_ms: number;

  /** Takes the transport over. `head` has come already. */
  constructor(transport: Duplex, head: Uint8Array, options: SpdyConnectionOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#theirs = options.role === "server" ? 1 : 0;
    this.#nextOurs = options.role === "server" ? 2 : 1;
    this.#active_ms = options.clock.now();
    transport.on("error", () => this.close());
    transport.on("close", () => this.close());
    this.#watchIdleness();
    void this.#run(head);
  }

  /** How many streams are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Whether it is over. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Opens a stream. */
  openStream(headers: SpdyHeaders): SpdyStream {
    if (this.#closed || this.#leaving) throw new SpdyError("The connection has ended");
    const id = this.#nextOurs;
    this.#nextOurs += 2;
    const stream = new SpdyStream(this.#carrier, id, headers);
    this.#streams.set(id, stream);
    const block = this.#headerWriter.write(headers);
    const payload = Buffer.concat([words(id, 0), Buffer.alloc(2), block]);
    this.#send(controlFrame(FrameType.synStream, 0, payload));
    return stream;
  }

  /** Ends everything. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#idle?.cancel();
    for (const stream of this.#streams.values()) stream.destroy();
    this.#streams.clear();
    this.#headerReader.close();
    this.#hangUp();
    this.#options.onClose?.();
  }

  /** What has been said already may still arrive, if it does so soon. */
  #hangUp(): void {
    const transport = this.#transport;
    if (transport.destroyed || transport.writableLength === 0) return void transport.destroy();
    const cut = () => transport.destroy();
    const timer = this.#options.clock.after(FLUSH_MS, cut, { background: true });
    transport.once("close", () => timer.cancel());
    transport.end(cut);
  }

  async #run(head: Uint8Array): Promise<void> {
    try {
      if (head.length > 0) await this.#receive(Buffer.from(head));
      const chunks = this.#transport.iterator({ destroyOnReturn: false });
      for await (const chunk of chunks) await this.#receive(chunk as Buffer);
      this.close();
    } catch (error) {
      if (error instanceof SpdyError) this.#goAway(SessionStatus.protocolError);
      this.close();
    }
  }

  async #receive(chunk: Buffer): Promise<void> {
    this.#active_ms = this.#options.clock.now();
    this.#reader.push(chunk);
    while (!this.#closed) {
      const frame = this.#reader.next();
      if (frame === undefined) return;
      if (frame.kind === "control") {
        const work = this.#control(frame);
        if (work !== undefined) await work;
      } else {
        const lag = this.#data(frame);
        if (lag !== undefined) await lag;
      }
    }
  }

  #control(frame: ControlFrame): Promise<void> | undefined {
    switch (frame.type) {
      case FrameType.synStream:
        return this.#synStream(frame);
      case FrameType.synReply:
      case FrameType.headers:
        return this.#moreHeaders(frame);
      case FrameType.rstStream:
        expect(frame, 8);
        this.#streams.get(idIn(frame))?.receiveReset();
        return undefined;
      case FrameType.ping:
        return this.#ping(frame);
      case FrameType.goAway:
        this.#leaving = true;
        this.#closeWhenDone();
        return undefined;
      default:
        // SETTINGS, WINDOW_UPDATE, and what nobody knows: nothing to do.
        return undefined;
    }
  }

  async #synStream(frame: ControlFrame): Promise<void> {
    expect(frame, 10);
    const id = idIn(frame);
    if (id % 2 !== this.#theirs || id <= this.#lastTheirs) {
      throw new SpdyError(`Stream ${id} cannot be opened`);
    }
    // Whoever refuses a stream still has to read its headers: the next ones build on them.
    const headers = await this.#headerReader.read(frame.payload.subarray(10));
    this.#lastTheirs = id;
    const { streams_max = STREAMS_MAX, onStream } = this.#options;
    if (this.#closed) return;
    if (this.#leaving || this.#streams.size >= streams_max) {
      return this.#reset(id, StreamStatus.refusedStream);
    }
    const stream = new SpdyStream(this.#carrier, id, headers);
    this.#streams.set(id, stream);
    if ((frame.flags & FLAG_FIN) !== 0) void stream.receive(Buffer.alloc(0), true);
    if (onStream === undefined || !onStream(stream)) return void stream.destroy();
    if ((frame.flags & FLAG_UNIDIRECTIONAL) !== 0) return void stream.end();
    const payload = Buffer.concat([words(id), this.#headerWriter.write(REPLY_HEADERS)]);
    this.#send(controlFrame(FrameType.synReply, 0, payload));
  }

  async #moreHeaders(frame: ControlFrame): Promise<void> {
    expect(frame, 4);
    await this.#headerReader.read(frame.payload.subarray(4));
    if ((frame.flags & FLAG_FIN) === 0) return;
    const stream = this.#streams.get(idIn(frame));
    if (stream?.receivedFin === false) void stream.receive(Buffer.alloc(0), true);
  }

  #ping(frame: ControlFrame): undefined {
    expect(frame, 4);
    const id = frame.payload.readUInt32BE(0);
    // Others are answers to ours.
    if (id % 2 === this.#theirs) this.#send(controlFrame(FrameType.ping, 0, words(id)));
  }

  #data({ streamId, payload, fin }: DataPiece): Promise<void> | undefined {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) {
      // What was on its way when a stream ended is nobody's fault.
      const known = streamId % 2 === this.#theirs
        ? streamId <= this.#lastTheirs
        : streamId < this.#nextOurs;
      if (!known || streamId === 0) this.#reset(streamId, StreamStatus.invalidStream);
      return undefined;
    }
    if (stream.receivedFin) {
      this.#reset(streamId, StreamStatus.streamAlreadyClosed);
      stream.receiveReset();
      return undefined;
    }
    return stream.receive(payload, fin);
  }

  readonly #carrier: StreamCarrier = {
    sendData: (id, payload, fin, done) => {
      if (this.#closed) return done(new SpdyError("The connection has ended"));
      this.#active_ms = this.#options.clock.now();
      if (payload.length === 0 && !fin) return done();
      const frames = dataFrames(id, payload, fin);
      const last = frames.pop() as Uint8Array;
      this.#transport.cork();
      for (const part of frames) this.#transport.write(part);
      this.#transport.write(last, (error) => done(error ?? undefined));
      this.#transport.uncork();
    },
    soon: (callback) => soon(this.#options.clock, callback),
    streamClosed: (id, reset) => {
      if (!this.#streams.delete(id) || this.#closed) return;
      if (reset) this.#reset(id, StreamStatus.cancel);
      this.#closeWhenDone();
    },
  };

  #closeWhenDone(): void {
    if (this.#leaving && this.#streams.size === 0) this.close();
  }

  #reset(id: number, status: number): void {
    this.#send(controlFrame(FrameType.rstStream, 0, words(id, status)));
  }

  #goAway(status: number): void {
    this.#send(controlFrame(FrameType.goAway, 0, words(this.#lastTheirs, status)));
  }

  #send(frame: Buffer): void {
    if (this.#closed) return;
    this.#transport.write(frame);
    if (this.#transport.writableLength > UNSENT_BYTES_MAX) this.close();
  }

  #watchIdleness(): void {
    const { clock, idle_ms } = this.#options;
    if (idle_ms === undefined || this.#closed) return;
    const left_ms = this.#active_ms + idle_ms - clock.now();
    if (left_ms <= 0) return this.close();
    this.#idle = clock.after(left_ms, () => this.#watchIdleness(), { background: true });
  }
}

// Frames no larger than this leave room for those of other streams.
const DATA_BYTES_MAX = 64 * 1024;

/** Data as heads of frames and what follows them. */
function dataFrames(id: number, payload: Uint8Array, fin: boolean): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  do {
    const part = payload.subarray(at, at + DATA_BYTES_MAX);
    at += part.length;
    parts.push(dataHead(id, part.length, fin && at === payload.length));
    if (part.length > 0) parts.push(part);
  } while (at < payload.length);
  return parts;
}

function expect({ type, payload }: ControlFrame, length: number): void {
  if (payload.length < length) throw new SpdyError(`A frame of type ${type} is cut short`);
}

function idIn({ payload }: ControlFrame): number {
  return payload.readUInt32BE(0) & ID_MASK;
}
