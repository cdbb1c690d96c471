// ASN.1 values as certificates need them, as their DER bytes (X.690). Only
// what certificate.ts puts together and takes apart; no general ASN.1.

import { Buffer } from "node:buffer";

/** An ASN.1 value: its DER bytes, tag and length included. */
export type Der = Buffer;

const CONSTRUCTED = 0x20;
const CONTEXT_SPECIFIC = 0x80;
const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x10 | CONSTRUCTED,
  set: 0x11 | CONSTRUCTED,
} as const;

function encode(tag: number, ...content: Uint8Array[]): Der {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const head = lengthBytes(length);
  const der = Buffer.allocUnsafe(1 + head.length + length);
  der[0] = tag;
  der.set(head, 1);
  let at = 1 + head.length;
  for (const part of content) {
    der.set(part, at);
    at += part.length;
  }
  return der;
}

/** Short form below 128, otherwise how many bytes follow and they. */
function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

/** SEQUENCE. */
export function sequence(...items: Der[]): Der {
  return encode(TAGS.sequence, ...items);
}

/** SET. */
export function set(...items: Der[]): Der {
  return encode(TAGS.set, ...items);
}

/** OBJECT IDENTIFIER. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return encode(TAGS.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(part: number): number[] {
  const bytes = [part % 128];
  for (let rest = Math.floor(part / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 | rest % 128);
  }
  return bytes;
}

/** BOOLEAN. */
export function boolean(value: boolean): Der {
  return encode(TAGS.boolean, Buffer.from([value ? 0xff : 0x00]));
}

/** INTEGER of big-endian two's complement bytes, as few as say it. */
export function integer(bytes: Buffer): Der {
  return encode(TAGS.integer, bytes);
}

/** NULL. */
export function nothing(): Der {
  return encode(TAGS.null);
}

/** OCTET STRING. */
export function octets(bytes: Buffer): Der {
  return encode(TAGS.octetString, bytes);
}

/** BIT STRING with so many unused bits in its last byte. */
export function bits(bytes: Buffer, unused: number): Der {
  return encode(TAGS.bitString, Buffer.from([unused]), bytes);
}

/** PrintableString where the text allows it, otherwise UTF8String. */
export function text(value: string): Der {
  const tag = /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value) ? TAGS.printable : TAGS.utf8;
  return encode(tag, Buffer.from(value, "utf8"));
}

/** UTCTime until 2049, GeneralizedTime after that (RFC 5280, 4.1.2.5). */
export function time(ms: number): Der {
  const date = new Date(ms);
  const digits = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? encode(TAGS.utcTime, Buffer.from(digits.slice(2)))
    : encode(TAGS.generalizedTime, Buffer.from(digits));
}

/** A context-specific value: constructed of items, or primitive with these bytes. */
export function context(tag: number, value: Der[] | Buffer | string): Der {
  if (Array.isArray(value)) return encode(CONTEXT_SPECIFIC | CONSTRUCTED | tag, ...value);
  return encode(CONTEXT_SPECIFIC | tag, Buffer.from(value as string));
}

/** What a value holds, without its tag and length. Throws `RangeError` when it is cut short. */
export function content(value: Der): Buffer {
  const { start, end } = extent(value, 0);
  return value.subarray(start, end);
}

/** The values that a constructed one holds. Throws `RangeError` when one is cut short. */
export function items(value: Der): Der[] {
  const inside = content(value);
  const found: Der[] = [];
  for (let at = 0; at < inside.length;) {
    const { end } = extent(inside, at);
    found.push(inside.subarray(at, end));
    at = end;
  }
  return found;
}

/** Where the content of the value at `at` begins and ends. */
function extent(bytes: Buffer, at: number): { start: number; end: number } {
  const first = bytes[at + 1] ?? 0;
  const long = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + long;
  const length = long === 0 ? first : bytes.readUIntBE(at + 2, long);
  if (start + length > bytes.length) throw new RangeError("A DER value ends before its length");
  return { start, end: start + length };
}
