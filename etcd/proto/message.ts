// Messages described in code: fields by name with number and type, and from
// that how to encode and decode plain objects. Absent members are proto3's
// zero values; decoded objects have every scalar member.

import { DELIMITED, Reader, VARINT, Writer } from "./wire.ts";

/** How the values of a field are written and what they are in JavaScript. */
export type Scalar =
  /** number, whole and within ±2^53. */
  | "int64"
  /** bigint, signed. */
  | "sint"
  /** bigint, unsigned. */
  | "uint64"
  /** number: 32-bit integers and enumerations. */
  | "int32"
  /** boolean. */
  | "bool"
  /** string. */
  | "string"
  /** Uint8Array. */
  | "bytes";

/** One field. */
export interface Field {
  readonly number: number;
  readonly type: Scalar | (() => MessageType<never>);
  readonly repeated?: boolean;
}

/** A message in code. */
export interface MessageType<T> {
  /** Writes an object. */
  encode(value: T): Uint8Array;
  /** Reads an object. Throws RangeError when the bytes are no such message. */
  decode(bytes: Uint8Array): T;
}

type Members = Record<string, unknown>;

/** What a scalar is when nobody set it. */
function zeroOf(type: Field["type"]): unknown {
  switch (type) {
    case "sint":
    case "uint64":
      return 0n;
    case "int64":
    case "int32":
      return 0;
    case "bool":
      return false;
    case "string":
      return "";
    case "bytes":
      return EMPTY;
    default:
      return undefined;
  }
}

const EMPTY = new Uint8Array(0);
const text = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** A message type with these fields. `T`'s members must be the fields by name. */
export function message<T>(fields: Readonly<Record<string, Field>>): MessageType<T> {
  const byName = Object.entries(fields);
  const byNumber = new Map(byName.map(([name, field]) => [field.number, { name, field }]));
  return {
    encode(value) {
      const writer = new Writer();
      for (const [name, field] of byName) {
        writeField(writer, field, (value as Members)[name]);
      }
      return writer.finish();
    },
    decode(bytes) {
      const value: Members = {};
      for (const [name, field] of byName) {
        const zero = field.repeated ? [] : zeroOf(field.type);
        if (zero !== undefined) value[name] = zero;
      }
      const reader = new Reader(bytes);
      while (!reader.done) {
        const { field: number, wireType } = reader.tag();
        const known = byNumber.get(number);
        if (known === undefined) reader.skip(wireType);
        else readField(reader, known.field, wireType, value, known.name);
      }
      return value as T;
    },
  };
}

function writeField(writer: Writer, field: Field, value: unknown): void {
  if (value === undefined) return;
  if (field.repeated) {
    for (const item of value as unknown[]) writeValue(writer, field, item);
    return;
  }
  // proto3 leaves zero values out; a message that is there is written even when empty.
  const zero = zeroOf(field.type);
  if (value === zero || (value instanceof Uint8Array && value.length === 0)) return;
  writeValue(writer, field, value);
}

function writeValue(writer: Writer, { number, type }: Field, value: unknown): void {
  if (typeof type === "function") {
    writer.tag(number, DELIMITED);
    writer.delimited((type() as MessageType<unknown>).encode(value));
    return;
  }
  switch (type) {
    case "string":
      writer.tag(number, DELIMITED);
      return writer.delimited(text.encoder.encode(value as string));
    case "bytes":
      writer.tag(number, DELIMITED);
      return writer.delimited(value as Uint8Array);
    case "bool":
      writer.tag(number, VARINT);
      return writer.varint(value ? 1n : 0n);
    default:
      writer.tag(number, VARINT);
      return writer.varint(BigInt(value as number | bigint));
  }
}

function readField(
  reader: Reader,
  field: Field,
  wireType: number,
  value: Members,
  name: string,
): void {
  const packed = field.repeated && wireType === DELIMITED && isVarint(field.type);
  if (packed) {
    const inner = new Reader(reader.delimited());
    while (!inner.done) (value[name] as unknown[]).push(readValue(inner, field.type));
    return;
  }
  const expected = isVarint(field.type) ? VARINT : DELIMITED;
  if (wireType !== expected) throw new RangeError(`field ${name} has wire type ${wireType}`);
  const read = readValue(reader, field.type);
  if (field.repeated) (value[name] as unknown[]).push(read);
  else value[name] = read;
}

function isVarint(type: Field["type"]): boolean {
  return typeof type === "string" && type !== "string" && type !== "bytes";
}

function readValue(reader: Reader, type: Field["type"]): unknown {
  if (typeof type === "function") {
    return (type() as MessageType<unknown>).decode(reader.delimited());
  }
  switch (type) {
    case "string":
      return text.decoder.decode(reader.delimited());
    case "bytes":
      return reader.delimited().slice();
    case "bool":
      return reader.varint() !== 0n;
    case "uint64":
      return reader.varint();
    case "sint":
      return BigInt.asIntN(64, reader.varint());
    case "int32":
      return Number(BigInt.asIntN(32, reader.varint()));
    case "int64":
      return Number(BigInt.asIntN(64, reader.varint()));
  }
}
