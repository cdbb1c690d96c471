// Holds up templates that are replaced again and again: a patch that puts the
// name of a template into the template itself would have it made anew under
// another name for ever. Not part of Cluster API, whose topology controller
// goes on for as long as its API server takes it.

import type { Clock } from "../../../runtime/clock.ts";

/** So often one template may be replaced within the window. */
const ROTATIONS_MAX = 30;
const WINDOW_MS = 60_000;
/** Templates whose last replacements are remembered. */
const REMEMBERED_MAX = 20_000;

/** Counts how often templates are replaced. */
export class RotationGuard {
  readonly #clock: Clock;
  readonly #times = new Map<string, number[]>();

  /** Goes by the time of `clock`. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * To be called before a template is replaced.
   *
   * @param holder what the template is for, the same for all that stand for each other
   * @param what the template, in words
   * @throws {Error} when it is replaced too often
   */
  check(holder: string, what: string): void {
    const now_ms = this.#clock.now();
    const recent = (this.#times.get(holder) ?? []).filter((at) => now_ms - at < WINDOW_MS);
    if (recent.length >= ROTATIONS_MAX) {
      throw new Error(
        `${what} has been replaced ${recent.length} times within ${
          WINDOW_MS / 1000
        } s: patches of the ClusterClass should give it the same content each time, which cannot hold its own name`,
      );
    }
    recent.push(now_ms);
    this.#times.delete(holder);
    this.#times.set(holder, recent);
    if (this.#times.size <= REMEMBERED_MAX) return;
    const oldest = this.#times.keys().next();
    if (!oldest.done) this.#times.delete(oldest.value);
  }
}
