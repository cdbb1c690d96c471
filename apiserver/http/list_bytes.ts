// The bytes of a list: what comes before its items, between them and after
// them. Most lists become one array, which many clients can be sent. One that
// is too large to be held for each client that reads slowly is a stream
// instead: large items go out as the very bytes that the store's entry has,
// which all readers share, and nothing is put together before it is asked for.

import { setImmediate } from "node:timers";

/** Larger lists are streams. */
export const WHOLE_BYTES_MAX = 32 * 1024 * 1024;
/** How much of small items is put together, and from what size an item goes out by itself. */
const PIECE_BYTES = 32 * 1024;
/** So much is encoded before others have their turn, if nobody has to wait for anything else. */
const TURN_BYTES = 1024 * 1024;

/** What a list is put together from. */
export interface ListParts {
  /** What stands before all items; `bytes` is how long they are together, with what stands before each. */
  head(bytes: number): Uint8Array;
  /** Whether the head tells how long they are. */
  readonly tellsLength: boolean;
  readonly tail: Uint8Array;
  /** How many items there are. */
  readonly count: number;
  /** What stands before an item. */
  before(index: number, item: Uint8Array): Uint8Array;
  /** An item; asking again costs little. */
  item(index: number): Uint8Array;
}

/** All of a list, or `undefined` if it is larger than that. */
export function wholeList(parts: ListParts, bytesMax = WHOLE_BYTES_MAX): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < parts.count; i++) {
    const item = parts.item(i);
    const before = parts.before(i, item);
    pieces.push(before, item);
    length += before.length + item.length;
    if (length > bytesMax) return undefined;
  }
  const head = parts.head(length);
  return joined([head, ...pieces, parts.tail], head.length + length + parts.tail.length);
}

/** A list piece by piece. Others have their turn in between. */
export async function* listPieces(parts: ListParts): AsyncGenerator<Uint8Array> {
  const piece = new Piece();
  piece.add(parts.head(parts.tellsLength ? await lengthOf(parts) : 0));
  const turn = new Turn();
  for (let i = 0; i < parts.count; i++) {
    const item = parts.item(i);
    piece.add(parts.before(i, item));
    const large = item.length >= PIECE_BYTES;
    if (!large) piece.add(item);
    if (large || piece.length >= PIECE_BYTES) yield piece.take();
    if (large) yield item;
    if (turn.over(item.length)) await othersTurn();
  }
  piece.add(parts.tail);
  yield piece.take();
}

async function lengthOf(parts: ListParts): Promise<number> {
  const turn = new Turn();
  let length = 0;
  for (let i = 0; i < parts.count; i++) {
    const item = parts.item(i);
    length += parts.before(i, item).length + item.length;
    if (turn.over(item.length)) await othersTurn();
  }
  return length;
}

/** What goes out together. */
class Piece {
  #parts: Uint8Array[] = [];
  length = 0;

  add(part: Uint8Array): void {
    this.#parts.push(part);
    this.length += part.length;
  }

  take(): Uint8Array {
    const bytes = joined(this.#parts, this.length);
    this.#parts = [];
    this.length = 0;
    return bytes;
  }
}

/** How much one turn of the event loop has made. */
class Turn {
  #bytes = 0;

  /** So much more has been made; whether that is enough for one turn. */
  over(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes < TURN_BYTES) return false;
    this.#bytes = 0;
    return true;
  }
}

/** Lets the event loop look after others. */
function othersTurn(): Promise<void> {
  return new Promise((next) => void setImmediate(next));
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
