// How much of what only costs the server something a client may send: resets,
// pings, settings, frames of nothing. Honest clients send few, floods of them
// are attacks (CVE-2019-9512 to 9518, CVE-2023-44487, CVE-2024-27316).

import { systemClock } from "../../../runtime/clock.ts";
import { CODE, ConnectionError } from "./frames.ts";

const STRAINS_MAX = 2000;
const FORGIVEN_PER_SECOND = 200;

/** One connection's. */
export class Patience {
  #left = STRAINS_MAX;
  #counted_ms = 0;

  /** Bears one more. Throws when it is one too many. */
  strain(): void {
    if (--this.#left >= 0) return;
    const now_ms = systemClock.now();
    // The first time counts from the connection's beginning, long ago as that may be.
    const forgiven = Math.floor((now_ms - this.#counted_ms) / 1000 * FORGIVEN_PER_SECOND);
    if (forgiven <= 0) throw new ConnectionError(CODE.enhanceYourCalm, "Too much of nothing");
    this.#counted_ms = now_ms;
    this.#left = Math.min(STRAINS_MAX, forgiven) - 1;
  }
}
