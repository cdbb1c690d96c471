// The words of HTTP/2's framing. Source: RFC 9113, 4 to 7.

/** Types of frames. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames. */
export const FLAG = {
  endStream: 1,
  acknowledged: 1,
  endHeaders: 4,
  padded: 8,
  priority: 0x20,
} as const;

/** Why a stream or a connection ends. */
export const CODE = {
  noError: 0,
  protocol: 1,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

/** Settings. */
export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  concurrentStreams: 3,
  initialWindow: 4,
  frameBytes: 5,
  headerListBytes: 6,
} as const;

/** What stands before every frame's payload. */
export const HEAD_BYTES = 9;
/** What a payload may have unless the reader allows more; this server does not. */
export const FRAME_BYTES_MAX = 16_384;
/** Of streams and connections at their beginning. */
export const WINDOW_BYTES = 65_535;
/** What a window may never be larger than. */
export const WINDOW_BYTES_MAX = 2 ** 31 - 1;

/** The other side breaks the protocol: the connection is over. */
export class ConnectionError extends Error {
  /** One of {@linkcode CODE}. */
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A number of 31 bits; the one before them is reserved. */
export function read31(bytes: Uint8Array, at: number): number {
  return (bytes[at]! & 0x7f) * 2 ** 24 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) +
    bytes[at + 3]!;
}

/** A number of 32 bits as bytes. */
export function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The payload of a HEADERS or DATA frame without its padding, and without the priority nobody heeds. */
export function withoutPadding(payload: Uint8Array, flags: number, type: number): Uint8Array {
  let start = 0;
  let end = payload.length;
  if (flags & FLAG.padded) {
    if (end === 0) throw new ConnectionError(CODE.frameSize, "Padding without a length");
    start = 1;
    end -= payload[0]!;
  }
  if (type === FRAME.headers && flags & FLAG.priority) start += 5;
  if (start > end) throw new ConnectionError(CODE.protocol, "More padding than payload");
  return payload.subarray(start, end);
}
