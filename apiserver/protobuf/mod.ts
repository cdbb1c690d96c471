// Kubernetes' protobuf form of built-in kinds: the envelope with its magic
// bytes, lists, and the frames of watches. Custom resources and Tables have
// no such form. Source: apimachinery/pkg/runtime/serializer/protobuf.

import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { apiVersionOf, parseApiVersion } from "../../runtime/object.ts";
import { openApiComponents } from "../generated/mod.ts";
import { decodeMessage, encodeMessage, hasMessage, setEnvelopeDecoder } from "./_messages.ts";
import { eachField } from "./_special.ts";
import { BYTES, ProtobufError, WireReader, WireWriter } from "./wire.ts";

export { ProtobufError } from "./wire.ts";

// `k8s` and a zero byte.
const MAGIC = new Uint8Array([0x6b, 0x38, 0x73, 0x00]);
const META = "k8s.io.apimachinery.pkg.apis.meta.v1.";

let byKind: Map<string, string> | undefined;

/** The full name of the message of a kind, if it has one. */
export function messageOfKind(apiVersion: string, kind: string): string | undefined {
  byKind ??= readKinds();
  const found = byKind.get(`${apiVersion}/${kind}`);
  if (found !== undefined) return found;
  const { group } = parseApiVersion(apiVersion);
  const meta = META + kind;
  return (group === "meta.k8s.io" || apiVersion === "v1") && hasMessage(meta) ? meta : undefined;
}

function readKinds(): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const [component, schema] of Object.entries(openApiComponents)) {
    const message = messageOfComponent(component);
    if (!hasMessage(message)) continue;
    for (const gvk of schema["x-kubernetes-group-version-kind"] ?? []) {
      kinds.set(`${apiVersionOf(gvk)}/${gvk.kind}`, message);
    }
  }
  return kinds;
}

/** `io.k8s.api.core.v1.Pod` is `k8s.io.api.core.v1.Pod`. */
function messageOfComponent(component: string): string {
  const name = component.startsWith("io.k8s.") ? `k8s.io.${component.slice(7)}` : component;
  return name.replaceAll("-", "_");
}

/** The message of an object, without an envelope. Throws when its kind has none. */
export function encodeRaw(object: KubeObject): Uint8Array {
  const message = messageOfKind(object.apiVersion, object.kind);
  if (message === undefined) {
    throw new ProtobufError(
      `object ${object.apiVersion} ${object.kind} does not implement the protobuf marshalling ` +
        "interface and cannot be encoded to a protobuf message",
    );
  }
  const writer = new WireWriter();
  encodeMessage(message, object as unknown as JsonObject, writer);
  return writer.bytes();
}

/** Puts a message in its envelope. */
export function envelope(apiVersion: string, kind: string, raw: Uint8Array): Uint8Array {
  const writer = openEnvelope(apiVersion, kind, raw.length);
  writer.append(raw);
  writer.append(ENVELOPE_END);
  return writer.bytes();
}

/** An envelope up to its message, which is so long. */
function openEnvelope(apiVersion: string, kind: string, length: number): WireWriter {
  const writer = new WireWriter();
  writer.append(MAGIC);
  writer.tag(1, BYTES);
  writer.nested(() => {
    writer.tag(1, BYTES);
    writer.string(apiVersion);
    writer.tag(2, BYTES);
    writer.string(kind);
  });
  writer.tag(2, BYTES);
  writer.varint(length);
  return writer;
}

/** No content encoding, no content type. */
const ENVELOPE_END = new Uint8Array([3 << 3 | BYTES, 0, 4 << 3 | BYTES, 0]);

/** An object in its envelope. Throws when its kind has no protobuf form. */
export function encodeProtobuf(object: KubeObject): Uint8Array {
  // Some discovery documents leave their version out.
  const { apiVersion = "v1" } = object as Partial<KubeObject>;
  return envelope(apiVersion, object.kind, encodeRaw({ ...object, apiVersion }));
}

/** A list in its envelope, item by item: a frame that is told how long its items are together, and what stands before each. */
export interface ProtobufListFrame {
  /** What stands before all items. */
  head(bytes: number): Uint8Array;
  /** What stands before an item, which is a message already. */
  before(item: Uint8Array): Uint8Array;
  /** What stands after all items. */
  readonly tail: Uint8Array;
}

/** The frame of a list. */
export function protobufListFrame(
  apiVersion: string,
  listKind: string,
  metadata: JsonObject,
): ProtobufListFrame {
  const meta = new WireWriter();
  meta.tag(1, BYTES);
  meta.nested(() => encodeMessage(META + "ListMeta", metadata, meta));
  const first = meta.bytes();
  return {
    head(bytes) {
      const writer = openEnvelope(apiVersion, listKind, first.length + bytes);
      writer.append(first);
      return writer.bytes();
    },
    before(item) {
      const writer = new WireWriter(8);
      writer.tag(2, BYTES);
      writer.varint(item.length);
      return writer.bytes();
    },
    tail: ENVELOPE_END,
  };
}

/** A watch event as a frame: its length in four bytes, then the event. `object` is an envelope. */
export function encodeProtobufEvent(type: string, object: Uint8Array): Uint8Array {
  const writer = new WireWriter();
  writer.append(new Uint8Array(4));
  writer.tag(1, BYTES);
  writer.string(type);
  writer.tag(2, BYTES);
  writer.nested(() => {
    writer.tag(1, BYTES);
    writer.raw(object);
  });
  const frame = writer.bytes();
  new DataView(frame.buffer).setUint32(0, frame.length - 4);
  return frame;
}

/**
 * The object in an envelope, as JSON with `apiVersion` and `kind`. One of a kind that has no
 * message has nothing else. Throws {@linkcode ProtobufError}.
 */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  if (bytes.length === 0) throw new ProtobufError("empty data");
  if (bytes.length < 4 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new ProtobufError(
      "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]",
    );
  }
  if (bytes.length === 4) throw new ProtobufError("empty body");
  let apiVersion = "";
  let kind = "";
  let raw = new Uint8Array();
  const reader = new WireReader(bytes.subarray(4));
  eachField(reader, (number) => {
    if (number === 1) [apiVersion, kind] = typeMeta(new WireReader(reader.raw()));
    else if (number === 2) raw = reader.raw() as Uint8Array<ArrayBuffer>;
    else return false;
    return true;
  });
  const message = messageOfKind(apiVersion, kind);
  const fields = message === undefined ? {} : decodeMessage(message, new WireReader(raw));
  return { kind, apiVersion, ...fields };
}

function typeMeta(reader: WireReader): [apiVersion: string, kind: string] {
  const found: [string, string] = ["", ""];
  eachField(reader, (number) => {
    if (number !== 1 && number !== 2) return false;
    found[number - 1] = reader.string();
    return true;
  });
  return found;
}

setEnvelopeDecoder(decodeProtobuf);
