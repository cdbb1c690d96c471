// The in-memory infrastructure provider for a management cluster that runs
// elsewhere: the provider's controllers against its API, and the workload
// clusters in this process. What `capim controller` runs; it knows nothing
// of flags, probes and elections.

import {
  addProviderControllers,
  CORE_INDEX_LABELS,
  coreResources,
  findCoreVersion,
  INFRASTRUCTURE_KINDS,
  type InfrastructureKinds,
} from "../controllers/mod.ts";
import { FakeFleet, type FakeFleetOptions } from "./fake_fleet.ts";
import { collectOrphans } from "./fleet_orphans.ts";
import { FleetRestoration } from "./fleet_restoration.ts";
import type { Client } from "../runtime/client.ts";
import { type Clock, sleep, systemClock } from "../runtime/clock.ts";
import { type Logger, silentLogger } from "../runtime/log.ts";
import { type Random, systemRandom } from "../runtime/random.ts";
import {
  Manager,
  persist,
  type ReconcileObserver,
  withoutManagedFields,
} from "../runtime/reconcile/mod.ts";

/** Options of {@linkcode InMemoryProvider}. */
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
  readonly fleet?: Pick<
    FakeFleetOptions,
    | "host"
    | "bind"
    | "ports"
    | "serverNames"
    | "storage"
    | "observeEtcd"
    | "onRemoved"
    | "memory"
  >;
  /** Told of what the controllers do. */
  readonly observer?: ReconcileObserver;
  /** Only this namespace. */
  readonly namespace?: string;
  /** Only objects whose label `cluster.x-k8s.io/watch-filter` has this value; absent or empty: all. */
  readonly watchFilter?: string;
  /** Objects of a kind worked on at once; absent: 10. */
  readonly concurrency?: (kind: string) => number | undefined;
  /** How often everything is looked at again without a change, in milliseconds; default 10 minutes. */
  readonly syncPeriod_ms?: number;
}

const WATCH_FILTER_LABEL = "cluster.x-k8s.io/watch-filter";
const SYNC_PERIOD_MS = 600_000;
const RETRY_MS = 1_000;

/**
 * The provider. Workload clusters that an earlier process had on behalf of the same management cluster are
 * taken up again: on their ports, with the same etcd members, and with their contents where there is storage.
 */
export class InMemoryProvider implements AsyncDisposable {
  /** The workload clusters. */
  readonly fleet: FakeFleet;
  /** The controllers. */
  readonly manager: Manager;
  readonly #options: InMemoryProviderOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  readonly #kinds: readonly InfrastructureKinds[];

  /** Does nothing before {@linkcode start}. */
  constructor(options: InMemoryProviderOptions) {
    const { client, clock = systemClock, random = systemRandom, logger = silentLogger } = options;
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#kinds = filtered(options.watchFilter ?? "");
    this.fleet = new FakeFleet({ clock, random, logger, ...options.fleet });
    this.manager = new Manager({
      client,
      clock,
      logger,
      indexLabels: CORE_INDEX_LABELS,
      keep: withoutManagedFields,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      ...(options.observer === undefined ? {} : { observer: options.observer }),
    });
  }

  /**
   * Starts the controllers, once the management cluster answers and has Cluster API; those whose definitions are
   * missing begin when they are there. Rejects only when the provider is closed meanwhile.
   */
  async start(): Promise<void> {
    const { client, namespace, concurrency } = this.#options;
    const [clock, logger, kinds, { signal }] = [
      this.#clock,
      this.#logger,
      this.#kinds,
      this.#abort,
    ] as const;
    const trying = (what: string) => ({ what, clock, logger, signal });
    const coreVersion = await persist(
      () => findCoreVersion(client),
      trying("Looking for Cluster API in the management cluster"),
    );
    const restoration = new FleetRestoration({
      client,
      fleet: this.fleet,
      kinds,
      core: coreResources(coreVersion),
      clock,
      logger,
      ...(namespace === undefined ? {} : { namespace }),
    });
    await persist(
      () => restoration.prepare(),
      trying("Reading which workload clusters there are"),
    );
    addProviderControllers(this.manager, {
      host: this.fleet,
      kinds,
      coreVersion,
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    // A family whose definitions are not installed keeps nobody waiting.
    void this.manager.start(signal);
    this.#inBackground("Taking up workload clusters", () => restoration.complete(signal));
    this.#inBackground("Looking at everything again", () => this.#resync(signal));
  }

  /** The resources that the management cluster serves and whose contents are not known yet. */
  unsynced(): string[] {
    return this.manager.cache.unsynced();
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

  #inBackground(what: string, work: () => Promise<void>): void {
    work().catch((error) => {
      if (!this.#abort.signal.aborted) this.#logger.error(`${what} failed`, { error });
    });
  }

  async #resync(signal: AbortSignal): Promise<void> {
    const { syncPeriod_ms = SYNC_PERIOD_MS } = this.#options;
    const { cache } = this.manager;
    for (;;) {
      const told = await this.#collectOrphans();
      await sleep(this.#clock, told ? syncPeriod_ms : Math.min(syncPeriod_ms, RETRY_MS), signal);
      if (told) cache.resync();
    }
  }

  async #collectOrphans(): Promise<boolean> {
    const { client, namespace } = this.#options;
    try {
      return await collectOrphans({
        cache: this.manager.cache,
        client,
        fleet: this.fleet,
        kinds: this.#kinds,
        logger: this.#logger,
        ...(namespace === undefined ? {} : { namespace }),
      });
    } catch (error) {
      this.#logger.warn("Cannot tell which workload clusters are still wanted", { error });
      return false;
    }
  }
}

/** The kinds, of which only objects with that value of the watch filter are handled. */
function filtered(watchFilter: string): readonly InfrastructureKinds[] {
  if (watchFilter === "") return INFRASTRUCTURE_KINDS;
  return INFRASTRUCTURE_KINDS.map((kinds) => ({
    ...kinds,
    handles: (object) =>
      kinds.handles(object) && object.metadata.labels?.[WATCH_FILTER_LABEL] === watchFilter,
  }));
}
