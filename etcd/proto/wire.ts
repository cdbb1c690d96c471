// The protocol buffers wire format: varints, length-delimited fields, tags.
// Nothing here knows messages. Source: protobuf encoding, proto3.

/** The two wire types that etcd's messages use. */
export const VARINT = 0;
/** Strings, bytes, messages and packed lists. */
export const DELIMITED = 2;

const MASK_64 = (1n << 64n) - 1n;

/** How many bytes an integer takes as a varint. */
export function varintLength(value: number | bigint): number {
  if (typeof value === "bigint") return Math.ceil((value & MASK_64).toString(2).length / 7);
  let length = 1;
  for (let left = value; left > 127; left = Math.floor(left / 128)) length++;
  return length;
}

/** Appends fields to a growing buffer. */
export class Writer {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** What has been written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** A field's number and wire type. */
  tag(field: number, wireType: number): void {
    this.varint(BigInt(field * 8 + wireType));
  }

  /** An integer; negative ones as 64-bit two's complement. */
  varint(value: bigint): void {
    let left = value & MASK_64;
    while (left > 127n) {
      this.#byte(Number(left & 127n) | 128);
      left >>= 7n;
    }
    this.#byte(Number(left));
  }

  /** Bytes with their length before them. */
  delimited(bytes: Uint8Array): void {
    this.varint(BigInt(bytes.length));
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads fields one after another. Throws RangeError on truncated input. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** Starts at the beginning. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether everything has been read. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next field's number and wire type. */
  tag(): { field: number; wireType: number } {
    const tag = Number(this.varint());
    return { field: Math.floor(tag / 8), wireType: tag % 8 };
  }

  /** An unsigned 64-bit integer. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("unexpected end of message");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value & MASK_64;
    }
    throw new RangeError("varint is longer than ten bytes");
  }

  /** Bytes with their length before them; a view, not a copy. */
  delimited(): Uint8Array {
    const length = Number(this.varint());
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("unexpected end of message");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** Passes over a field that nobody asked for. */
  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === DELIMITED) this.delimited();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 5) this.#at += 4;
    else throw new RangeError(`wire type ${wireType} is not supported`);
  }
}
