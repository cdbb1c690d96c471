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
import { encodeProtobuf, encodeRaw, envelope, protobufListFrame } from "../protobuf/mod.ts";
import type { ListResult, ObjectResult } from "../request.ts";
import { AssembledLists } from "./assembled_lists.ts";
import { type ListParts, listPieces, wholeList } from "./list_bytes.ts";
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

/** A list of a kind's objects: whole, or a stream if it is very large. */
export function encodeList(
  list: ListResult,
  definition: ResourceDefinition,
  encoding: Encoding,
  pretty: boolean,
): Uint8Array | AsyncIterable<Uint8Array> {
  const apiVersion = apiVersionOf(definition);
  if ((encoding === "json" && !pretty) || encoding === "protobuf") {
    const parts = encoding === "json"
      ? jsonParts(list, definition, apiVersion)
      : protobufParts(list, definition, apiVersion);
    return lists.of(list, definition, encoding, () => wholeList(parts)) ?? listPieces(parts);
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

/** A list in JSON is made of the bytes of its items. */
function jsonParts(
  list: ListResult,
  definition: ResourceDefinition,
  apiVersion: string,
): ListParts {
  const [head, tail] = frame(list, definition, apiVersion);
  // What built-in items leave out: `{"kind":"Pod","apiVersion":"v1",`.
  const dropped = definition.custom
    ? 0
    : `{"kind":${JSON.stringify(definition.kind)},"apiVersion":${JSON.stringify(apiVersion)},`
      .length;
  // A brace for what is dropped.
  const first = encoder.encode(dropped === 0 ? "" : "{");
  const next = encoder.encode(dropped === 0 ? "," : ",{");
  return {
    head: () => head,
    tellsLength: false,
    tail,
    count: list.items.length,
    before: (index) => index === 0 ? first : next,
    item(index) {
      const bytes = encodeObject(list.items[index] as ObjectResult, "json", false);
      // Without the line break at the end.
      return bytes.subarray(dropped, bytes.length - 1);
    },
  };
}

/** A list in protobuf is as well. */
function protobufParts(
  list: ListResult,
  definition: ResourceDefinition,
  apiVersion: string,
): ListParts {
  const { head, before, tail } = protobufListFrame(apiVersion, definition.listKind, listMeta(list));
  return {
    head,
    tellsLength: true,
    tail,
    count: list.items.length,
    before: (_index, item) => before(item),
    item: (index) => rawProtobuf(list.items[index]!),
  };
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
