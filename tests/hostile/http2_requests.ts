// Requests of HTTP/2 by hand, and what goes before them.

import { Buffer } from "node:buffer";
import { getHeaders, headerBlock, http2Frame, PREFACE, type Target } from "./connections.ts";

/** Types of frames. */
export const HTTP2 = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  window: 8,
  continuation: 9,
} as const;
export const END_HEADERS = 4;
export const END_STREAM = 1;

/** Windows of nothing: whatever is asked for has to wait. */
export const NO_WINDOWS: Buffer = http2Frame(
  HTTP2.settings,
  0,
  0,
  Buffer.from([0, 4, 0, 0, 0, 0]),
);

/** The beginning of a connection, and windows as wide as they can be. */
export const WIDE_OPEN: Buffer = Buffer.concat([
  PREFACE,
  http2Frame(HTTP2.settings, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])),
  http2Frame(HTTP2.window, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
]);

/** A request of one frame. */
export function get(
  target: Target,
  stream: number,
  path: string,
  flags = END_HEADERS | END_STREAM,
): Buffer {
  return http2Frame(HTTP2.headers, flags, stream, headerBlock(getHeaders(target, path)));
}

/** How many different lists there are to ask for. */
export const LISTS = 200;

/** One of them: hardly anybody else asks for it, so that its bytes are not shared. */
export function listWithout(i: number): string {
  return `/api/v1/configmaps?fieldSelector=metadata.name!=bulk-${i}`;
}
