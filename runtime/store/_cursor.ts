// Readers of the event log: each is a revision and nothing else. Waiting ones
// are kept by storage, so that a write wakes only those whom it concerns.

import type { Cursor, StoreEvent } from "./types.ts";

/** What cursors need of the store. */
export interface EventSource {
  readonly revision: number;
  readonly closed: boolean;
  eventsAfter(storage: string, revision: number, max: number): StoreEvent[];
}

const BATCH_MAX = 1000;

/** The waiting readers of one store. */
export class Cursors {
  readonly #source: EventSource;
  readonly #waiting = new Map<string, Set<StoreCursor>>();
  #due: StoreCursor[] = [];
  readonly #callDue = () => {
    const due = this.#due;
    this.#due = [];
    for (const cursor of due) cursor.call();
  };

  constructor(source: EventSource) {
    this.#source = source;
  }

  open(storage: string, revision: number): Cursor {
    return new StoreCursor(this.#source, this, storage, revision);
  }

  /** Wakes those who follow `storage`. */
  wake(storage: string): void {
    this.#wakeSet(storage);
    this.#wakeSet("");
  }

  wakeAll(): void {
    for (const storage of [...this.#waiting.keys()]) this.#wakeSet(storage);
  }

  add(cursor: StoreCursor): void {
    let set = this.#waiting.get(cursor.storage);
    if (set === undefined) this.#waiting.set(cursor.storage, set = new Set());
    set.add(cursor);
  }

  delete(cursor: StoreCursor): void {
    this.#waiting.get(cursor.storage)?.delete(cursor);
  }

  /** Has the cursor's callback called once the present write is done, with all others that are due. */
  soon(cursor: StoreCursor): void {
    this.#due.push(cursor);
    if (this.#due.length === 1) queueMicrotask(this.#callDue);
  }

  #wakeSet(storage: string): void {
    const set = this.#waiting.get(storage);
    if (set === undefined || set.size === 0) return;
    this.#waiting.delete(storage);
    for (const cursor of set) cursor.resume();
  }
}

/** One reader. */
class StoreCursor implements Cursor {
  readonly storage: string;
  readonly #source: EventSource;
  readonly #cursors: Cursors;
  #revision: number;
  #resume: (() => void) | undefined;
  #notify: (() => void) | undefined;
  #signal: AbortSignal | undefined;
  #closed = false;
  readonly #onAbort = () => this.wake();

  constructor(
    source: EventSource,
    cursors: Cursors,
    storage: string,
    revision: number,
  ) {
    this.#source = source;
    this.#cursors = cursors;
    this.storage = storage;
    this.#revision = revision;
  }

  get revision(): number {
    return this.#revision;
  }

  read(max = BATCH_MAX): readonly StoreEvent[] | undefined {
    if (this.#revision >= this.#source.revision) return undefined;
    const events = this.#source.eventsAfter(this.storage, this.#revision, max);
    // Read dry: everything up to now has been seen, whatever storage it was in.
    this.#revision = events.length < max
      ? this.#source.revision
      : events[events.length - 1]!.revision;
    return events.length === 0 ? undefined : events;
  }

  wait(signal?: AbortSignal): Promise<void> {
    if (this.#done(signal)) return Promise.resolve();
    if (this.#revision < this.#source.revision && this.#pending()) {
      return Promise.resolve();
    }
    this.#listen(signal);
    return new Promise((resolve) => {
      const earlier = this.#resume;
      this.#resume = earlier === undefined ? resolve : () => {
        earlier();
        resolve();
      };
      this.#cursors.add(this);
    });
  }

  notify(callback: () => void, signal?: AbortSignal): void {
    this.#notify = callback;
    this.#listen(signal);
    if (this.#done(signal) || (this.#revision < this.#source.revision && this.#pending())) {
      this.#cursors.soon(this);
    } else this.#cursors.add(this);
  }

  /** Calls who wanted to be notified. */
  call(): void {
    const notify = this.#notify;
    this.#notify = undefined;
    notify?.();
  }

  #done(signal: AbortSignal | undefined): boolean {
    return this.#closed || this.#source.closed || signal?.aborted === true;
  }

  wake(): void {
    this.#cursors.delete(this);
    this.resume();
  }

  /** Lets the waiter go on, who has been taken from the list of those waiting. */
  resume(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
    if (this.#notify !== undefined) this.#cursors.soon(this);
  }

  close(): void {
    this.#closed = true;
    this.#listen(undefined);
    this.wake();
  }

  #pending(): boolean {
    try {
      return this.#source.eventsAfter(this.storage, this.#revision, 1).length >
        0;
    } catch {
      // It has expired: the next read says so.
      return true;
    }
  }

  /** One listener for as long as the same signal is used: watchers wait thousands of times. */
  #listen(signal: AbortSignal | undefined): void {
    if (this.#signal === signal) return;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    signal?.addEventListener("abort", this.#onAbort);
    this.#signal = signal;
  }
}
