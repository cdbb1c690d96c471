// SPDY/3.1 frames: how they are told apart in a sequence of bytes, and how
// they are written. Data goes on in pieces as it comes, so that a frame of
// 16 MiB needs no 16 MiB; control frames are collected. What frames mean is
// spdy_connection.ts's business. Source: SPDY protocol draft 3.1, section 2.

import { Buffer } from "node:buffer";
import { SpdyError } from "./spdy_error.ts";

/** Types of control frames. */
export const FrameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** The flag of the last frame of a direction of a stream. */
export const FLAG_FIN = 1;
/** The flag of a SYN_STREAM whose other direction stays shut. */
export const FLAG_UNIDIRECTIONAL = 2;

/** A whole control frame. */
export interface ControlFrame {
  /** Which of the two. */
  readonly kind: "control";
  /** A {@linkcode FrameType}, or one that nobody knows. */
  readonly type: number;
  /** Bits. */
  readonly flags: number;
  /** What comes after the first eight bytes. */
  readonly payload: Buffer;
}

/** A part of a data frame. */
export interface DataPiece {
  /** Which of the two. */
  readonly kind: "data";
  /** The stream it belongs to. */
  readonly streamId: number;
  /** Can be empty. */
  readonly payload: Buffer;
  /** Nothing more comes in this direction of the stream. */
  readonly fin: boolean;
}

const HEAD_BYTES = 8;
const VERSION = 3;
// What a control frame may have: all headers of a request, compressed.
const CONTROL_BYTES_MAX = 64 * 1024;
const EMPTY: Buffer = Buffer.alloc(0);

/** Makes frames of bytes. */
export class FrameReader {
  #rest: Buffer = EMPTY;
  /** The data frame that is being read. */
  #data: { streamId: number; left: number; fin: boolean } | undefined;

  /** More bytes have come. Take all frames before the next call: at most one control frame's bytes are kept. */
  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** The next frame or piece of one; `undefined` until more bytes come. Throws a SpdyError. */
  next(): ControlFrame | DataPiece | undefined {
    if (this.#data !== undefined) return this.#nextPiece(this.#data);
    const rest = this.#rest;
    if (rest.length < HEAD_BYTES) return undefined;
    const first = rest.readUInt32BE(0);
    const flags = rest[4] as number;
    const length = rest.readUIntBE(5, 3);
    if (first >>> 31 === 1) return this.#control(first, flags, length);
    this.#rest = rest.subarray(HEAD_BYTES);
    this.#data = { streamId: first, left: length, fin: (flags & FLAG_FIN) !== 0 };
    return this.#nextPiece(this.#data);
  }

  #control(first: number, flags: number, length: number): ControlFrame | undefined {
    const version = (first >>> 16) & 0x7fff;
    if (version !== VERSION) throw new SpdyError(`SPDY version ${version} is not spoken here`);
    if (length > CONTROL_BYTES_MAX) {
      throw new SpdyError(`A control frame is larger than ${CONTROL_BYTES_MAX} bytes`);
    }
    if (this.#rest.length < HEAD_BYTES + length) return undefined;
    const payload = this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length);
    this.#rest = this.#rest.subarray(HEAD_BYTES + length);
    return { kind: "control", type: first & 0xffff, flags, payload };
  }

  #nextPiece(data: { streamId: number; left: number; fin: boolean }): DataPiece | undefined {
    if (data.left > 0 && this.#rest.length === 0) return undefined;
    const payload = this.#rest.subarray(0, data.left);
    this.#rest = this.#rest.subarray(payload.length);
    data.left -= payload.length;
    const last = data.left === 0;
    if (last) this.#data = undefined;
    return { kind: "data", streamId: data.streamId, payload, fin: last && data.fin };
  }
}

/** A control frame as bytes. */
export function controlFrame(type: number, flags: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(HEAD_BYTES + payload.length);
  frame.writeUInt16BE(0x8000 | VERSION, 0);
  frame.writeUInt16BE(type, 2);
  frame[4] = flags;
  frame.writeUIntBE(payload.length, 5, 3);
  frame.set(payload, HEAD_BYTES);
  return frame;
}

/** What stands before the `length` bytes of a data frame. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head[4] = fin ? FLAG_FIN : 0;
  head.writeUIntBE(length, 5, 3);
  return head;
}

/** Numbers of four bytes each. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, i * 4));
  return bytes;
}
