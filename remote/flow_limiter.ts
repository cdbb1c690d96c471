// How many requests a client sends: `qps` in a second, and up to `burst` at
// once after a pause. A token bucket whose waiters stand in line. Source:
// client-go util/flowcontrol.

import type { Clock } from "../runtime/clock.ts";
import { sleep } from "../runtime/clock.ts";

/** Options of a {@linkcode FlowLimiter}. */
export interface FlowLimiterOptions {
  /** All time. */
  readonly clock: Clock;
  /** Requests in a second, above 0. */
  readonly qps: number;
  /** Requests at once, at least 1. */
  readonly burst: number;
}

/** Lets requests through at a limited rate, in the order in which they ask. */
export class FlowLimiter {
  readonly #clock: Clock;
  readonly #qps: number;
  readonly #burst: number;
  /** When the bucket was or will be full, in milliseconds: each request moves it by its share. */
  #full_ms: number;

  /** Begins with a full bucket. */
  constructor({ clock, qps, burst }: FlowLimiterOptions) {
    this.#clock = clock;
    this.#qps = qps;
    this.#burst = burst;
    this.#full_ms = clock.now();
  }

  /** Resolves when the request may be sent; rejects with the signal's reason. */
  async pass(signal?: AbortSignal): Promise<void> {
    const now_ms = this.#clock.now();
    const share_ms = 1000 / this.#qps;
    this.#full_ms = Math.max(this.#full_ms, now_ms) + share_ms;
    const wait_ms = this.#full_ms - now_ms - this.#burst * share_ms;
    if (wait_ms > 0) await sleep(this.#clock, wait_ms, signal);
  }
}
