// Who of several equal processes acts: the one that holds a Lease and renews
// it in time. Clocks of different machines are not compared: a lease has run
// out when it has not changed for its duration, as seen here. Source:
// client-go tools/leaderelection with a LeaseLock.

import { type Clock, rfc3339Micro, sleep } from "../clock.ts";
import type { Client, ObjectKey, ResourceRef } from "../client.ts";
import type { Logger } from "../log.ts";
import { clone, type KubeObject } from "../object.ts";
import type { Random } from "../random.ts";
import { StatusError } from "../status.ts";
import type { EventRecorder } from "./event_recorder.ts";

/** Options of a {@linkcode LeaderElection}. */
export interface LeaderElectionOptions {
  /** Where the Lease is; never a cached one. */
  readonly client: Client;
  /** All time. */
  readonly clock: Clock;
  /** Spreads attempts. */
  readonly random: Random;
  /** Where changes are told. */
  readonly logger: Logger;
  /** Records about the Lease who became leader and who stopped; default: nobody does. */
  readonly events?: EventRecorder;
  /** The namespace of the Lease. */
  readonly namespace: string;
  /** The name of the Lease. */
  readonly name: string;
  /** Names this process among its equals. */
  readonly identity: string;
  /** How long others wait before they take over, in milliseconds; default 15,000. */
  readonly lease_ms?: number;
  /** How long the leader tries to renew before it gives up, in milliseconds; default 10,000. */
  readonly renew_ms?: number;
  /** Between two attempts, in milliseconds; default 2,000. */
  readonly retry_ms?: number;
}

const LEASES: ResourceRef = { apiVersion: "coordination.k8s.io/v1", resource: "leases" };
// As client-go spreads the attempts of those that do not lead.
const JITTER = 1.2;

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

