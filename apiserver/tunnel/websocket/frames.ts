// WebSocket frames: told apart in a sequence of bytes, and written. Messages
// go on in pieces as they come; control frames are whole. Which messages
// make sense is for others to say. Source: RFC 6455, section 5.

import { Buffer } from "node:buffer";

/** Kinds of frames. */
export const Opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** A part of a message, or a whole control frame. */
export interface MessagePiece {
  /** Of the message: never a continuation. */
  readonly opcode: number;
  /** Unmasked. Can be empty. */
  readonly payload: Buffer;
  /** Whether the message begins here. */
  readonly first: boolean;
  /** Whether the message ends here. */
  readonly last: boolean;
}

/** The other side has broken the protocol; `code` is what a close frame says of it. */
export class WebSocketError extends Error {
  /** The class. */
  override readonly name = "WebSocketError";
  /** A status code of close frames. */
  readonly code: number;

  /** With a code of RFC 6455, section 7.4.1. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const CONTROL_BYTES_MAX = 125;
const EMPTY: Buffer = Buffer.alloc(0);
const NO_MASK: Buffer = Buffer.alloc(4);
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

interface FrameHead {
  readonly opcode: number;
  readonly fin: boolean;
  readonly mask: Buffer;
  readonly length: number;
  read: number;
}

/** Options of a {@linkcode WebSocketFrameReader}. */
export interface WebSocketFrameReaderOptions {
  /** Whether frames have to be masked, as those of clients are. */
  readonly masked: boolean;
  /** How large a frame may be. */
  readonly frameBytes_max: number;
}

/** Makes pieces of messages of bytes. */
export class WebSocketFrameReader {
  readonly #options: WebSocketFrameReaderOptions;
  #rest: Buffer = EMPTY;
  #frame: FrameHead | undefined;
  /** The opcode of the message that goes on over several frames. */
  #message: number | undefined;

  /** For one direction of a connection. */
  constructor(options: WebSocketFrameReaderOptions) {
    this.#options = options;
  }

  /** More bytes have come. Take all pieces before the next call. */
  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** The next piece; `undefined` until more bytes come. Throws a WebSocketError. */
  next(): MessagePiece | undefined {
    const frame = this.#frame ??= this.#head();
    if (frame === undefined) return undefined;
    const control = frame.opcode >= Opcode.close;
    const wanted = frame.length - frame.read;
    // Control frames are collected, parts of messages go on as they come.
    if (this.#rest.length < (control ? wanted : Math.min(1, wanted))) return undefined;
    const first = frame.read === 0 && frame.opcode !== Opcode.continuation;
    const payload = this.#take(frame);
    const done = frame.read === frame.length;
    if (done) this.#frame = undefined;
    if (control) return { opcode: frame.opcode, payload, first: true, last: true };
    const opcode = this.#message ?? frame.opcode;
    this.#message = done && frame.fin ? undefined : opcode;
    return { opcode, payload, first, last: done && frame.fin };
  }

  #take(frame: FrameHead): Buffer {
    const part = this.#rest.subarray(0, frame.length - frame.read);
    this.#rest = this.#rest.subarray(part.length);
    if (this.#options.masked) applyMask(part, frame.mask, frame.read);
    frame.read += part.length;
    return part;
  }

  #head(): FrameHead | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    const [first, second] = [rest[0] as number, rest[1] as number];
    const masked = second >= 0x80;
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const size = 2 + lengthBytes + (masked ? 4 : 0);
    this.#check(first, short, masked);
    if (rest.length < size) return undefined;
    const length = lengthBytes === 0
      ? short
      : lengthBytes === 2
      ? rest.readUInt16BE(2)
      : Number(rest.readBigUInt64BE(2));
    if (length > this.#options.frameBytes_max) {
      throw new WebSocketError(TOO_BIG, "A frame is too large");
    }
    const mask = masked ? Buffer.from(rest.subarray(size - 4, size)) : NO_MASK;
    this.#rest = rest.subarray(size);
    return { opcode: first & 0x0f, fin: first >= 0x80, mask, length, read: 0 };
  }

  #check(first: number, short: number, masked: boolean): void {
    const opcode = first & 0x0f;
    const control = opcode >= Opcode.close;
    const why = (first & 0x70) !== 0
      ? "Extensions were not agreed on"
      : opcode > Opcode.pong || (opcode > Opcode.binary && opcode < Opcode.close)
      ? `There are no frames of kind ${opcode}`
      : masked !== this.#options.masked
      ? "Frames of clients are masked, others are not"
      : control && (first < 0x80 || short > CONTROL_BYTES_MAX)
      ? "Control frames are short and whole"
      : !control && (opcode === Opcode.continuation) !== (this.#message !== undefined)
      ? "Messages come one after the other"
      : undefined;
    if (why !== undefined) throw new WebSocketError(PROTOCOL_ERROR, why);
  }
}

function applyMask(bytes: Buffer, mask: Buffer, offset: number): void {
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (bytes[i] as number) ^ (mask[(offset + i) & 3] as number);
  }
}

/** A whole message as one frame. With `mask`, which has four bytes, as a client sends it. */
export function webSocketFrame(opcode: number, payload: Uint8Array, mask?: Buffer): Buffer {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 0x10000 ? 2 : 8;
  const start = 2 + lengthBytes + (mask === undefined ? 0 : 4);
  const frame = Buffer.alloc(start + length);
  frame[0] = 0x80 | opcode;
  frame[1] = (mask === undefined ? 0 : 0x80) |
    (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, start);
  if (mask !== undefined) {
    frame.set(mask, start - 4);
    applyMask(frame.subarray(start), mask, 0);
  }
  return frame;
}
