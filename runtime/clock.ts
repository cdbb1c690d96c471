// Time as an argument. Nothing outside this file reads the system clock or
// sets a system timer; a test holds that. `VirtualClock` makes hours pass in
// milliseconds and the same every time.

/** A pending timer. */
export interface Timer {
  /** Prevents the callback; a no-op once it has run. */
  cancel(): void;
}

/** The source of time and timers. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once, after `delay_ms` milliseconds. Never keeps a process alive by itself when `background`. */
  after(
    delay_ms: number,
    callback: () => void,
    options?: { background?: boolean },
  ): Timer;
  /**
   * Runs `callback` in a later turn of the event loop, after everything that is ready to run now, at the
   * same time of this clock. Absent: at the end of this turn.
   */
  soon?(callback: () => void): void;
}

/** As {@linkcode Clock.soon}, also for clocks without it. */
export function soon(clock: Clock, callback: () => void): void {
  if (clock.soon === undefined) queueMicrotask(callback);
  else clock.soon(callback);
}

/** A promise that resolves after `delay_ms` on `clock`, or rejects with the signal's reason. */
export function sleep(
  clock: Clock,
  delay_ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delay_ms, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    signal?.addEventListener("abort", abort, { once: true });
  });
}

/** `metav1.Time` of a moment: RFC 3339 in UTC with whole seconds. */
export function rfc3339(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(
    ".000Z",
    "Z",
  );
}

/** `metav1.MicroTime` of a moment: RFC 3339 in UTC with six fraction digits. */
export function rfc3339Micro(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

// setTimeout wraps delays beyond 2^31-1 ms round to 1 ms.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Milliseconds, and parts of them, from any beginning: for how long this process has worked, never for what it does when. */
export function monotonic(): number {
  return performance.now();
}

/** The real clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, callback, options) {
    let id: ReturnType<typeof setTimeout>;
    const arm = (left_ms: number) => {
      const part_ms = Math.min(left_ms, LONGEST_DELAY_MS);
      id = setTimeout(
        () => left_ms > part_ms ? arm(left_ms - part_ms) : callback(),
        part_ms,
      );
      if (options?.background) Deno.unrefTimer(id as unknown as number);
    };
    arm(Math.max(0, delay_ms));
    return { cancel: () => clearTimeout(id) };
  },
  soon: (callback) => void setImmediate(callback),
};

interface Pending {
  at: number;
  order: number;
  callback: () => void;
}

/**
 * A clock that moves only when told to.
 *
 * @example
 * ```ts
 * import { VirtualClock } from "@capim/capim/runtime";
 *
 * const clock = new VirtualClock(0);
 * let rang = false;
 * clock.after(3_600_000, () => rang = true);
 * await clock.advance(3_600_000);
 * console.assert(rang);
 * ```
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();
  /** Callbacks of later turns. */
  #turns = 0;

  /** Starts at `start_ms`, milliseconds since the epoch; default 2026-01-01T00:00:00Z. */
  constructor(start_ms: number = Date.UTC(2026, 0, 1)) {
    this.#now = start_ms;
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#now;
  }

  /** Runs `callback` once `delay_ms` milliseconds have been advanced. */
  after(delay_ms: number, callback: () => void): Timer {
    const pending: Pending = {
      at: this.#now + Math.max(0, delay_ms),
      order: this.#order++,
      callback,
    };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Runs `callback` in a later turn of the event loop; time does not move on before. */
  soon(callback: () => void): void {
    this.#turns++;
    setTimeout(() => {
      this.#turns--;
      callback();
    }, 0);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Milliseconds until the earliest timer, or `undefined` when none waits. */
  get untilNext(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : Math.max(0, next.at - this.#now);
  }

  /** Moves time on by `ms`, running timers in order and letting promises settle between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    for (
      let next = this.#next();
      next !== undefined && next.at <= end;
      next = this.#next()
    ) {
      this.#now = Math.max(this.#now, next.at);
      this.#pending.delete(next);
      next.callback();
      await this.#settle();
    }
    this.#now = end;
  }

  /** Lets everything that is ready to run do so, and what that makes ready. */
  async #settle(): Promise<void> {
    do await turn(); while (this.#turns > 0);
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) {
      if (
        first === undefined || pending.at < first.at ||
        (pending.at === first.at && pending.order < first.order)
      ) {
        first = pending;
      }
    }
    return first;
  }
}

/** A turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
