// etcd's leases: keys that go when nobody keeps them alive. Source: etcd
// lessor; time is a Clock's.

import type { Clock, Timer } from "../runtime/clock.ts";
import type { Random } from "../runtime/random.ts";
import type { EtcdJournal, RestoredEtcd } from "./etcd_journal.ts";
import { leaseExists, leaseNotFound, leaseTtlTooLarge } from "./errors.ts";

/** The shortest life that is granted, in seconds: one and a half elections. */
const TTL_MIN_S = 2;
const TTL_MAX_S = 9_000_000_000;
const RETRY_S = 1;

interface Lease {
  readonly ttl_s: number;
  expires_ms: number;
  timer: Timer;
  readonly keys: Set<string>;
}

/** How leases outlive the process. */
export interface LeasesOptions {
  /** Keeps what is granted and what ends. Default: nothing. */
  readonly journal?: Pick<EtcdJournal, "lease">;
  /** Leases that were granted before; they begin their lives anew, as after an election. */
  readonly restored?: RestoredEtcd["leases"];
}

/** The leases of one etcd. */
export class Leases {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #expired: (id: bigint, keys: readonly string[]) => void;
  readonly #journal: LeasesOptions["journal"];
  readonly #leases = new Map<bigint, Lease>();
  readonly #byKey = new Map<string, bigint>();
  #changes = 0;

  /** `expired` is told of a lease that ended and of the keys that go with it. */
  constructor(
    clock: Clock,
    random: Random,
    expired: (id: bigint, keys: readonly string[]) => void,
    { journal, restored = [] }: LeasesOptions = {},
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#expired = expired;
    this.#journal = journal;
    for (const { id, ttl_s } of restored) this.#add(id, ttl_s);
  }

  /** How many there are. */
  get count(): number {
    return this.#leases.size;
  }

  /** Grows with every lease that is granted or ends. */
  get changes(): number {
    return this.#changes;
  }

  /** All of them, with their lives in seconds. */
  get all(): { id: bigint; ttl_s: number }[] {
    return [...this.#leases].map(([id, { ttl_s }]) => ({ id, ttl_s }));
  }

  /** All ids, of those that end first before the others. */
  get ids(): bigint[] {
    return [...this.#leases].sort(([, a], [, b]) => a.expires_ms - b.expires_ms).map(([id]) => id);
  }

  /** Whether there is such a lease. */
  has(id: bigint): boolean {
    return this.#leases.has(id);
  }

  /** Grants a lease; id 0 asks for any. Answers its id and life in seconds. */
  grant(id: bigint, ttl_s: number): { id: bigint; ttl_s: number } {
    if (ttl_s > TTL_MAX_S) throw leaseTtlTooLarge();
    if (this.#leases.has(id)) throw leaseExists();
    let own = id;
    while (own === 0n || this.#leases.has(own)) {
      own = this.#drawId();
    }
    const life_s = Math.max(ttl_s, TTL_MIN_S);
    this.#journal?.lease(own, life_s);
    this.#changes++;
    this.#add(own, life_s);
    return { id: own, ttl_s: life_s };
  }

  #add(id: bigint, ttl_s: number): void {
    this.#leases.set(id, {
      ttl_s,
      expires_ms: this.#clock.now() + ttl_s * 1000,
      timer: this.#arm(id, ttl_s),
      keys: new Set(),
    });
  }

  // 63 bits: ids are signed, and not negative.
  #drawId(): bigint {
    const [high, low] = [2 ** 31, 2 ** 32].map((below) =>
      BigInt(Math.floor(this.#random.next() * below))
    ) as [bigint, bigint];
    return (high << 32n) | low;
  }

  #arm(id: bigint, life_s: number): Timer {
    return this.#clock.after(life_s * 1000, () => this.#end(id), { background: true });
  }

  /** A lease whose end cannot be kept now lives on for a moment. Whoever writes is told what is wrong. */
  #end(id: bigint): void {
    try {
      this.revoke(id);
    } catch {
      this.#find(id).timer = this.#arm(id, RETRY_S);
    }
  }

  /** Ends a lease now. */
  revoke(id: bigint): void {
    const lease = this.#find(id);
    const keys = [...lease.keys].sort();
    // The keys first: a process that ends in between comes back with a lease, not with keys that nothing ends.
    this.#expired(id, keys);
    this.#journal?.lease(id, undefined);
    lease.timer.cancel();
    this.#leases.delete(id);
    this.#changes++;
    for (const key of keys) this.#byKey.delete(key);
  }

  /** Gives a lease its whole life again; 0 seconds when there is none. */
  keepAlive(id: bigint): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.timer.cancel();
    lease.expires_ms = this.#clock.now() + lease.ttl_s * 1000;
    lease.timer = this.#arm(id, lease.ttl_s);
    return lease.ttl_s;
  }

  /** What is left of a lease; `undefined` when there is none. */
  look(id: bigint): { left_s: number; ttl_s: number; keys: string[] } | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    const left_s = Math.max(0, Math.floor((lease.expires_ms - this.#clock.now()) / 1000));
    return { left_s, ttl_s: lease.ttl_s, keys: [...lease.keys].sort() };
  }

  /** Ties a key to a lease, and only to that; 0 to none. */
  attach(key: string, id: bigint): void {
    const before = this.#byKey.get(key);
    if (before === id) return;
    if (before !== undefined) this.#leases.get(before)?.keys.delete(key);
    this.#byKey.delete(key);
    if (id === 0n) return;
    this.#find(id).keys.add(key);
    this.#byKey.set(key, id);
  }

  /** Throws when there is no such lease. */
  check(id: bigint): void {
    if (id !== 0n) this.#find(id);
  }

  /** Ends all timers. */
  close(): void {
    for (const { timer } of this.#leases.values()) timer.cancel();
  }

  #find(id: bigint): Lease {
    const lease = this.#leases.get(id);
    if (lease === undefined) throw leaseNotFound();
    return lease;
  }
}
