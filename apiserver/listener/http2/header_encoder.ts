// Writes blocks of headers without a table of what was sent before: answers
// have few headers, and what they have in common is kept here in bytes, for
// all connections. Source: RFC 7541.

import { STATIC_TABLE } from "./static_table.ts";

/** `Literal Header Field without Indexing`, with a name that has an index. */
const NAME_BITS = 4;
const LENGTH_BITS = 7;
const INDEXED = 0x80;
/** A table of no bytes. */
const NO_TABLE = 0x20;
/** Names are this program's own, but for tunnels to others; those beyond are written anew each time. */
const NAMES_MAX = 256;

interface Known {
  readonly name: Uint8Array;
  /** The value it had last, and the whole header then. */
  value: string;
  bytes: Uint8Array;
  /** How often that was another one than the time before. */
  changes: number;
}

/** What changes more often than this, as lengths and ids do, is not kept. */
const CHANGES_MAX = 64;

const known = new Map<string, Known>();
const nameIndexes = new Map<string, number>();
STATIC_TABLE.forEach(([name], i) => {
  if (!nameIndexes.has(name)) nameIndexes.set(name, i + 1);
});
const statusIndexes = new Map<number, number>();
STATIC_TABLE.forEach(([name, value], i) => {
  if (name === ":status") statusIndexes.set(Number(value), i + 1);
});

const encoder = new TextEncoder();
let buffer = new Uint8Array(4096);
let length = 0;

/** A block: the status and the headers, names in lower case. `resized`: the other side's table has another size now. */
export function encodeHeaders(
  status: number,
  headers: Iterable<readonly [name: string, value: string]>,
  resized = false,
): Uint8Array {
  length = 0;
  if (resized) append1(NO_TABLE);
  const index = statusIndexes.get(status);
  if (index === undefined) literal(":status", String(status));
  else append1(INDEXED | index);
  for (const [name, value] of headers) literal(name, value);
  return buffer.slice(0, length);
}

function literal(name: string, value: string): void {
  const found = known.get(name);
  if (found !== undefined && found.value === value) return append(found.bytes);
  const start = length;
  if (found === undefined) writeName(name);
  else append(found.name);
  const named = length;
  writeText(value);
  if (found === undefined && known.size < NAMES_MAX) {
    const nameBytes = buffer.slice(start, named);
    known.set(name, { name: nameBytes, value, bytes: buffer.slice(start, length), changes: 0 });
  } else if (found !== undefined && found.changes < CHANGES_MAX) {
    found.changes++;
    found.value = value;
    found.bytes = buffer.slice(start, length);
  }
}

function writeName(name: string): void {
  const index = nameIndexes.get(name);
  if (index !== undefined) return writeInteger(0, NAME_BITS, index);
  append1(0);
  writeText(name);
}

/** Header values are bytes, a character each; what has more is written as Go writes it, in UTF-8. */
function writeText(text: string): void {
  // deno-lint-ignore no-control-regex -- the characters of a byte
  const bytes = /[^\x00-\xff]/.test(text) ? encoder.encode(text) : undefined;
  const size = bytes?.length ?? text.length;
  writeInteger(0, LENGTH_BITS, size);
  reserve(size);
  for (let i = 0; i < size; i++) {
    const byte = bytes === undefined ? text.charCodeAt(i) : bytes[i]!;
    // Nothing that ends a line where the answer is passed on in HTTP/1.1.
    buffer[length++] = byte === 0 || byte === 10 || byte === 13 ? 32 : byte;
  }
}

function writeInteger(first: number, prefixBits: number, value: number): void {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return append1(first | value);
  append1(first | mask);
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) append1((rest & 0x7f) | 0x80);
  append1(rest);
}

function append1(byte: number): void {
  reserve(1);
  buffer[length++] = byte;
}

function append(bytes: Uint8Array): void {
  reserve(bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

function reserve(more: number): void {
  if (length + more <= buffer.length) return;
  const larger = new Uint8Array(2 * (length + more));
  larger.set(buffer.subarray(0, length));
  buffer = larger;
}
