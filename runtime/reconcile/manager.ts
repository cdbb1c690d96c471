// A manager runs controllers over one cluster: one cache, one client that
// reads through it, one clock. Source: controller-runtime pkg/manager; leader
// election stands apart.

import type { Clock } from "../clock.ts";
import type { Client } from "../client.ts";
import { type Logger, silentLogger } from "../log.ts";
import type { KubeObject } from "../object.ts";
import { Cache } from "./cache.ts";
import { CachedClient } from "./cached_client.ts";
import type { Controller } from "./controller.ts";
import type { ReconcileObserver } from "./controller_metrics.ts";

/** Options of a {@linkcode Manager}. */
export interface ManagerOptions {
  /** The cluster. */
  readonly client: Client;
  /** All time. */
  readonly clock: Clock;
  /** Where to say what is done. */
  readonly logger?: Logger;
  /** Labels whose values are indexed for quick lists. */
  readonly indexLabels?: readonly string[];
  /** Only this namespace. */
  readonly namespace?: string;
  /** What the cache keeps of an object; default all. */
  keep?(object: KubeObject): KubeObject;
  /** Told of what controllers do. */
  readonly observer?: ReconcileObserver;
}

/** Runs controllers. */
export class Manager {
  /** The informers. */
  readonly cache: Cache;
  /** Reads through the cache where a resource is watched, writes through. */
  readonly client: Client;
  /** Reads from the cluster itself. */
  readonly liveClient: Client;
  /** All time of the controllers. */
  readonly clock: Clock;
  /** Where they say what they do. */
  readonly logger: Logger;
  readonly #controllers: Controller[] = [];
  readonly #observer: ReconcileObserver | undefined;
  #signal: AbortSignal | undefined;

  /** Does nothing before {@linkcode start}. */
  constructor(options: ManagerOptions) {
    const { client, clock, logger = silentLogger, indexLabels, namespace, keep } = options;
    this.clock = clock;
    this.#observer = options.observer;
    this.logger = logger;
    this.liveClient = client;
    this.cache = new Cache({
      client,
      clock,
      logger,
      ...(indexLabels === undefined ? {} : { indexLabels }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(keep === undefined ? {} : { keep }),
    });
    this.client = new CachedClient(client, this.cache);
  }

  /** Adds a controller, which starts with the manager or at once when that runs. */
  add(controller: Controller): void {
    this.#controllers.push(controller);
    if (this.#signal !== undefined) this.#startOne(controller, this.#signal);
  }

  /** Starts everything; it runs until the signal aborts. Resolves when all controllers are in step. */
  async start(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    this.cache.start(signal);
    await Promise.all(
      this.#controllers.map((one) => this.#startOne(one, signal)),
    );
  }

  /** Resolves when no controller has anything to do now (delayed requests may remain). */
  async idle(): Promise<void> {
    while (this.#controllers.some((controller) => controller.busy)) {
      await Promise.all(
        this.#controllers.map((controller) => controller.idle()),
      );
    }
  }

  async #startOne(controller: Controller, signal: AbortSignal): Promise<void> {
    const { cache, clock, logger } = this;
    try {
      const observer = this.#observer === undefined ? {} : { observer: this.#observer };
      await controller.start({ cache, clock, logger, signal, ...observer }, clock);
    } catch (error) {
      if (!signal.aborted) {
        logger.error("Controller failed to start", {
          controller: controller.name,
          error,
        });
      }
    }
  }
}
