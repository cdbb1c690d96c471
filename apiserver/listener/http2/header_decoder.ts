// Reads blocks of headers. One decoder a connection: what a block says depends
// on those before it. Source: RFC 7541.

import { readHuffman } from "./huffman.ts";
import { latin1 } from "./latin1.ts";
import { STATIC_TABLE } from "./static_table.ts";

/** What HTTP/2 begins with (SETTINGS_HEADER_TABLE_SIZE), and what we leave it at. */
const TABLE_BYTES_MAX = 4096;
/** What a header counts for beside its letters (RFC 7541, 4.1). */
const HEADER_BYTES = 32;
/** Integers beyond this are nobody's honest length or index. */
const INTEGER_MAX = 2 ** 28;

/** The block makes no sense, and so neither do those that follow: the connection is lost. */
export class CompressionError extends Error {}

type Header = readonly [name: string, value: string];

/** Reads blocks of headers. */
export class HeaderDecoder {
  /** The newest last. */
  #table: Header[] = [];
  #tableBytes = 0;
  #tableBytesMax = TABLE_BYTES_MAX;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  /**
   * Calls `take` for each header in turn. Those of a block that has become larger than
   * `limit_bytes` are read but not handed over; answers whether all of them were.
   * Throws {@linkcode CompressionError}.
   */
  decode(block: Uint8Array, limit_bytes: number, take: (name: string, value: string) => void) {
    this.#bytes = block;
    this.#at = 0;
    let left = limit_bytes;
    let begun = false;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if ((first & 0xe0) === 0x20) {
        // Only the first things of a block may be changes of the table's size.
        if (begun) throw new CompressionError("The table's size changes within a block");
        this.#resize(this.#integer(5));
        continue;
      }
      begun = true;
      const [name, value] = this.#header(first);
      left -= name.length + value.length + HEADER_BYTES;
      if (left >= 0) take(name, value);
    }
    return left >= 0;
  }

  #header(first: number): Header {
    if (first >= 0x80) return this.#indexed(this.#integer(7));
    const kept = first >= 0x40;
    const index = this.#integer(kept ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#indexed(index)[0];
    const header: Header = [name, this.#text()];
    if (kept) this.#keep(header);
    return header;
  }

  #indexed(index: number): Header {
    const found = index <= STATIC_TABLE.length
      ? STATIC_TABLE[index - 1]
      : this.#table[this.#table.length - (index - STATIC_TABLE.length)];
    if (found === undefined) throw new CompressionError(`Nothing has index ${index}`);
    return found;
  }

  #keep(header: Header): void {
    this.#table.push(header);
    this.#tableBytes += sizeOf(header);
    this.#shrink();
  }

  #resize(bytes: number): void {
    if (bytes > TABLE_BYTES_MAX) throw new CompressionError(`A table of ${bytes} bytes`);
    this.#tableBytesMax = bytes;
    this.#shrink();
  }

  #shrink(): void {
    let gone = 0;
    while (this.#tableBytes > this.#tableBytesMax) {
      this.#tableBytes -= sizeOf(this.#table[gone++]!);
    }
    if (gone > 0) this.#table.splice(0, gone);
  }

  #integer(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let factor = 1;; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (value > INTEGER_MAX || factor > INTEGER_MAX) {
        throw new CompressionError("A number without end");
      }
      if (byte < 0x80) return value;
    }
  }

  #byte(): number {
    if (this.#at >= this.#bytes.length) throw new CompressionError("The block ends too early");
    return this.#bytes[this.#at++]!;
  }

  #text(): string {
    const coded = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    const end = start + length;
    if (end > this.#bytes.length) throw new CompressionError("A text is longer than its block");
    this.#at = end;
    if (!coded) return latin1(this.#bytes.subarray(start, end));
    const text = readHuffman(this.#bytes, start, end);
    if (text === undefined) throw new CompressionError("A text in no known code");
    return text;
  }
}

function sizeOf([name, value]: Header): number {
  return name.length + value.length + HEADER_BYTES;
}
