// What the other side asks for at the beginning of a connection, and later.
// Source: RFC 9113, 6.5.

import {
  CODE,
  ConnectionError,
  FRAME_BYTES_MAX,
  read31,
  SETTING,
  WINDOW_BYTES_MAX,
} from "./frames.ts";

const FRAME_BYTES_LIMIT = 2 ** 24 - 1;
const ENTRY_BYTES = 6;

/** What of it matters to a server that pushes nothing and keeps no table of headers. */
export interface Settings {
  readonly headerTableBytes?: number;
  readonly initialWindow?: number;
  readonly frameBytes?: number;
}

/** Reads a SETTINGS frame. Throws {@linkcode ConnectionError}. */
export function readSettings(payload: Uint8Array): Settings {
  if (payload.length % ENTRY_BYTES !== 0) {
    throw new ConnectionError(CODE.frameSize, "Settings' size");
  }
  const settings: { -readonly [K in keyof Settings]: Settings[K] } = {};
  for (let at = 0; at < payload.length; at += ENTRY_BYTES) {
    const value = read31(payload, at + 2) + (payload[at + 2]! >= 0x80 ? 2 ** 31 : 0);
    switch (payload[at]! * 256 + payload[at + 1]!) {
      case SETTING.headerTableSize:
        settings.headerTableBytes = value;
        break;
      case SETTING.enablePush:
        if (value > 1) throw new ConnectionError(CODE.protocol, "Neither push nor no push");
        break;
      case SETTING.initialWindow:
        if (value > WINDOW_BYTES_MAX) {
          throw new ConnectionError(CODE.flowControl, "A window too large");
        }
        settings.initialWindow = value;
        break;
      case SETTING.frameBytes:
        if (value < FRAME_BYTES_MAX || value > FRAME_BYTES_LIMIT) {
          throw new ConnectionError(CODE.protocol, `Frames of ${value} bytes`);
        }
        settings.frameBytes = value;
    }
  }
  return settings;
}
