// Messages whose JSON is not an object of their fields: times, quantities,
// numbers that may be texts, free-form JSON, unions. Source: the Marshal and
// MarshalJSON methods of apimachinery's and apiextensions' types.

import { parseJson, stringifyJson } from "../../runtime/json.ts";
import { formatDuration, parseDuration } from "../../runtime/duration.ts";
import type { JsonValue } from "../../runtime/object.ts";
import { BYTES, ProtobufError, VARINT, type WireReader, type WireWriter } from "./wire.ts";

/** How a special message travels. */
export interface SpecialCodec {
  /** Writes the message's fields. */
  encode(value: JsonValue, writer: WireWriter): void;
  /** Reads the message's fields. */
  decode(reader: WireReader): JsonValue;
}

const utf8 = new TextEncoder();
const text = new TextDecoder();
const META = "k8s.io.apimachinery.pkg.apis.meta.v1.";
const EXTENSIONS = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.";

/** Reads every field of a message. */
export function eachField(
  reader: WireReader,
  read: (number: number) => boolean,
): void {
  for (let number = reader.next(); number !== 0; number = reader.next()) {
    if (!read(number)) reader.skip();
  }
}

function time(format: (ms: number, nanos: number) => string): SpecialCodec {
  return {
    encode(value, writer) {
      if (typeof value !== "string" || value === "") return;
      const ms = Date.parse(value);
      if (Number.isNaN(ms)) throw new ProtobufError(`parsing time ${JSON.stringify(value)}`);
      const seconds = Math.floor(ms / 1000);
      writer.tag(1, VARINT);
      writer.varint(seconds);
      writer.tag(2, VARINT);
      writer.varint(nanosOf(value));
    },
    decode(reader) {
      let seconds = 0;
      let nanos = 0;
      eachField(reader, (number) => {
        if (number === 1) seconds = reader.varint();
        else if (number === 2) nanos = reader.varint();
        else return false;
        return true;
      });
      return seconds === 0 && nanos === 0 ? null : format(seconds * 1000, nanos);
    },
  };
}

const FRACTION = /\.(\d+)/;

function nanosOf(value: string): number {
  const digits = FRACTION.exec(value)?.[1] ?? "";
  return Number(digits.padEnd(9, "0").slice(0, 9));
}

function secondsText(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new ProtobufError("time out of range");
  return date.toISOString().slice(0, 19);
}

const quantity: SpecialCodec = {
  encode(value, writer) {
    writer.tag(1, BYTES);
    writer.string(String(value ?? ""));
  },
  decode(reader) {
    let value = "";
    eachField(reader, (number) => {
      if (number !== 1) return false;
      value = reader.string();
      return true;
    });
    return value;
  },
};

const intOrString: SpecialCodec = {
  encode(value, writer) {
    const isText = typeof value === "string";
    writer.tag(1, VARINT);
    writer.varint(isText ? 1 : 0);
    writer.tag(2, VARINT);
    writer.varint(typeof value === "number" ? value : 0);
    writer.tag(3, BYTES);
    writer.string(isText ? value : "");
  },
  decode(reader) {
    let isText = false;
    let integer = 0;
    let string = "";
    eachField(reader, (number) => {
      if (number === 1) isText = reader.varint() === 1;
      else if (number === 2) integer = reader.varint();
      else if (number === 3) string = reader.string();
      else return false;
      return true;
    });
    return isText ? string : integer;
  },
};

const duration: SpecialCodec = {
  encode(value, writer) {
    writer.tag(1, VARINT);
    writer.varint(typeof value === "string" ? Number(parseDuration(value)) : 0);
  },
  decode(reader) {
    let ns = 0;
    eachField(reader, (number) => {
      if (number !== 1) return false;
      ns = reader.varint();
      return true;
    });
    return formatDuration(BigInt(ns));
  },
};

/** Any JSON as its text. `decodeEnvelope` reads protobuf that stands where JSON is expected. */
function rawJson(decodeEnvelope?: (bytes: Uint8Array) => JsonValue): SpecialCodec {
  return {
    encode(value, writer) {
      if (value === null || value === undefined) return;
      writer.tag(1, BYTES);
      writer.raw(utf8.encode(stringifyJson(value)));
    },
    decode(reader) {
      let value: JsonValue = null;
      eachField(reader, (number) => {
        if (number !== 1) return false;
        const bytes = reader.raw();
        if (bytes.length === 0) return true;
        value = decodeEnvelope !== undefined && bytes[0] === 0x6b
          ? decodeEnvelope(bytes)
          : parse(bytes);
        return true;
      });
      return value;
    },
  };
}

