// The protobuf wire format: tags, varints, lengths. Source: the encoding
// chapter of the Protocol Buffers documentation.

/** Bytes that are no protobuf message. The message is what Go's decoders say. */
export class ProtobufError extends Error {}

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** Wire types. */
export const VARINT = 0;
/** Eight bytes. */
export const FIXED64 = 1;
/** A length and that many bytes. */
export const BYTES = 2;
/** Four bytes. */
export const FIXED32 = 5;

/** Appends to a buffer that grows. */
export class WireWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #at = 0;

  /** With room for so many bytes at first. */
  constructor(room = 512) {
    this.#buffer = new Uint8Array(room);
  }

  /** What has been written so far, as a copy. */
  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#at);
  }

  #reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#at));
    this.#buffer = larger;
  }

  /** A field's number and wire type. */
  tag(number: number, wire: number): void {
    this.varint(number << 3 | wire);
  }

  /** A whole number; negative ones take ten bytes. */
  varint(value: number | bigint): void {
    this.#reserve(10);
    if (typeof value === "bigint") return this.#exact(value);
    if (value < 0) return this.#exact(BigInt(value));
    while (value > 0x7f) {
      this.#buffer[this.#at++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#buffer[this.#at++] = value;
  }

  #exact(value: bigint): void {
    let left = BigInt.asUintN(64, value);
    while (left > 0x7fn) {
      this.#buffer[this.#at++] = Number(left & 0x7fn) | 0x80;
      left >>= 7n;
    }
    this.#buffer[this.#at++] = Number(left);
  }

  /** A 64-bit floating point number. */
  double(value: number): void {
    this.#reserve(8);
    new DataView(this.#buffer.buffer).setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** A length and bytes. */
  raw(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.append(bytes);
  }

  /** Bytes alone. */
  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A length and a text. */
  string(value: string): void {
    const { length } = value;
    if (length < 0x80) {
      this.#reserve(length + 1);
      const start = this.#at;
      this.#buffer[this.#at++] = length;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        this.#buffer[this.#at++] = code;
      }
      if (i === length) return;
      this.#at = start;
    }
    this.raw(utf8.encode(value));
  }

  /** A length and what `write` writes. */
  nested(write: () => void): void {
    this.#reserve(1);
    const start = this.#at++;
    write();
    const length = this.#at - start - 1;
    if (length < 0x80) {
      this.#buffer[start] = length;
      return;
    }
    // The length takes more than the one byte left for it.
    let extra = 0;
    for (let left = length; left > 0x7f; left = Math.floor(left / 0x80)) extra++;
    this.#reserve(extra);
    this.#buffer.copyWithin(start + 1 + extra, start + 1, this.#at);
    const end = this.#at + extra;
    this.#at = start;
    this.varint(length);
    this.#at = end;
  }
}

/** Reads a message's fields one after the other. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The wire type of the field at hand. */
  wire = 0;

  /** Reads from the start. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next field's number, or 0 at the end. */
  next(): number {
    if (this.#at >= this.#bytes.length) return 0;
    const tag = this.varint();
    this.wire = tag & 7;
    const number = Math.floor(tag / 8);
    if (number <= 0) {
      throw new ProtobufError(`proto: illegal tag ${number} (wire type ${this.wire})`);
    }
    return number;
  }

  /** A whole number, as signed 64 bits; what no `number` holds is rounded. */
  varint(): number {
    return Number(this.integer());
  }

  /** A whole number, as signed 64 bits: a `bigint` where a `number` does not hold it. */
  integer(): number | bigint {
    let low = 0;
    let scale = 1;
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte();
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return low;
      scale *= 0x80;
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const exact = BigInt.asIntN(64, value);
      const number = Number(exact);
      return Number.isSafeInteger(number) ? number : exact;
    }
    throw new ProtobufError("proto: integer overflow");
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new ProtobufError("unexpected EOF");
    return byte;
  }

  /** A 64-bit floating point number. */
  double(): number {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  /** A length and that many bytes, not copied. */
  raw(): Uint8Array {
    return this.#take(this.varint());
  }

  /** A length and a text. */
  string(): string {
    return text.decode(this.raw());
  }

  #take(count: number): Uint8Array {
    const end = this.#at + count;
    if (count < 0 || end > this.#bytes.length) throw new ProtobufError("unexpected EOF");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Passes over the value of a field that nobody knows. */
  skip(): void {
    switch (this.wire) {
      case VARINT:
        return void this.varint();
      case FIXED64:
        return void this.#take(8);
      case BYTES:
        return void this.raw();
      case FIXED32:
        return void this.#take(4);
      default:
        throw new ProtobufError(`proto: illegal wireType ${this.wire}`);
    }
  }
}
