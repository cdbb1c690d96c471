// Messages compiled from the recorded field tables: JSON objects to wire
// bytes and back. Each message is compiled when it is first met. Source: the
// generated Marshal and Unmarshal methods of the Go API types: fields that
// are no pointers, lists or maps are always written.

import { decodeBase64, encodeBase64 } from "./_base64.ts";
import { isObject, type JsonObject, type JsonValue } from "../../runtime/object.ts";
import type { ProtobufFieldFacts } from "../../runtime/schema/openapi_facts.ts";
import { protobufMessages, protobufWrappers } from "../generated/mod.ts";
import { eachField, listWrapper, type SpecialCodec, specialCodecs } from "./_special.ts";
import { BYTES, FIXED64, ProtobufError, VARINT, WireReader, type WireWriter } from "./wire.ts";

// Deeper than any real object; bounds recursion on hostile bytes.
const DEPTH_MAX = 200;
let depth = 0;

/** How one value travels, without its tag. */
interface ValueCodec {
  readonly wire: number;
  readonly zero: JsonValue;
  /** Whether the wire value is a message. */
  readonly message: boolean;
  encode(value: JsonValue, writer: WireWriter): void;
  decode(reader: WireReader): JsonValue;
}

interface Field {
  readonly number: number;
  readonly name: string;
  readonly codec: ValueCodec;
  readonly kind: "plain" | "list" | "map" | "inline";
  readonly pointer: boolean;
  readonly omitEmpty: boolean;
}

interface Message {
  readonly fields: readonly Field[];
  readonly byNumber: ReadonlyMap<number, Field>;
}

const scalars: Readonly<Record<string, ValueCodec>> = {
  string: {
    wire: BYTES,
    zero: "",
    message: false,
    encode: (value, writer) => writer.string(typeof value === "string" ? value : ""),
    decode: (reader) => reader.string(),
  },
  bytes: {
    wire: BYTES,
    zero: "",
    message: false,
    encode: (value, writer) => writer.raw(decodeBase64(typeof value === "string" ? value : "")),
    decode: (reader) => encodeBase64(reader.raw()),
  },
  bool: {
    wire: VARINT,
    zero: false,
    message: false,
    encode: (value, writer) => writer.varint(value === true ? 1 : 0),
    decode: (reader) => reader.varint() !== 0,
  },
  double: {
    wire: FIXED64,
    zero: 0,
    message: false,
    encode: (value, writer) => writer.double(Number(value ?? 0)),
    decode: (reader) => reader.double(),
  },
};

const integer: ValueCodec = {
  wire: VARINT,
  zero: 0,
  message: false,
  encode: (value, writer) =>
    writer.varint(
      typeof value === "number" ? Math.trunc(value) : typeof value === "bigint" ? value : 0,
    ),
  decode: (reader) => reader.integer(),
};

const messages = new Map<string, Message>();
const specials = specialCodecs({
  encode: encodeMessage,
  decode: decodeMessage,
  decodeEnvelope: (bytes) => envelopeDecoder(bytes),
  nested: (reader) => new WireReader(reader.raw()),
});

let envelopeDecoder: (bytes: Uint8Array) => JsonValue = () => null;

/** Tells how to read an envelope that stands inside a message. */
export function setEnvelopeDecoder(decode: (bytes: Uint8Array) => JsonValue): void {
  envelopeDecoder = decode;
}

/** Whether there is such a message. */
export function hasMessage(name: string): boolean {
  return Object.hasOwn(protobufMessages, name);
}

function messageOf(name: string): Message {
  let message = messages.get(name);
  if (message === undefined) {
    const facts = protobufMessages[name];
    if (facts === undefined) throw new ProtobufError(`no message ${name}`);
    const scope = name.slice(0, name.lastIndexOf("."));
    const fields = facts.map((field) => compileField(field, scope));
    fields.sort((a, b) => a.number - b.number);
    message = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
    messages.set(name, message);
  }
  return message;
}

function compileField(facts: ProtobufFieldFacts, scope: string): Field {
  const [number, name, type, flags = ""] = facts;
  const map = type.startsWith("map<");
  const valueType = map ? type.slice(type.indexOf(",") + 1, -1) : type;
  return {
    number,
    name,
    codec: valueCodec(valueType, scope),
    kind: map ? "map" : flags.includes("r") ? "list" : flags.includes("i") ? "inline" : "plain",
    // A list of bytes that is not there is not written.
    pointer: flags.includes("p") || valueType === "bytes",
    omitEmpty: flags.includes("o"),
  };
}

