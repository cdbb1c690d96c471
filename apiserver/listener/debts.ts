// What a listener holds for its clients: answers that are made but not yet
// taken, and bodies of requests that have not all come. A client that asks and
// does not read would otherwise have the server keep as many answers as it has
// streams. Not flow control, which is HTTP/2's and TCP's affair. Source: the
// limits are ours; the 429 is kube-apiserver's, by which it too bounds how
// many answers it holds (--max-requests-inflight).

import type { HttpResponse } from "../http/types.ts";
import { type HeldMemory, heldMemory, type Holders } from "./held_memory.ts";

/** What one connection may leave unread: some forty lists of a thousand Pods. */
const CONNECTION_BYTES_MAX = 64 * 1024 * 1024;
/**
 * With more requests than this at once, a connection's next ones wait for their turns: other connections come in between, and what is cancelled in the same breath (rapid reset) is not even begun.
 */
const REQUESTS_AT_ONCE = 16;

/** One connection's part. */
export interface Debt {
  /** Bytes that are held for it. */
  bytes: number;
  /** Requests that are not over. */
  requests: number;
  /** Whether the connection is over: nothing is held any more. */
  over: boolean;
  /** When it last took something, or began to owe. */
  moved_ms: number;
}

interface ConnectionDebt extends Debt {
  readonly connection: Connection;
  /** Of those, what nobody else holds. */
  ownBytes: number;
  /** How often it holds each buffer that others may hold as well. */
  readonly buffers: Map<ArrayBufferLike, number>;
}

/** What tells its end, and can be ended. */
export interface Connection {
  once(event: "close", listener: () => void): unknown;
  destroy(): unknown;
}

/** The debts of a listener, by connection. */
export class Debts implements Holders {
  readonly #memory: HeldMemory;
  readonly #byConnection = new WeakMap<object, ConnectionDebt>();
  /** Those that owe something. */
  readonly #owing = new Set<ConnectionDebt>();
  #bytes = 0;

  /** Default: counted together with all other listeners of the process. */
  constructor(memory: HeldMemory = heldMemory) {
    this.#memory = memory;
  }

  /** What is held for all connections, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The debt of a connection, known by its socket. */
  of(connection: Connection): Debt {
    const known = this.#byConnection.get(connection);
    if (known !== undefined) return known;
    const debt: ConnectionDebt = {
      connection,
      bytes: 0,
      ownBytes: 0,
      requests: 0,
      over: false,
      moved_ms: 0,
      buffers: new Map(),
    };
    this.#byConnection.set(connection, debt);
    // Not every answer of a connection that is lost tells of its end: those that wait behind others do not.
    connection.once("close", () => this.#end(debt));
    return debt;
  }

  /** Whether a connection has to read first before it is answered again. */
  refuses(debt: Debt): boolean {
    return debt.bytes > CONNECTION_BYTES_MAX || (debt.bytes > 0 && this.#memory.crowded);
  }

  /** Whether a connection's next request has to wait for its turn. */
  crowded(debt: Debt): boolean {
    return debt.requests > REQUESTS_AT_ONCE;
  }

  /** Takes note of bytes that are held; negative ones are no more. */
  add(debt: Debt, bytes: number): void {
    if (debt.over || bytes === 0) return;
    (debt as ConnectionDebt).ownBytes += bytes;
    this.#count(debt as ConnectionDebt, bytes);
    this.#memory.add(this, bytes);
  }

  /** Takes note of bytes that others may hold as well. */
  hold(debt: Debt, chunk: Uint8Array): void {
    if (debt.over || chunk.length === 0) return;
    const { buffers } = debt as ConnectionDebt;
    buffers.set(chunk.buffer, (buffers.get(chunk.buffer) ?? 0) + 1);
    this.#count(debt as ConnectionDebt, chunk.length);
    this.#memory.hold(this, chunk.buffer);
  }

  /** These are no more. */
  release(debt: Debt, chunk: Uint8Array): void {
    if (debt.over || chunk.length === 0) return;
    const { buffers } = debt as ConnectionDebt;
    const count = buffers.get(chunk.buffer)!;
    if (count > 1) buffers.set(chunk.buffer, count - 1);
    else buffers.delete(chunk.buffer);
    this.#count(debt as ConnectionDebt, -chunk.length);
    this.#memory.release(this, chunk.buffer);
  }

  /** A connection has taken something of what is held for it. */
  moved(debt: Debt): void {
    debt.moved_ms = this.#memory.now();
  }

  evict(still_ms: number): boolean {
    let most: ConnectionDebt | undefined;
    for (const debt of this.#owing) {
      if (debt.moved_ms <= still_ms && debt.bytes > (most?.bytes ?? 0)) most = debt;
    }
    if (most === undefined) return false;
    this.#end(most);
    most.connection.destroy();
    return true;
  }

  #count(debt: ConnectionDebt, bytes: number): void {
    if (bytes < 0 || debt.bytes === 0) this.moved(debt);
    debt.bytes += bytes;
    this.#bytes += bytes;
    if (debt.bytes === 0) this.#owing.delete(debt);
    else this.#owing.add(debt);
  }

  /** Nothing is held for it any more. */
  #end(debt: ConnectionDebt): void {
    if (debt.over) return;
    const { buffers, ownBytes } = debt;
    this.#count(debt, -debt.bytes);
    debt.over = true;
    this.#memory.add(this, -ownBytes);
    for (const [buffer, count] of buffers) {
      for (let i = 0; i < count; i++) this.#memory.release(this, buffer);
    }
    buffers.clear();
  }
}

/** What is held for one request: its body until it is whole, and of its answer what is not taken. */
export class Owed {
  readonly #debts: Debts;
  readonly #debt: Debt;
  #bytes = 0;
  #chunks: readonly Uint8Array[] = NONE;
  #over = false;

  /** Nothing yet. */
  constructor(debts: Debts, debt: Debt) {
    this.#debts = debts;
    this.#debt = debt;
  }

  /** So many bytes are held, beside pieces that others may hold as well. */
  set(bytes: number): void {
    if (this.#over) return;
    this.#debts.add(this.#debt, bytes - this.#bytes);
    this.#bytes = bytes;
  }

  /** These pieces wait, and no others. Those that several clients wait for count once for the process. */
  hold(chunks: readonly Uint8Array[]): void {
    const before = this.#chunks;
    if (this.#over || (chunks.length === 0 && before.length === 0)) return;
    this.#chunks = chunks.slice();
    for (const chunk of chunks) this.#debts.hold(this.#debt, chunk);
    for (const chunk of before) this.#debts.release(this.#debt, chunk);
    this.#debts.moved(this.#debt);
  }

  /** The request is over: nothing of it is held. */
  end(): void {
    this.set(0);
    this.hold(NONE);
    this.#over = true;
  }
}

const NONE: readonly Uint8Array[] = [];

/** The answer to who has to read first, or asks for more than there is time for. */
export const TOO_MANY: HttpResponse = {
  status: 429,
  headers: {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
    "retry-after": "1",
  },
  body: new TextEncoder().encode("Too many requests, please try again later.\n"),
};
