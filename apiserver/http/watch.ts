// A watch as a stream of bytes: JSON lines, or length-framed protobuf. It
// pulls the registry's stream only as fast as the client reads, and all
// watchers of an object share its encoded bytes. Source:
// k8s.io/apiserver/pkg/endpoints/handlers/watch.go.

import type { KubeObject } from "../../runtime/object.ts";
import type { Status } from "../../runtime/status.ts";
import { internalError, StatusError } from "../../runtime/status.ts";
import { encodeProtobufEvent } from "../protobuf/mod.ts";
import type { WatchResult, WatchStream } from "../request.ts";
import { encodeObject, encodeValue } from "./encode.ts";
import type { Encoding } from "./negotiate.ts";

/** How the objects of a watch are shown. `undefined`: as they are. */
export type WatchTransform = (object: KubeObject) => unknown;

const encoder = new TextEncoder();
const TYPES = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"] as const;
const HEADS = new Map(
  TYPES.map((type) => [type, encoder.encode(`{"type":"${type}","object":`)]),
);
const TAIL = encoder.encode("}\n");

/** The bytes of a watch. Returning the iterator closes the watch. */
export async function* watchBytes(
  stream: WatchStream,
  encoding: Encoding,
  transform: WatchTransform | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const events = await stream.next();
      if (events === undefined) return;
      if (events.length > 0) yield encodeEvents(events, encoding, transform);
    }
  } catch (error) {
    // The head of the answer is gone: what goes wrong now is an event.
    yield encodeEvents([errorEvent(error)], encoding, undefined);
  } finally {
    stream.close();
  }
}

function errorEvent(error: unknown): WatchResult {
  const status: Status = error instanceof StatusError
    ? error.status
    : internalError(error instanceof Error ? error.message : String(error)).status;
  return { type: "ERROR", object: status as unknown as KubeObject };
}

/** The last event that was put into bytes: the next watcher mostly wants the same one. */
let shared: { readonly object: Uint8Array; readonly type: string; readonly bytes: Uint8Array } = {
  object: new Uint8Array(),
  type: "",
  bytes: new Uint8Array(),
};

/** One event as a line of JSON. */
function jsonEvent(type: WatchResult["type"], object: Uint8Array): Uint8Array {
  if (shared.object === object && shared.type === type) return shared.bytes;
  const head = HEADS.get(type)!;
  const bytes = new Uint8Array(head.length + object.length - 1 + TAIL.length);
  bytes.set(head);
  // Without the line break.
  bytes.set(object.subarray(0, object.length - 1), head.length);
  bytes.set(TAIL, bytes.length - TAIL.length);
  shared = { object, type, bytes };
  return bytes;
}

function encodeEvents(
  events: readonly WatchResult[],
  encoding: Encoding,
  transform: WatchTransform | undefined,
): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  };
  for (const event of events) {
    const object = objectBytes(event, encoding, transform);
    add(
      encoding === "protobuf"
        ? encodeProtobufEvent(event.type, object)
        : jsonEvent(event.type, object),
    );
  }
  if (parts.length === 1) return parts[0]!;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function objectBytes(
  event: WatchResult,
  encoding: Encoding,
  transform: WatchTransform | undefined,
): Uint8Array {
  if (transform === undefined || event.type === "ERROR") {
    return encodeObject(event, encoding, false);
  }
  return encodeValue(transform(event.object), encoding, false);
}
