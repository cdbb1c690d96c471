// The name that a TLS client asks for, out of its first bytes (RFC 8446,
// 4.1.2, and RFC 6066, 3). It reads no more than that and decides nothing.

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEAD = 5;
const SERVER_NAME = 0;
const HOST_NAME = 0;

/** What the first bytes of a connection tell: the name, `""` for a client that asks for none or speaks no TLS, or that more are needed. */
export function serverNameIn(bytes: Uint8Array): string | "more" | "" {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return "";
  if (bytes.length < RECORD_HEAD) return "more";
  const end = RECORD_HEAD + (bytes[3]! << 8 | bytes[4]!);
  if (bytes.length < end) return "more";
  try {
    return nameIn(new Reader(bytes.subarray(RECORD_HEAD, end)));
  } catch {
    // Cut short or wrong: whoever does the handshake says so.
    return "";
  }
}

function nameIn(hello: Reader): string {
  if (hello.number(1) !== CLIENT_HELLO) return "";
  hello.number(3);
  // Version and random, then session, cipher suites and compression methods.
  hello.take(34);
  hello.take(hello.number(1));
  hello.take(hello.number(2));
  hello.take(hello.number(1));
  const extensions = new Reader(hello.take(hello.number(2)));
  while (!extensions.done) {
    const type = extensions.number(2);
    const content = new Reader(extensions.take(extensions.number(2)));
    if (type !== SERVER_NAME) continue;
    content.number(2);
    if (content.number(1) !== HOST_NAME) return "";
    return new TextDecoder().decode(content.take(content.number(2))).toLowerCase();
  }
  return "";
}

/** Reads big-endian numbers and pieces; throws `RangeError` at the end. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  take(size: number): Uint8Array {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new RangeError("The bytes end early");
    const piece = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }
}
