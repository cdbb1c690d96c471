// What a listener owes its clients: answers that are made but not yet taken.
// A client that asks and does not read would otherwise have the server keep
// as many answers as it has streams. Not flow control, which is HTTP/2's and
// TCP's affair. Source: the limits are ours; the 429 is kube-apiserver's, by
// which it too bounds how many answers it holds (--max-requests-inflight).

import type { HttpResponse } from "../http/types.ts";

/** What one connection may leave unread: some forty lists of a thousand Pods. */
const CONNECTION_BYTES_MAX = 64 * 1024 * 1024;
/** What all connections of a listener together may: one cluster is not to take the memory of all others. */
const LISTENER_BYTES_MAX = 256 * 1024 * 1024;
/**
 * With more requests than this at once, a connection's next ones wait for their turns: other connections come in between, and what is cancelled in the same breath (rapid reset) is not even begun.
 */
const REQUESTS_AT_ONCE = 16;

/** One connection's part. */
export interface Debt {
  /** Bytes that are not taken yet. */
  bytes: number;
  /** Requests that are not over. */
  requests: number;
  /** Whether the connection is over: nothing is owed any more. */
  over: boolean;
}

/** What tells its end. */
export interface Connection {
  once(event: "close", listener: () => void): unknown;
}

/** The debts of a listener, by connection. */
export class Debts {
  readonly #byConnection = new WeakMap<object, Debt>();
  #bytes = 0;

  /** What all connections have not taken yet, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The debt towards a connection, known by its socket or session. */
  of(connection: Connection): Debt {
    const known = this.#byConnection.get(connection);
    if (known !== undefined) return known;
    const debt = { bytes: 0, requests: 0, over: false };
    this.#byConnection.set(connection, debt);
    // Not every answer of a connection that is lost tells of its end: those that wait behind others do not.
    connection.once("close", () => {
      this.#bytes -= debt.bytes;
      debt.bytes = 0;
      debt.over = true;
    });
    return debt;
  }

  /** Whether a connection has to read first before it is answered again. */
  refuses(debt: Debt): boolean {
    return debt.bytes > CONNECTION_BYTES_MAX || this.#bytes > LISTENER_BYTES_MAX;
  }

  /** Whether a connection's next request has to wait for its turn. */
  crowded(debt: Debt): boolean {
    return debt.requests > REQUESTS_AT_ONCE;
  }

  /** Takes note of bytes that are on their way; negative ones have arrived, or never will. */
  add(debt: Debt, bytes: number): void {
    if (debt.over) return;
    debt.bytes += bytes;
    this.#bytes += bytes;
  }
}

/** What is owed for one answer. */
export class Owed {
  readonly #debts: Debts;
  readonly #debt: Debt;
  #bytes = 0;
  #over = false;

  /** Nothing yet. */
  constructor(debts: Debts, debt: Debt) {
    this.#debts = debts;
    this.#debt = debt;
  }

  /** So many bytes of the answer are made and not taken. */
  set(bytes: number): void {
    if (this.#over) return;
    this.#debts.add(this.#debt, bytes - this.#bytes);
    this.#bytes = bytes;
  }

  /** The answer is over: taken, or never will be. */
  end(): void {
    this.set(0);
    this.#over = true;
  }
}

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
