// A watch as a stream of bytes: JSON lines, or length-framed protobuf. It
// takes from the registry's stream only as fast as the client reads, and all
// watchers of an object share its encoded bytes. Source:
// k8s.io/apiserver/pkg/endpoints/handlers/watch.go.

import type { KubeObject } from "../../runtime/object.ts";
import type { Status } from "../../runtime/status.ts";
import { internalError, StatusError } from "../../runtime/status.ts";
import { encodeProtobufEvent } from "../protobuf/mod.ts";
import type { WatchResult, WatchStream } from "../request.ts";
import { encodeObject, encodeValue } from "./encode.ts";
import type { Encoding } from "./negotiate.ts";
import type { ByteSink, PushedBody } from "./types.ts";

/** How the objects of a watch are shown. `undefined`: as they are. */
export type WatchTransform = (object: KubeObject) => unknown;

const encoder = new TextEncoder();
const TYPES = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"] as const;
const HEADS = new Map(
  TYPES.map((type) => [type, encoder.encode(`{"type":"${type}","object":`)]),
);
const TAIL = encoder.encode("}\n");

const NOTHING: readonly WatchResult[] = [];

/** How much is put together for one write, and so held for a client that does not read. An event may be larger. */
const CHUNK_BYTES_MAX = 32 * 1024;

/** The last chunk: the next watcher mostly wants the same one. */
let chunk: {
  readonly events: readonly WatchResult[];
  readonly encoding?: Encoding;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
} = { events: [], bytes: new Uint8Array(), start: 0, end: 0 };

/** Told what becomes of a watch. */
export interface WatchObserver {
  /** So many events have been taken to be sent. */
  sent(events: number): void;
  /** It is over. */
  ended(): void;
}

/** The bytes of a watch: pushed to connections, pulled by everybody else. */
export class WatchBody implements PushedBody {
  readonly #stream: WatchStream;
  readonly #encoding: Encoding;
  readonly #transform: WatchTransform | undefined;
  #sink: ByteSink | undefined;
  #full = false;
  #taken: readonly WatchResult[] = [];
  /** How many of those have been sent. */
  #at = 0;
  #observer: WatchObserver | undefined;
  readonly #wake = () => this.#pump();

  constructor(stream: WatchStream, encoding: Encoding, transform: WatchTransform | undefined) {
    this.#stream = stream;
    this.#encoding = encoding;
    this.#transform = transform;
  }

  /** Who is told from now on. */
  observe(observer: WatchObserver): void {
    this.#observer = observer;
  }

  pushTo(sink: ByteSink): void {
    this.#sink = sink;
    this.#pump();
  }

  resume(): void {
    this.#full = false;
    this.#pump();
  }

  close(): void {
    this.#sink = undefined;
    this.#closeStream();
  }

  /** Returning the iterator closes the watch. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const events = await this.#stream.next();
        if (events === undefined) return;
        this.#took(events);
        for (let bytes = this.#nextChunk(); bytes; bytes = this.#nextChunk()) yield bytes;
      }
    } catch (error) {
      // The head of the answer is gone: what goes wrong now is an event.
      yield eventBytes(errorEvent(error), this.#encoding, undefined);
    } finally {
      this.#closeStream();
    }
  }

  /** Writes what there is, until the sink is full or there is nothing left. */
  #pump(): void {
    try {
      while (this.#sink !== undefined && !this.#full) {
        const bytes = this.#nextChunk();
        if (bytes !== undefined) {
          this.#full = !this.#sink.write(bytes);
          continue;
        }
        const taken = this.#stream.take();
        if (taken === undefined) return this.#end();
        if (taken instanceof Promise) return this.#takeLater(taken);
        if (taken.length === 0) return this.#stream.notify(this.#wake);
        this.#took(taken);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #takeLater(taken: Promise<readonly WatchResult[]>): void {
    taken.then((events) => {
      this.#took(events);
      this.#pump();
    }, (error) => this.#fail(error));
  }

  /** Some of the events that were taken and not yet sent. */
  #nextChunk(): Uint8Array | undefined {
    const events = this.#taken;
    const start = this.#at;
    if (start >= events.length) {
      this.#taken = NOTHING;
      this.#at = 0;
      return undefined;
    }
    if (this.#transform !== undefined) return this.#assemble(events);
    const encoding = this.#encoding;
    const known = chunk.encoding === encoding ? endOfSame(events, start) : undefined;
    if (known !== undefined) {
      this.#at = known;
      return chunk.bytes;
    }
    const bytes = this.#assemble(events);
    chunk = { events, encoding, bytes, start, end: this.#at };
    return bytes;
  }

  #assemble(events: readonly WatchResult[]): Uint8Array {
    const first = this.#bytes(events[this.#at++]!);
    if (this.#at === events.length) return first;
    const parts = [first];
    let length = first.length;
    for (; this.#at < events.length; this.#at++) {
      const bytes = this.#bytes(events[this.#at]!);
      if (length + bytes.length > CHUNK_BYTES_MAX) break;
      parts.push(bytes);
      length += bytes.length;
    }
    return joined(parts, length);
  }

  #closeStream(): void {
    this.#stream.close();
    this.#observer?.ended();
  }

  #took(events: readonly WatchResult[]): void {
    this.#observer?.sent(events.length);
    this.#taken = events;
    this.#at = 0;
  }

  #bytes(event: WatchResult): Uint8Array {
    return eventBytes(event, this.#encoding, this.#transform);
  }

  #fail(error: unknown): void {
    this.#sink?.write(eventBytes(errorEvent(error), this.#encoding, undefined));
    this.#end();
  }

  #end(): void {
    this.#closeStream();
    this.#sink?.end();
    this.#sink = undefined;
  }
}

/** Where the last chunk ends in `events`, if it says what they say from `start`. */
function endOfSame(events: readonly WatchResult[], start: number): number | undefined {
  if (chunk.events === events && chunk.start === start) return chunk.end;
  const length = chunk.end - chunk.start;
  if (events.length - start < length) return undefined;
  for (let i = 0; i < length; i++) {
    const [one, other] = [chunk.events[chunk.start + i]!, events[start + i]!];
    if (one.entry === undefined || one.entry !== other.entry || one.type !== other.type) {
      return undefined;
    }
  }
  return start + length;
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

function eventBytes(
  event: WatchResult,
  encoding: Encoding,
  transform: WatchTransform | undefined,
): Uint8Array {
  const object = objectBytes(event, encoding, transform);
  return encoding === "protobuf"
    ? encodeProtobufEvent(event.type, object)
    : jsonEvent(event.type, object);
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
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
