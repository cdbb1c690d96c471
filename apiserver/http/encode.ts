// Objects and lists as bytes. What has a store entry is encoded once and
// shared by all readers and watchers (`Entry.encodings`); a list is put
// together from those bytes. Source of the layout: apimachinery's JSON, YAML
// and protobuf serializers: `kind` and `apiVersion` first, a line break after
// compact JSON, items of built-in lists without kind and version.

import { stringifyJson } from "../../runtime/json.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { apiVersionOf } from "../../runtime/object.ts";
import type { Entry } from "../../runtime/store/types.ts";
import type { ResourceDefinition } from "../definition.ts";
import { encodeProtobuf, encodeProtobufList, encodeRaw, envelope } from "../protobuf/mod.ts";
import type { ListResult, ObjectResult } from "../request.ts";
import { AssembledLists } from "./assembled_lists.ts";
import type { Encoding } from "./negotiate.ts";
import { writeYaml } from "./write_yaml.ts";

const encoder = new TextEncoder();

/** Any JSON tree, not cached. */
export function encodeValue(value: unknown, encoding: Encoding, pretty: boolean): Uint8Array {
  switch (encoding) {
    case "yaml":
      return encoder.encode(writeYaml(value));
    case "protobuf":
      return encodeProtobuf(value as KubeObject);
    case "json":
      return pretty
        ? encoder.encode(stringifyJson(value, 2))
        : encoder.encode(stringifyJson(value) + "\n");
  }
}

/** One object, from its entry's encodings where it can be. */
export function encodeObject(
  result: { readonly object: KubeObject; readonly entry?: Entry },
  encoding: Encoding,
  pretty: boolean,
): Uint8Array {
  const { entry, object } = result;
  if (encoding === "protobuf") {
    return envelope(object.apiVersion, object.kind, rawProtobuf(result));
  }
  if (entry === undefined || pretty) return encodeValue(typed(object), encoding, pretty);
  let bytes = entry.encodings.get(encoding);
  if (bytes === undefined) {
    bytes = encodeValue(typed(object), encoding, false);
    entry.encodings.set(encoding, bytes);
  }
  return bytes;
}

/** The protobuf message of an object, without its envelope. */
function rawProtobuf(
  { entry, object }: { readonly object: KubeObject; readonly entry?: Entry },
): Uint8Array {
  let bytes = entry?.encodings.get("protobuf");
  if (bytes === undefined) {
    bytes = encodeRaw(object);
    entry?.encodings.set("protobuf", bytes);
  }
  return bytes;
}

/** `kind` and `apiVersion` in front. */
function typed(object: KubeObject): KubeObject {
  for (const first in object) {
    if (first === "kind") return object;
    break;
  }
  const { apiVersion, kind, ...rest } = object;
  return { kind, apiVersion, ...rest } as KubeObject;
}

/** `metadata` of a list. */
export function listMeta(list: ListResult): JsonObject {
  return {
    resourceVersion: list.resourceVersion,
    ...(list.continue ? { continue: list.continue } : {}),
    ...(list.remainingItemCount === undefined
      ? {}
      : { remainingItemCount: list.remainingItemCount }),
  };
}

/** Of all clusters of the process. */
const lists = new AssembledLists();

/** A list of a kind's objects. */
export function encodeList(
  list: ListResult,
  definition: ResourceDefinition,
  encoding: Encoding,
  pretty: boolean,
): Uint8Array {
  const apiVersion = apiVersionOf(definition);
  if (encoding === "json" && !pretty) {
    return lists.of(list, definition, encoding, () => assembleList(list, definition, apiVersion));
  }
  if (encoding === "protobuf") {
    return lists.of(list, definition, encoding, () => {
      const items = list.items.map(rawProtobuf);
      return encodeProtobufList(apiVersion, definition.listKind, listMeta(list), items);
    });
  }
  const items = list.items.map(({ object }) => {
    if (definition.custom) return object;
    const { apiVersion: _version, kind: _kind, ...rest } = object;
    return rest;
  });
  const whole = definition.custom
    ? {
      apiVersion,
      items,
      kind: definition.listKind,
      metadata: { continue: "", ...listMeta(list) },
    }
    : { kind: definition.listKind, apiVersion, metadata: listMeta(list), items };
  return encodeValue(whole, encoding, pretty);
}

const COMMA = 0x2c;
const BRACE = 0x7b;

/** Puts a JSON list together from the bytes of its items. */
function assembleList(
  list: ListResult,
  definition: ResourceDefinition,
  apiVersion: string,
): Uint8Array {
  const [head, tail] = frame(list, definition, apiVersion);
  // What built-in items leave out: `{"kind":"Pod","apiVersion":"v1",`.
  const dropped = definition.custom
    ? 0
    : `{"kind":${JSON.stringify(definition.kind)},"apiVersion":${JSON.stringify(apiVersion)},`
      .length;
  const items: Uint8Array[] = new Array(list.items.length);
  let length = head.length + tail.length + Math.max(0, list.items.length - 1);
  for (let i = 0; i < items.length; i++) {
    const bytes = encodeObject(list.items[i] as ObjectResult, "json", false);
    // Without the line break at the end, and with a brace for what is dropped.
    const item = dropped === 0
      ? bytes.subarray(0, bytes.length - 1)
      : bytes.subarray(dropped - 1, bytes.length - 1);
    items[i] = item;
    length += item.length;
  }
  const out = new Uint8Array(length);
  out.set(head, 0);
  let at = head.length;
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out[at++] = COMMA;
    out.set(items[i]!, at);
    if (dropped > 0) out[at] = BRACE;
    at += items[i]!.length;
  }
  out.set(tail, at);
  return out;
}

function frame(
  list: ListResult,
  definition: ResourceDefinition,
  apiVersion: string,
): [head: Uint8Array, tail: Uint8Array] {
  const kind = JSON.stringify(definition.listKind);
  const version = JSON.stringify(apiVersion);
  if (definition.custom) {
    const metadata = JSON.stringify({ continue: "", ...listMeta(list) });
    return [
      encoder.encode(`{"apiVersion":${version},"items":[`),
      encoder.encode(`],"kind":${kind},"metadata":${metadata}}\n`),
    ];
  }
  const metadata = JSON.stringify(listMeta(list));
  return [
    encoder.encode(`{"kind":${kind},"apiVersion":${version},"metadata":${metadata},"items":[`),
    encoder.encode("]}\n"),
  ];
}
