// What ends a SPDY connection: the other side has broken the protocol or
// asks for more than there is. Source: SPDY protocol draft 3.1.

/** Why a stream ends (RST_STREAM). */
export const StreamStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
  streamInUse: 8,
  streamAlreadyClosed: 9,
  frameTooLarge: 11,
} as const;

/** Why a connection ends (GOAWAY). */
export const SessionStatus = { ok: 0, protocolError: 1, internalError: 2 } as const;

/** The connection cannot go on. */
export class SpdyError extends Error {
  /** The class. */
  override readonly name = "SpdyError";
}
