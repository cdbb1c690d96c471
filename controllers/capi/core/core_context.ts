// What the core reconcilers work with.

import type { Client } from "../../../runtime/client.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { Logger } from "../../../runtime/log.ts";
import type { Random } from "../../../runtime/random.ts";
import type { ClusterAccess } from "../cluster_access.ts";
import type { Events } from "../kubeadm/services.ts";
import type { ContractResolver } from "./contract.ts";

/** Shared by all core reconcilers of one management cluster. */
export interface CoreContext {
  /** Reads through the cache. */
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: Events;
  readonly access: ClusterAccess;
  readonly contracts: ContractResolver;
}

/** Collects what the steps of a reconcile ask for: errors, and when to look again. */
export class Outcome {
  readonly #errors: unknown[] = [];
  #requeue_ms: number | undefined;

  /** Runs a step; what it throws is kept, the next step runs all the same. */
  async step(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#errors.push(error);
    }
  }

  /** Whether a step has failed. */
  get failed(): boolean {
    return this.#errors.length > 0;
  }

  /** Asks to look again after `delay_ms`; the shortest counts. */
  requeue(delay_ms: number): void {
    this.#requeue_ms = Math.min(delay_ms, this.#requeue_ms ?? Infinity);
  }

  /** Throws what went wrong, or tells when to look again. */
  result(): { requeueAfter_ms?: number } {
    if (this.#errors.length === 1) throw this.#errors[0];
    if (this.#errors.length > 1) {
      const texts = new Set(
        this.#errors.map((error) => error instanceof Error ? error.message : String(error)),
      );
      const list = [...texts].join(", ");
      throw new AggregateError(this.#errors, texts.size === 1 ? list : `[${list}]`);
    }
    return this.#requeue_ms === undefined ? {} : { requeueAfter_ms: this.#requeue_ms };
  }
}
