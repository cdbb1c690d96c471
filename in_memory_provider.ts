// The in-memory infrastructure provider for a management cluster that runs
// elsewhere: the provider's controllers against its API, and the workload
// clusters in this process. What `capim controller` runs; it knows nothing
// of flags, probes and elections.

import { addProviderControllers, CORE_INDEX_LABELS } from "./controllers/mod.ts";
import { FakeFleet, type FakeFleetOptions } from "./fake_fleet.ts";
import type { Client } from "./runtime/client.ts";
import { type Clock, systemClock } from "./runtime/clock.ts";
import { type Logger, silentLogger } from "./runtime/log.ts";
import { type Random, systemRandom } from "./runtime/random.ts";
import { Manager } from "./runtime/reconcile/mod.ts";

/** Options of {@linkcode InMemoryProvider.start}. */
export interface InMemoryProviderOptions {
  /** The management cluster. */
  readonly client: Client;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: the system's randomness. */
  readonly random?: Random;
  /** Where the controllers say what they do. Default: nowhere. */
  readonly logger?: Logger;
  /** Where the workload clusters live. */
  readonly fleet?: Pick<FakeFleetOptions, "host" | "bind" | "ports" | "storage">;
  /** Only this namespace. */
  readonly namespace?: string;
  /** The version of Cluster and Machine that the management cluster serves; default `v1beta2`. */
  readonly coreVersion?: string;
}

/** Runs the provider. */
export class InMemoryProvider implements AsyncDisposable {
  /** The workload clusters. */
  readonly fleet: FakeFleet;
  /** The controllers. */
  readonly manager: Manager;
  readonly #abort = new AbortController();

  private constructor(fleet: FakeFleet, manager: Manager) {
    this.fleet = fleet;
    this.manager = manager;
  }

  /** A provider whose controllers run; those whose definitions are missing begin when they are there. */
  static start(options: InMemoryProviderOptions): Promise<InMemoryProvider> {
    const { client, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
    const fleet = new FakeFleet({ clock, random, logger, ...options.fleet });
    const manager = new Manager({
      client,
      clock,
      logger,
      indexLabels: CORE_INDEX_LABELS,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    });
    addProviderControllers(manager, {
      host: fleet,
      ...(options.coreVersion === undefined ? {} : { coreVersion: options.coreVersion }),
    });
    const provider = new InMemoryProvider(fleet, manager);
    // A family whose definitions are not installed keeps nobody waiting.
    void manager.start(provider.#abort.signal);
    return Promise.resolve(provider);
  }

  /** Stops the controllers and ends the workload clusters; what is stored stays. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.fleet.close();
  }

  /** As {@linkcode InMemoryProvider.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
