// A queue of store events in the order of their revisions, with lookups by
// revision. Not bounded by itself: the store drops what is too old.

import type { StoreEvent } from "./types.ts";

/** Events in ascending order of revision. */
export class EventLog {
  #events: StoreEvent[];
  #head = 0;

  constructor(events: StoreEvent[] = []) {
    this.#events = events;
  }

  get length(): number {
    return this.#events.length - this.#head;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
  }

  /** The oldest event. */
  first(): StoreEvent | undefined {
    return this.#events[this.#head];
  }

  /** Drops the oldest event. */
  shift(): void {
    if (this.#head >= this.#events.length) return;
    this.#head++;
    // Dropping from the front of an array is linear: do it seldom.
    if (this.#head >= 64 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Drops everything up to and including `revision`. */
  dropThrough(revision: number): void {
    for (
      let first = this.first();
      first && first.revision <= revision;
      first = this.first()
    ) {
      // The array may keep the slot until it is cut; that costs one pointer.
      this.shift();
    }
  }

  /** At most `max` events after `revision`, oldest first. */
  after(revision: number, max: number): StoreEvent[] {
    const start = this.#indexAfter(revision);
    return this.#events.slice(
      start,
      Math.min(this.#events.length, start + max),
    );
  }

  /** Whether anything happened after `revision`. */
  hasAfter(revision: number): boolean {
    const last = this.#events[this.#events.length - 1];
    return this.length > 0 && last !== undefined && last.revision > revision;
  }

  copy(): EventLog {
    return new EventLog(this.#events.slice(this.#head));
  }

  /** Readers mostly stand close to the end, so try there before searching. */
  #indexAfter(revision: number): number {
    const events = this.#events;
    let low = this.#head;
    let high = events.length;
    for (let i = 0; i < 4 && high > low; i++) {
      if (events[high - 1]!.revision <= revision) return high;
      high--;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (events[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