function parse(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(text.decode(bytes), { strict: false }).value;
  } catch {
    throw new ProtobufError("raw value is no JSON");
  }
}

/** What special messages need of the ordinary ones. */
export interface MessageCodecs {
  encode(message: string, value: JsonValue, writer: WireWriter): void;
  decode(message: string, reader: WireReader): JsonValue;
  decodeEnvelope(bytes: Uint8Array): JsonValue;
  nested(reader: WireReader): WireReader;
}

const SCHEMA = EXTENSIONS + "JSONSchemaProps";

/** A schema, or a boolean (`JSONSchemaPropsOrBool`). */
function schemaOrBool(codecs: MessageCodecs): SpecialCodec {
  return {
    encode(value, writer) {
      const schema = value !== null && typeof value === "object";
      writer.tag(1, VARINT);
      // A schema allows what it describes.
      writer.varint(schema || value === true ? 1 : 0);
      if (!schema) return;
      writer.tag(2, BYTES);
      writer.nested(() => codecs.encode(SCHEMA, value, writer));
    },
    decode(reader) {
      let value: JsonValue = false;
      eachField(reader, (number) => {
        if (number === 1) {
          const allows = reader.varint() === 1;
          if (typeof value === "boolean") value = allows;
        } else if (number === 2) value = codecs.decode(SCHEMA, codecs.nested(reader));
        else return false;
        return true;
      });
      return value;
    },
  };
}

/** A schema, or a list of what `item` reads (`JSONSchemaPropsOrArray`, `…OrStringArray`). */
function schemaOrList(codecs: MessageCodecs, strings: boolean): SpecialCodec {
  return {
    encode(value, writer) {
      if (!Array.isArray(value)) {
        if (value === null || typeof value !== "object") return;
        writer.tag(1, BYTES);
        writer.nested(() => codecs.encode(SCHEMA, value, writer));
        return;
      }
      for (const item of value) {
        writer.tag(2, BYTES);
        if (strings) writer.string(String(item));
        else writer.nested(() => codecs.encode(SCHEMA, item, writer));
      }
    },
    decode(reader) {
      let schema: JsonValue | undefined;
      const items: JsonValue[] = [];
      eachField(reader, (number) => {
        if (number === 1) schema = codecs.decode(SCHEMA, codecs.nested(reader));
        else if (number === 2) {
          items.push(strings ? reader.string() : codecs.decode(SCHEMA, codecs.nested(reader)));
        } else return false;
        return true;
      });
      return schema ?? items;
    },
  };
}

/** A message that is a bare list of texts in JSON (`ExtraValue`, `Verbs`). */
export const listWrapper: SpecialCodec = {
  encode(value, writer) {
    if (!Array.isArray(value)) return;
    for (const item of value) {
      writer.tag(1, BYTES);
      writer.string(String(item));
    }
  },
  decode(reader) {
    const items: JsonValue[] = [];
    eachField(reader, (number) => {
      if (number !== 1) return false;
      items.push(reader.string());
      return true;
    });
    return items;
  },
};

/** The special messages by full name. */
export function specialCodecs(codecs: MessageCodecs): Map<string, SpecialCodec> {
  return new Map([
    [META + "Time", time((ms) => `${secondsText(ms)}Z`)],
    [
      META + "MicroTime",
      time((ms, nanos) =>
        `${secondsText(ms)}.${String(Math.floor(nanos / 1000)).padStart(6, "0")}Z`
      ),
    ],
    [META + "Duration", duration],
    [META + "FieldsV1", rawJson()],
    ["k8s.io.apimachinery.pkg.api.resource.Quantity", quantity],
    ["k8s.io.apimachinery.pkg.util.intstr.IntOrString", intOrString],
    [
      "k8s.io.apimachinery.pkg.runtime.RawExtension",
      rawJson((bytes) => codecs.decodeEnvelope(bytes)),
    ],
    [EXTENSIONS + "JSON", rawJson()],
    [EXTENSIONS + "JSONSchemaPropsOrBool", schemaOrBool(codecs)],
    [EXTENSIONS + "JSONSchemaPropsOrArray", schemaOrList(codecs, false)],
    [EXTENSIONS + "JSONSchemaPropsOrStringArray", schemaOrList(codecs, true)],
  ]);
}
