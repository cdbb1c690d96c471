// What all listeners of a process hold for clients that are not done: answers
// that were not taken, bodies of requests that have not all come. Bytes that
// many clients wait for, a list or a piece of a watch, count once. Beyond a
// limit clients that do not move lose their connections, those of the
// listener that holds most first; so does kube-apiserver with a watcher that
// does not read (k8s.io/apiserver storage/cacher, forget), one by one. The
// limits are ours.

import { monotonic, systemClock } from "../../runtime/clock.ts";
import { giveBackOfPlatform } from "../../runtime/free_memory.ts";
import { MemoryReturn } from "./memory_return.ts";

/** Beyond this, clients that have not moved for a while go, and those that owe something are not answered. */
const CROWDED_BYTES = 256 * 1024 * 1024;
/** Beyond this, clients go whether they move or not. */
const FULL_BYTES = 384 * 1024 * 1024;
/** Room is made for more than one at once: looking for them costs something. */
const ROOM_PART = 1 / 8;
/** Who has not moved for so long goes first. */
const STILL_MS = 5_000;
/** How often it is looked for those while there are none. */
const LOOK_MS = 100;

/** Clients whose memory is counted together: a listener's. */
export interface Holders {
  /** What is held for them, in bytes; what two of them share counts twice. */
  readonly bytes: number;
  /** Lets go of one: of those that have not moved since `still_ms`, or of any; of whom most is held for. Answers whether there was one. */
  evict(still_ms: number): boolean;
}

/** Options of {@linkcode HeldMemory}. */
export interface HeldMemoryOptions {
  /** Default 256 MiB. */
  readonly crowded_bytes?: number;
  /** Default 384 MiB. */
  readonly full_bytes?: number;
  /** Milliseconds from any beginning. Default: the platform's. */
  readonly now?: () => number;
  /** Told how much is held whenever that has changed. Default: nobody is. */
  readonly watcher?: { changed(bytes: number): void };
}

/** A process's. */
export class HeldMemory {
  readonly #crowded_bytes: number;
  readonly #full_bytes: number;
  /** Milliseconds from any beginning. */
  readonly now: () => number;
  readonly #watcher: HeldMemoryOptions["watcher"];
  readonly #holders = new Set<Holders>();
  /** How often each buffer is held. */
  readonly #buffers = new Map<ArrayBufferLike, number>();
  #bytes = 0;
  #looked_ms = -Infinity;

  /** Nothing is held. */
  constructor(options: HeldMemoryOptions = {}) {
    this.#crowded_bytes = options.crowded_bytes ?? CROWDED_BYTES;
    this.#full_bytes = options.full_bytes ?? FULL_BYTES;
    this.now = options.now ?? monotonic;
    this.#watcher = options.watcher;
  }

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether so much is held that who owes something already had better take that first. */
  get crowded(): boolean {
    return this.#bytes > this.#crowded_bytes;
  }

  /** So many bytes more are held for nobody else, or less. */
  add(holders: Holders, bytes: number): void {
    this.#bytes += bytes;
    this.#changed(holders);
    this.#watcher?.changed(this.#bytes);
    if (bytes > 0 && this.crowded) this.#makeRoom();
  }

  /** One more holds this buffer. */
  hold(holders: Holders, buffer: ArrayBufferLike): void {
    const count = this.#buffers.get(buffer) ?? 0;
    this.#buffers.set(buffer, count + 1);
    this.add(holders, count === 0 ? buffer.byteLength : 0);
  }

  /** One less holds this buffer. */
  release(holders: Holders, buffer: ArrayBufferLike): void {
    const count = this.#buffers.get(buffer) ?? 0;
    if (count > 1) this.#buffers.set(buffer, count - 1);
    else this.#buffers.delete(buffer);
    this.add(holders, count === 1 ? -buffer.byteLength : 0);
  }

  #changed(holders: Holders): void {
    if (holders.bytes === 0) this.#holders.delete(holders);
    else this.#holders.add(holders);
  }

  #makeRoom(): void {
    const now_ms = this.now();
    const full = this.#bytes > this.#full_bytes;
    if (!full && now_ms - this.#looked_ms < LOOK_MS) return;
    this.#looked_ms = now_ms;
    this.#evict(now_ms - STILL_MS, this.#crowded_bytes);
    if (full) this.#evict(Infinity, this.#full_bytes);
  }

  /** Lets go of clients until there is room below a limit. */
  #evict(still_ms: number, limit_bytes: number): void {
    const enough = limit_bytes * (1 - ROOM_PART);
    const candidates = new Set(this.#holders);
    while (this.#bytes > enough) {
      const largest = largestOf(candidates);
      if (largest === undefined) return;
      if (!largest.evict(still_ms)) candidates.delete(largest);
    }
  }
}

function largestOf(candidates: Iterable<Holders>): Holders | undefined {
  let largest: Holders | undefined;
  for (const one of candidates) if (one.bytes > (largest?.bytes ?? 0)) largest = one;
  return largest;
}

/** Gives back the memory of this process. */
export const memoryReturn: MemoryReturn = new MemoryReturn({
  clock: systemClock,
  platform: giveBackOfPlatform,
});
/** Of this process. */
export const heldMemory: HeldMemory = new HeldMemory({ watcher: memoryReturn });
