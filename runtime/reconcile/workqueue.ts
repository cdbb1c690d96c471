// The queue between what wakes a controller and the controller: each request
// stands in it once and is never worked on twice at the same time; failures
// come back after a growing delay. Source: client-go util/workqueue, with
// one timer per delayed request instead of a waiting loop.

import { type Clock, soon, type Timer } from "../clock.ts";
import type { QueueObserver } from "./queue_metrics.ts";
import { type Request, requestKey } from "./types.ts";

/** How failing requests are delayed: `base_ms` doubling with every failure up to `max_ms`. */
export interface Backoff {
  /** After the first failure, in milliseconds. */
  readonly base_ms: number;
  /** The longest delay, in milliseconds. */
  readonly max_ms: number;
}

/** What client-go uses: 5 ms doubling to 1000 s. */
export const defaultBackoff: Backoff = { base_ms: 5, max_ms: 1_000_000 };

interface Delayed {
  readonly at_ms: number;
  readonly timer: Timer;
}

/** Options of a {@linkcode WorkQueue}. */
export interface WorkQueueOptions {
  /** All time. */
  readonly clock: Clock;
  /** Works on one request; must not throw. */
  readonly work: (request: Request) => Promise<void>;
  /** How many requests are worked on at once; default 1. */
  readonly concurrency?: number;
  /** How failures are delayed. */
  readonly backoff?: Backoff;
  /**
   * Whether work waits for the next turn of the event loop, when all that this one changes is known:
   * objects that change each other are then looked at once a turn and not for each change. Default: no.
   */
  readonly batched?: boolean;
  /** Told of what the queue does. */
  readonly observer?: QueueObserver;
}

/** A de-duplicating queue that calls its worker. */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #work: (request: Request) => Promise<void>;
  readonly #concurrency: number;
  readonly #backoff: Backoff;
  readonly #batched: boolean;
  readonly #observer: QueueObserver | undefined;
  /** Waiting, in order; a Map keeps insertion order. */
  readonly #waiting = new Map<string, Request>();
  readonly #active = new Map<string, Request>();
  /** Asked for again while being worked on. */
  readonly #again = new Map<string, Request>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  #idle: (() => void)[] = [];
  #scheduled = false;
  #running = false;

  /** Does not work before {@linkcode start}. */
  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#work = options.work;
    this.#concurrency = options.concurrency ?? 1;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#batched = options.batched ?? false;
    this.#observer = options.observer;
  }

  /** How many requests wait or are worked on; delayed ones do not count. */
  get length(): number {
    return this.#waiting.size + this.#active.size + this.#again.size;
  }

  /** How many requests are worked on. */
  get active(): number {
    return this.#active.size;
  }

  /** How many requests wait for their time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** Begins to work. */
  start(): void {
    this.#running = true;
    this.#schedule();
  }

  /** Forgets everything that waits; what is being worked on finishes. */
  stop(): void {
    this.#running = false;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    this.#settleIdle();
  }

  /** Asks for a request as soon as possible. A delayed one stays delayed as well. */
  add(request: Request): void {
    const key = requestKey(request);
    const line = this.#active.has(key) ? this.#again : this.#waiting;
    if (!line.has(key)) this.#observer?.added(key);
    line.set(key, request);
    this.#schedule();
  }

  /** Asks for a request after `delay_ms`; of several delays of one request the earliest counts. */
  addAfter(request: Request, delay_ms: number): void {
    if (delay_ms <= 0) return this.add(request);
    this.#observer?.delayed();
    const key = requestKey(request);
    const at_ms = this.#clock.now() + delay_ms;
    const present = this.#delayed.get(key);
    if (present !== undefined && present.at_ms <= at_ms) return;
    present?.timer.cancel();
    const timer = this.#clock.after(delay_ms, () => {
      this.#delayed.delete(key);
      this.add(request);
    }, { background: true });
    this.#delayed.set(key, { at_ms, timer });
  }

  /** Asks for a request after its back-off, and counts the failure. */
  addRateLimited(request: Request): void {
    const key = requestKey(request);
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { base_ms, max_ms } = this.#backoff;
    this.addAfter(
      request,
      Math.min(max_ms, base_ms * 2 ** Math.min(failures, 40)),
    );
  }

  /** Forgets the failures of a request. */
  forget(request: Request): void {
    this.#failures.delete(requestKey(request));
  }

  /** How often a request has failed in a row. */
  failures(request: Request): number {
    return this.#failures.get(requestKey(request)) ?? 0;
  }

  /** Resolves when nothing waits and nothing is worked on (delayed requests may remain). */
  idle(): Promise<void> {
    if (this.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled || !this.#running) return;
    this.#scheduled = true;
    const pump = () => {
      this.#scheduled = false;
      this.#pump();
    };
    if (this.#batched) soon(this.#clock, pump);
    else queueMicrotask(pump);
  }

  #pump(): void {
    for (const [key, request] of this.#waiting) {
      if (!this.#running || this.#active.size >= this.#concurrency) return;
      this.#waiting.delete(key);
      this.#active.set(key, request);
      this.#observer?.taken(key);
      this.#work(request).finally(() => this.#done(key));
    }
  }

  #done(key: string): void {
    this.#active.delete(key);
    this.#observer?.done(key);
    const again = this.#again.get(key);
    if (again !== undefined) {
      this.#again.delete(key);
      this.#waiting.set(key, again);
    }
    if (this.#waiting.size > 0) this.#schedule();
    this.#settleIdle();
  }

  #settleIdle(): void {
    if (this.length > 0 || this.#idle.length === 0) return;
    const waiters = this.#idle;
    this.#idle = [];
    for (const resolve of waiters) resolve();
  }
}
