// Cuts what a connection brings into frames. Source: RFC 9113, 3.4 and 4.1.

import { CODE, ConnectionError, FRAME_BYTES_MAX, HEAD_BYTES, read31 } from "./frames.ts";

/** What is done with a frame. The payload is good for this call alone. */
export type FrameHandler = (
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
) => void;

const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const NOTHING = new Uint8Array(0);

/** One connection's. */
export class FrameReader {
  /** The beginning of what has not come whole yet: less than one frame. */
  #rest = NOTHING;
  #prefaced = false;

  /** Hands the frames over that are complete now. Throws {@linkcode ConnectionError}. */
  read(chunk: Uint8Array, handle: FrameHandler): void {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    let at = 0;
    if (!this.#prefaced) {
      checkPreface(bytes);
      if (bytes.length < PREFACE.length) return void (this.#rest = bytes.slice());
      this.#prefaced = true;
      at = PREFACE.length;
    }
    while (bytes.length - at >= HEAD_BYTES) {
      const length = (bytes[at]! << 16) + (bytes[at + 1]! << 8) + bytes[at + 2]!;
      if (length > FRAME_BYTES_MAX) {
        throw new ConnectionError(CODE.frameSize, `A frame of ${length} bytes`);
      }
      const end = at + HEAD_BYTES + length;
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + HEAD_BYTES, end);
      handle(bytes[at + 3]!, bytes[at + 4]!, read31(bytes, at + 5), payload);
      at = end;
    }
    this.#rest = at === bytes.length ? NOTHING : bytes.slice(at);
  }
}

function checkPreface(bytes: Uint8Array): void {
  const length = Math.min(bytes.length, PREFACE.length);
  for (let i = 0; i < length; i++) {
    if (bytes[i] !== PREFACE[i]) throw new ConnectionError(CODE.protocol, "Not HTTP/2");
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}
