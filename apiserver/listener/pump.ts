// Bodies that come in pieces, written as fast as the client takes them. One
// that takes nothing any more is cut off: until then no more is held for it
// than the platform's buffer and one piece.

import type { Writable } from "node:stream";
import type { ByteSink, PushedBody } from "../http/types.ts";
import type { Owed } from "./debts.ts";
import type { Departure } from "./departure.ts";

/** What a body is written to: a response of HTTP/1.1 or a stream of HTTP/2. */
export type Outlet = Writable & {
  readonly setTimeout: (ms: number) => unknown;
  /** Of streams of HTTP/2. */
  close?(code: number): void;
};

/** How an answer reaches its client. */
export interface Delivery {
  /** Tells that the client has left. */
  readonly departure: Departure;
  /** A client that takes nothing for so long is cut off. */
  readonly stalled_ms: number;
  /** What the client has not taken yet. */
  readonly owed: Owed;
}

/** CANCEL (RFC 9113, 7). */
const CANCEL = 8;

/** Ends it in the middle, and tells the client so: a stream that is merely destroyed does not. */
function cutOff(out: Outlet): void {
  if (out.close === undefined) out.destroy();
  else out.close(CANCEL);
}

/** Writes a body; resolves at its end, or when the client has left or is cut off. */
export async function pump(
  body: AsyncIterable<Uint8Array> | PushedBody,
  out: Outlet,
  delivery: Delivery,
): Promise<void> {
  if ("pushTo" in body) return await push(body, out, delivery);
  for await (const chunk of body) {
    if (delivery.departure.gone) return;
    if (!out.write(chunk)) await drained(out, delivery);
  }
}

/** How much of a body is handed to the platform at once: it encrypts all of it, and holds that until the client has taken it. */
const PIECE_BYTES = 128 * 1024;
/** Whole bodies are handed over as long as the platform holds no more than this of them: pieces cost a third more. */
const WHOLE_BYTES_MAX = 64 * 1024 * 1024;
/** What fits into the first window of a client, and so is taken by the platform at once. */
const WINDOW_BYTES = 64 * 1024;

/** What the platform holds of bodies that were handed over whole. */
export class WholeBodies {
  readonly #max_bytes: number;
  #bytes = 0;

  /** No more than so many bytes at once. */
  constructor(max_bytes: number) {
    this.#max_bytes = max_bytes;
  }

  /** Whether there is room for a body; it is taken until the client has all of it, or is gone. */
  take({ length }: Uint8Array, out: Outlet): boolean {
    if (this.#bytes + length > this.#max_bytes) return false;
    this.#bytes += length;
    let held = length;
    const over = () => {
      this.#bytes -= held;
      held = 0;
    };
    out.once("finish", over);
    out.once("close", over);
    return true;
  }
}

/** Of all clients of the process. */
const wholeBodies = new WholeBodies(WHOLE_BYTES_MAX);

/** Ends an answer with its whole body, which may be shared by many answers. Resolves when nothing more has to be written. */
export async function endWith(
  body: Uint8Array,
  out: Outlet,
  delivery: Delivery,
  whole: WholeBodies = wholeBodies,
): Promise<void> {
  let rest = body;
  while (rest.length > PIECE_BYTES && !whole.take(rest, out)) {
    const room = out.write(rest.subarray(0, PIECE_BYTES));
    rest = rest.subarray(PIECE_BYTES);
    if (!room) await drained(out, delivery);
    if (delivery.departure.gone) return;
  }
  if (rest.length > WINDOW_BYTES || rest.length < body.length) {
    limitStall(out, delivery.stalled_ms);
    out.on("finish", () => out.setTimeout(0));
  }
  out.end(rest);
}

/** Those whose time is limited already. */
const limited = new WeakSet<Outlet>();

/** From now on it is cut off when it takes nothing for so long. */
function limitStall(out: Outlet, stalled_ms: number): void {
  if (!limited.has(out)) {
    limited.add(out);
    out.on("timeout", () => cutOff(out));
  }
  out.setTimeout(stalled_ms);
}

function push(
  body: PushedBody,
  out: Outlet,
  { departure, stalled_ms, owed }: Delivery,
): Promise<void> {
  return new Promise((resolve) => {
    const sink: ByteSink = {
      write(chunk) {
        const room = out.write(chunk);
        if (!room) {
          owed.set(out.writableLength);
          limitStall(out, stalled_ms);
        }
        return room;
      },
      end: resolve,
    };
    out.on("drain", () => {
      owed.set(0);
      out.setTimeout(0);
      body.resume();
    });
    departure.whenGone(() => {
      body.close();
      resolve();
    });
    body.pushTo(sink);
  });
}

/** Resolves when a writer that was told to wait may go on, or need not. */
export function drained(out: Outlet, { departure, stalled_ms, owed }: Delivery): Promise<void> {
  const { signal } = departure;
  owed.set(out.writableLength);
  return new Promise((resolve) => {
    const done = () => {
      owed.set(0);
      out.setTimeout(0);
      out.removeListener("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    limitStall(out, stalled_ms);
    out.on("drain", done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
