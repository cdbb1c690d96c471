// Events at the pace of a controller that asks every so often: one that is
// woken by every change would say the same dozens of times a second.

import type { Clock } from "../../../runtime/clock.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import type { Events } from "./services.ts";

const PACE_MS = 15_000;
const REMEMBERED_MAX = 4096;

/** Passes on the first event of a reason about an object, and no other of that reason for a while. */
export class PacedEvents implements Events {
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #last_ms = new Map<string, number>();

  /** `clock` tells the pace. */
  constructor(events: Events, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** Records an event, unless one of its reason was recorded just now. */
  event(object: KubeObject, type: "Normal" | "Warning", reason: string, message: string): void {
    const key = `${object.metadata.uid} ${reason}`;
    const now = this.#clock.now();
    const last = this.#last_ms.get(key);
    if (last !== undefined && now - last < PACE_MS) return;
    this.#last_ms.delete(key);
    if (this.#last_ms.size >= REMEMBERED_MAX) {
      this.#last_ms.delete(this.#last_ms.keys().next().value as string);
    }
    this.#last_ms.set(key, now);
    this.#events.event(object, type, reason, message);
  }
}