function valueCodec(type: string, scope: string): ValueCodec {
  const scalar = scalars[type];
  if (scalar !== undefined) return scalar;
  if (!type.includes(".")) return integer;
  const name = type.startsWith(".") ? scope + type : type;
  const special = specials.get(name) ??
    (protobufWrappers.has(name) ? listWrapper : undefined);
  return special === undefined ? messageCodec(name) : specialCodec(special);
}

function messageCodec(name: string): ValueCodec {
  return {
    wire: BYTES,
    zero: null,
    message: true,
    encode: (value, writer) => writer.nested(() => encodeMessage(name, value, writer)),
    decode: (reader) => decodeMessage(name, new WireReader(reader.raw())),
  };
}

function specialCodec(special: SpecialCodec): ValueCodec {
  return {
    wire: BYTES,
    zero: null,
    message: false,
    encode: (value, writer) => writer.nested(() => special.encode(value, writer)),
    decode: (reader) => special.decode(new WireReader(reader.raw())),
  };
}

/** Writes the fields of a message. */
export function encodeMessage(name: string, value: JsonValue, writer: WireWriter): void {
  const object = isObject(value) ? value : {};
  for (const field of messageOf(name).fields) encodeField(field, object, writer);
}

function encodeField(field: Field, object: JsonObject, writer: WireWriter): void {
  const { codec, number, kind } = field;
  if (kind === "inline") {
    writer.tag(number, BYTES);
    return codec.encode(object, writer);
  }
  const value = object[field.name];
  if (kind === "list") {
    if (!Array.isArray(value)) return;
    for (const item of value) {
      writer.tag(number, codec.wire);
      codec.encode(item, writer);
    }
    return;
  }
  if (kind === "map") {
    if (isObject(value)) encodeMap(field, value, writer);
    return;
  }
  if (value === undefined || value === null) {
    if (field.pointer) return;
    writer.tag(number, codec.wire);
    return codec.encode(codec.zero, writer);
  }
  writer.tag(number, codec.wire);
  codec.encode(value, writer);
}

function encodeMap({ codec, number }: Field, map: JsonObject, writer: WireWriter): void {
  for (const key of Object.keys(map).sort()) {
    const value = map[key];
    if (value === undefined) continue;
    writer.tag(number, BYTES);
    writer.nested(() => {
      writer.tag(1, BYTES);
      writer.string(key);
      writer.tag(2, codec.wire);
      codec.encode(value, writer);
    });
  }
}

/** Reads a message as the JSON object that Go would make of it. */
export function decodeMessage(name: string, reader: WireReader): JsonObject {
  if (depth >= DEPTH_MAX) throw new ProtobufError("exceeded max depth");
  depth++;
  try {
    const object: JsonObject = {};
    const { byNumber } = messageOf(name);
    eachField(reader, (number) => {
      const field = byNumber.get(number);
      if (field === undefined) return false;
      decodeField(field, object, reader);
      return true;
    });
    return object;
  } finally {
    depth--;
  }
}

function decodeField(field: Field, object: JsonObject, reader: WireReader): void {
  const { codec, kind, name } = field;
  if (kind !== "map" && reader.wire !== codec.wire || kind === "map" && reader.wire !== BYTES) {
    throw new ProtobufError(`proto: wrong wireType = ${reader.wire} for field ${goName(name)}`);
  }
  if (kind === "map") return decodeEntry(field, object, reader);
  const value = codec.decode(reader);
  if (kind === "list") {
    const list = object[name];
    if (Array.isArray(list)) list.push(value);
    else object[name] = [value];
  } else if (kind === "inline") Object.assign(object, value);
  else if (!field.omitEmpty || field.pointer || !isZero(value)) object[name] = value;
}

function decodeEntry({ codec, name }: Field, object: JsonObject, reader: WireReader): void {
  const entry = new WireReader(reader.raw());
  let key = "";
  let value: JsonValue | undefined;
  eachField(entry, (number) => {
    if (number === 1) key = entry.string();
    else if (number === 2) value = codec.decode(entry);
    else return false;
    return true;
  });
  const map = isObject(object[name]) ? object[name] : object[name] = {};
  Object.defineProperty(map, key, {
    value: value ?? codec.zero,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function isZero(value: JsonValue): boolean {
  return value === "" || value === 0 || value === false || value === null;
}

function goName(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
