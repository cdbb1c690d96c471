// Ends controllers that go on for ever without time passing, which under a
// virtual clock nothing else can interrupt.

import type { Clock } from "../../runtime/clock.ts";
import type { ReconcileObserver } from "../../runtime/reconcile/controller_metrics.ts";

/** More than any test asks for at one moment. */
const LIMIT = 20_000;

/** Counts what is reconciled at one moment; calls `stop` when that does not end. */
export class LoopGuard implements ReconcileObserver {
  readonly #clock: Clock;
  readonly #stop: () => void;
  readonly #limit: number;
  #moment_ms = -1;
  #count = 0;
  #counts = new Map<string, number>();

  /** `limit` reconciles at one moment are taken for a loop (default 20,000). */
  constructor(clock: Clock, stop: () => void, limit = LIMIT) {
    this.#clock = clock;
    this.#stop = stop;
    this.#limit = limit;
  }

  started(): void {}

  reconciled(controller: string): void {
    const now = this.#clock.now();
    if (now !== this.#moment_ms) {
      if (this.#count > this.#limit) return;
      this.#moment_ms = now;
      this.#count = 0;
      this.#counts.clear();
    }
    this.#counts.set(controller, (this.#counts.get(controller) ?? 0) + 1);
    if (++this.#count > this.#limit) this.#stop();
  }

  /** Throws when controllers had to be stopped, with how often each of them ran. */
  check(): void {
    if (this.#count <= this.#limit) return;
    const counts = [...this.#counts].map(([name, count]) => `${name} ${count}`).join(", ");
    throw new Error(`controllers go on without time passing: ${counts}`);
  }
}
