// Connections that have not asked for anything yet, of all listeners of a
// process: there are only so many, and the oldest of whoever has most of
// them makes room for a new one. Connections that have asked are not counted,
// however long they say nothing since.

/** How many connections of a process may be without a request: a quarter of the files that a process usually may open at most. */
const STRANGERS_MAX = 4_096;

/** What can be hung up on. */
export interface Stranger {
  destroy(): unknown;
}

/** Counts them over all listeners. */
export class StrangerLimit {
  readonly #max: number;
  readonly #groups = new Set<Strangers>();
  #count = 0;

  /** Default: 4,096. */
  constructor(max = STRANGERS_MAX) {
    this.#max = max;
  }

  /** Those of one listener. */
  strangers(): Strangers {
    return new Strangers(this);
  }

  /** There is one more, or one less. */
  changed(group: Strangers, by: 1 | -1): void {
    this.#count += by;
    if (group.size === 0) this.#groups.delete(group);
    else this.#groups.add(group);
    if (this.#count > this.#max) this.#largest()?.evict();
  }

  #largest(): Strangers | undefined {
    let largest: Strangers | undefined;
    for (const group of this.#groups) {
      if (group.size > (largest?.size ?? 0)) largest = group;
    }
    return largest;
  }
}

/** Those of one listener. */
export class Strangers {
  readonly #limit: StrangerLimit;
  /** The oldest first. */
  readonly #members = new Set<Stranger>();

  constructor(limit: StrangerLimit) {
    this.#limit = limit;
  }

  /** How many there are. */
  get size(): number {
    return this.#members.size;
  }

  /** A new connection. */
  add(stranger: Stranger): void {
    if (this.#members.has(stranger)) return;
    this.#members.add(stranger);
    this.#limit.changed(this, 1);
  }

  /** It has asked for something, or is over. */
  delete(stranger: Stranger): void {
    if (this.#members.delete(stranger)) this.#limit.changed(this, -1);
  }

  /** Hangs up on the oldest. */
  evict(): void {
    for (const stranger of this.#members) {
      this.delete(stranger);
      stranger.destroy();
      return;
    }
  }
}
