// Reminds watches to send a bookmark about once a minute. One timer for all
// watches of a server, and none while there is no watch.

import type { Clock, Timer } from "../../runtime/clock.ts";

/** Upstream sends one a minute (cacher bookmarkFrequency). */
const PERIOD_MS = 60_000;

/** Who wants to be reminded. */
export interface BookmarkReceiver {
  bookmarkSoon(): void;
}

/** The timer and those who wait for it. */
export class BookmarkTicker {
  readonly #clock: Clock;
  readonly #receivers = new Set<BookmarkReceiver>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(receiver: BookmarkReceiver): void {
    this.#receivers.add(receiver);
    this.#timer ??= this.#clock.after(PERIOD_MS, () => this.#tick(), { background: true });
  }

  delete(receiver: BookmarkReceiver): void {
    this.#receivers.delete(receiver);
    if (this.#receivers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    this.#timer = this.#clock.after(PERIOD_MS, () => this.#tick(), { background: true });
    for (const receiver of this.#receivers) receiver.bookmarkSoon();
  }
}
