// The events of a watch out of the bytes of its response: one JSON document
// a line. Source: k8s.io/apimachinery pkg/watch and its JSON framer.

import { Buffer } from "node:buffer";
import type { WatchEvent } from "../runtime/client.ts";
import type { KubeObject } from "../runtime/object.ts";
import type { Status } from "../runtime/status.ts";
import { errorOf, unreachable } from "./response_error.ts";

// Larger than any object that etcd takes, with its managed fields.
const EVENT_BYTES_MAX = 16 << 20;
const NEWLINE = 0x0a;

/** Reads events as they come. Throws the StatusError of an ERROR event, and when a line is no event. */
export async function* readWatchEvents(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent> {
  for await (const line of readLines(body)) {
    const event = parse(line);
    if (event.type === "ERROR") throw errorOf(event.object as unknown as Partial<Status>);
    yield event as WatchEvent;
  }
}

interface Received {
  readonly type: string;
  readonly object: KubeObject;
}

function parse(line: string): Received {
  try {
    const event = JSON.parse(line) as Received;
    if (typeof event.type === "string" && event.object?.metadata !== undefined) return event;
    if (event.type === "ERROR") return event;
  } catch {
    // Told below.
  }
  throw unreachable(`a watch sent what is no event: ${JSON.stringify(line.slice(0, 120))}`);
}

async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString("utf8");
      parts = [];
      size = 0;
      start = end + 1;
      if (line.trim() !== "") yield line;
    }
    size += chunk.length - start;
    if (size > EVENT_BYTES_MAX) {
      throw unreachable(`a watch sent an event of more than ${EVENT_BYTES_MAX} bytes`);
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
}
