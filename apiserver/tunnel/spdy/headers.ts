// The header block of SPDY/3: names and values, compressed over the whole
// life of a connection in each direction. What is sent is not made smaller:
// a stored zlib stream is as valid, costs no memory, and the few headers of
// tunnels are short. Source: SPDY protocol draft 3.1, section 2.6.10.

import { Buffer } from "node:buffer";
import { constants, createInflate, type Inflate } from "node:zlib";
import { HEADER_DICTIONARY } from "./dictionary.ts";
import { SpdyError } from "./spdy_error.ts";

/** Names in lower case. Several values of one name are joined with `, `. */
export type SpdyHeaders = Readonly<Record<string, string>>;

const BLOCK_BYTES_MAX = 64 * 1024;
const HEADERS_MAX = 128;

/** Reads the header blocks of one direction, in their order. */
export class HeaderReader {
  readonly #inflate: Inflate;
  #parts: Buffer[] = [];
  #size = 0;
  #failure: SpdyError | undefined;
  #wake: (() => void) | undefined;

  /** A direction begins. */
  constructor() {
    this.#inflate = createInflate({
      dictionary: HEADER_DICTIONARY,
      flush: constants.Z_SYNC_FLUSH,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    this.#inflate.on("data", (part: Buffer) => {
      this.#size += part.length;
      if (this.#size > BLOCK_BYTES_MAX) {
        this.#fail(`A header block is larger than ${BLOCK_BYTES_MAX} bytes`);
      } else this.#parts.push(part);
    });
    this.#inflate.on("error", (error: Error) => this.#fail(error.message));
    this.#inflate.on("close", () => this.#wake?.());
  }

  /** The next block. Rejects with a SpdyError when it is none. */
  async read(compressed: Uint8Array): Promise<SpdyHeaders> {
    await new Promise<void>((resolve) => {
      if (this.#failure !== undefined) return resolve();
      this.#wake = resolve;
      this.#inflate.write(compressed, () => resolve());
    });
    if (this.#failure !== undefined) throw this.#failure;
    const block = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    return parseHeaders(block);
  }

  /** Gives the memory of the decompressor back. */
  close(): void {
    this.#failure ??= new SpdyError("The connection has ended");
    this.#inflate.destroy();
  }

  #fail(why: string): void {
    this.#failure ??= new SpdyError(why);
    this.#parts = [];
    this.#inflate.destroy();
    this.#wake?.();
  }
}

/** Reads an uncompressed block. Throws a SpdyError when it is none. */
export function parseHeaders(block: Buffer): SpdyHeaders {
  const headers: Record<string, string> = Object.create(null);
  let at = 0;
  const number = () => {
    if (at + 4 > block.length) throw new SpdyError("A header block is cut short");
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    if (at + length > block.length) throw new SpdyError("A header block is cut short");
    at += length;
    return block.toString("latin1", at - length, at);
  };
  const count = number();
  if (count > HEADERS_MAX) throw new SpdyError(`A header block has more than ${HEADERS_MAX} names`);
  for (let i = 0; i < count; i++) {
    const name = text().toLowerCase();
    if (name === "") throw new SpdyError("A header has no name");
    if (name in headers) throw new SpdyError(`Header "${name}" is there twice`);
    headers[name] = text().replaceAll("\0", ", ");
  }
  if (at !== block.length) throw new SpdyError("A header block is followed by something");
  return headers;
}

// Deflate with a window of 32 KiB, no dictionary, and a check that fits.
const ZLIB_START = Buffer.from([0x78, 0x01]);
// An empty stored block: decompressors give out what they have at one.
const FLUSH = Buffer.from([0, 0, 0, 0xff, 0xff]);
const STORED_BYTES_MAX = 0xffff;

/** Writes the header blocks of one direction, in their order. */
export class HeaderWriter {
  #begun = false;

  /** The next block. */
  write(headers: SpdyHeaders): Buffer {
    const block = formatHeaders(headers);
    if (block.length > STORED_BYTES_MAX) throw new SpdyError("Headers are too large");
    const frame = Buffer.alloc(5);
    frame.writeUInt16LE(block.length, 1);
    frame.writeUInt16LE(block.length ^ 0xffff, 3);
    const parts = [frame, block, FLUSH];
    if (!this.#begun) parts.unshift(ZLIB_START);
    this.#begun = true;
    return Buffer.concat(parts);
  }
}

function formatHeaders(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers);
  const parts = [lengthOf(entries.length)];
  for (const entry of entries) {
    for (const text of entry) parts.push(lengthOf(text.length), Buffer.from(text, "latin1"));
  }
  return Buffer.concat(parts);
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