/** Acquires and keeps a Lease. */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #lease_ms: number;
  readonly #renew_ms: number;
  readonly #retry_ms: number;
  /** The version of the Lease that was last seen, and since when it has not changed. */
  #seen: { readonly version: string; readonly at_ms: number } | undefined;
  /** The Lease as last seen. */
  #lease: KubeObject | undefined;
  /** Another one holds the Lease. */
  #lost = false;

  /** Throws `RangeError` unless lease > renew > retry × 1.2 > 0, as client-go does. */
  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#lease_ms = options.lease_ms ?? 15_000;
    this.#renew_ms = options.renew_ms ?? 10_000;
    this.#retry_ms = options.retry_ms ?? 2_000;
    if (!(this.#lease_ms > this.#renew_ms)) {
      throw new RangeError("The lease duration must be longer than the renew deadline");
    }
    if (!(this.#renew_ms > this.#retry_ms * JITTER)) {
      throw new RangeError(
        `The renew deadline must be longer than ${JITTER} times the retry period`,
      );
    }
    if (!(this.#retry_ms > 0)) throw new RangeError("The retry period must be longer than 0");
  }

  /** Resolves once this process leads; rejects with the signal's reason. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, random, logger, namespace, name } = this.#options;
    logger.info("Waiting to lead", { lease: `${namespace}/${name}` });
    while (!await this.#attempt(signal)) {
      await sleep(clock, this.#retry_ms * (1 + random.next() * (JITTER - 1)), signal);
    }
    logger.info("Leading", { lease: `${namespace}/${name}`, identity: this.#options.identity });
    this.#record("became leader");
  }

  /** Resolves when this process has ceased to lead; rejects with the signal's reason. */
  async keep(signal: AbortSignal): Promise<void> {
    try {
      await this.#renewing(signal);
    } finally {
      this.#record("stopped leading");
    }
  }

  async #renewing(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let renewed_ms = clock.now();
    for (;;) {
      await sleep(clock, this.#retry_ms, signal);
      // An attempt that hangs is a failed one when its time is over.
      const left_ms = renewed_ms + this.#renew_ms - clock.now();
      if (left_ms <= 0) return;
      if (await this.#within(left_ms, signal)) renewed_ms = clock.now();
      else if (this.#lost) return;
    }
  }

  /** Gives the Lease up, so that nobody has to wait for its end. */
  async release(): Promise<void> {
    const { client } = this.#options;
    const lease = await client.get(LEASES, this.#key());
    if (specOf(lease).holderIdentity !== this.#options.identity) return;
    const now = rfc3339Micro(this.#options.clock.now());
    await client.update(
      LEASES,
      withSpec(lease, {
        holderIdentity: "",
        leaseDurationSeconds: 1,
        acquireTime: now,
        renewTime: now,
      }),
    );
  }

  #record(what: string): void {
    const { events, identity } = this.#options;
    if (this.#lease === undefined) return;
    events?.event(this.#lease, "Normal", "LeaderElection", `${identity} ${what}`);
  }

  async #within(limit_ms: number, signal: AbortSignal): Promise<boolean> {
    const timeout = new AbortController();
    const limit = sleep(this.#options.clock, limit_ms, timeout.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([this.#attempt(signal), limit]);
    } finally {
      timeout.abort();
    }
  }

  /** Takes or renews the Lease; false when another has it or the cluster does not answer. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    try {
      const lease = await this.#read();
      if (lease === undefined) return await this.#create();
      this.#observe(lease);
      const { holderIdentity = "" } = specOf(lease);
      const own = holderIdentity === this.#options.identity;
      if (!own && holderIdentity !== "" && !this.#hasRunOut(lease)) {
        this.#lost = true;
        return false;
      }
      const written = await this.#options.client.update(LEASES, this.#claim(lease, own));
      this.#observe(written);
      this.#lost = false;
      return true;
    } catch (error) {
      // Somebody else was quicker: the next look tells who.
      const race = error instanceof StatusError && error.code === 409;
      this.#options.logger[race ? "debug" : "warn"]("Lease not written", { error });
      return false;
    }
  }

  async #read(): Promise<KubeObject | undefined> {
    try {
      return await this.#options.client.get(LEASES, this.#key());
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return undefined;
      throw error;
    }
  }

  async #create(): Promise<boolean> {
    const { client, clock, identity, namespace, name } = this.#options;
    const now = rfc3339Micro(clock.now());
    const lease = await client.create(LEASES, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { namespace, name },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: this.#lease_ms / 1000,
        acquireTime: now,
        renewTime: now,
        leaseTransitions: 0,
      },
    });
    this.#observe(lease);
    this.#lost = false;
    return true;
  }

  #claim(lease: KubeObject, own: boolean): KubeObject {
    const { clock, identity } = this.#options;
    const { acquireTime, leaseTransitions = 0 } = specOf(lease);
    const now = rfc3339Micro(clock.now());
    return withSpec(lease, {
      holderIdentity: identity,
      leaseDurationSeconds: this.#lease_ms / 1000,
      acquireTime: own && acquireTime !== undefined ? acquireTime : now,
      renewTime: now,
      leaseTransitions: own ? leaseTransitions : leaseTransitions + 1,
    });
  }

  #observe(lease: KubeObject): void {
    this.#lease = lease;
    const { metadata: { resourceVersion = "" } } = lease;
    if (this.#seen?.version === resourceVersion) return;
    this.#seen = { version: resourceVersion, at_ms: this.#options.clock.now() };
  }

  #hasRunOut(lease: KubeObject): boolean {
    const { leaseDurationSeconds = this.#lease_ms / 1000 } = specOf(lease);
    const at_ms = this.#seen?.at_ms ?? this.#options.clock.now();
    return at_ms + leaseDurationSeconds * 1000 < this.#options.clock.now();
  }

  #key(): ObjectKey {
    const { namespace, name } = this.#options;
    return { namespace, name };
  }
}

function specOf({ spec }: KubeObject): LeaseSpec {
  return (spec ?? {}) as LeaseSpec;
}

function withSpec(lease: KubeObject, spec: LeaseSpec): KubeObject {
  const after = clone(lease);
  after.spec = { ...after.spec, ...spec };
  return after;
}
