// Has those who ask for the same thing begin one after the other. Tunnels by
// SPDY need it: client-go's upgrader (SpdyRoundTripper) keeps the connection
// of its last answer in one field. Of two answers that reach it at once both
// tunnels use the one connection, and wait for half a minute. The etcd clients
// of Cluster API 1.9 open two tunnels at once through one upgrader.

import type { Clock } from "../../runtime/clock.ts";

/** Options of {@linkcode Turns}. */
export interface TurnsOptions {
  /** Times turns. */
  readonly clock: Clock;
  /** A turn that nobody ends is over after so long. */
  readonly turn_ms: number;
  /** Of each name so many wait; more of them go on at once. */
  readonly waiting_max: number;
}

interface Queue {
  /** Those who have a turn or wait for one. */
  length: number;
  /** Resolves when the last of them is done. */
  last: Promise<void>;
}

/** Turns by name. */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #queues = new Map<string, Queue>();

  /** Nobody waits yet. */
  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Resolves when the turns before it are over, to what ends this one. */
  async take(name: string): Promise<() => void> {
    const { clock, turn_ms, waiting_max } = this.#options;
    const queue = this.#queues.get(name) ?? { length: 0, last: Promise.resolve() };
    if (queue.length > waiting_max) return () => {};
    const before = queue.last;
    const { promise, resolve } = Promise.withResolvers<void>();
    queue.last = promise;
    queue.length++;
    this.#queues.set(name, queue);
    await before;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      timer.cancel();
      if (--queue.length === 0) this.#queues.delete(name);
      resolve();
    };
    const timer = clock.after(turn_ms, end, { background: true });
    return end;
  }
}
