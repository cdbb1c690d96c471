// What the controllers of this folder have in common: they watch everything
// that is written in a cluster, and what concerns them goes through a queue
// that tries again.

import type { Request } from "../../runtime/reconcile/types.ts";
import { WorkQueue } from "../../runtime/reconcile/workqueue.ts";
import { StatusError } from "../../runtime/status.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";

/** Options of {@linkcode FeedController}. */
export interface FeedControllerOptions {
  /** What the log says when a request fails. */
  readonly trouble: string;
  /** How many requests are worked on at once (default 1). */
  readonly concurrency?: number;
}

/** A controller in one cluster; see its subclasses. */
export abstract class FeedController {
  /** Where it works. */
  protected readonly context: WorkloadContext;
  readonly #trouble: string;
  readonly #queue: WorkQueue;
  #stops: (() => void)[] = [];

  /** Does nothing before {@linkcode start}. */
  constructor(context: WorkloadContext, { trouble, concurrency = 1 }: FeedControllerOptions) {
    this.context = context;
    this.#trouble = trouble;
    this.#queue = new WorkQueue({
      clock: context.clock,
      concurrency,
      work: (request) => this.#work(request),
    });
  }

  /** Looks at everything that is there, and then at every write. */
  start(): void {
    const { feed } = this.context;
    this.#stops = [feed.observe((change) => this.observe(change))];
    if (this.resourcesChanged !== undefined) {
      this.#stops.push(feed.onResourcesChange(() => this.resourcesChanged?.()));
    }
    this.#queue.start();
  }

  /** Resolves when nothing is left to do for now. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Stops. */
  stop(): void {
    for (const stop of this.#stops) stop();
    this.#queue.stop();
  }

  /** Is told of every write, and asks for what is to be done about it. */
  protected abstract observe(change: FeedChange): void;

  /** Is told when other resources are served than before. */
  protected resourcesChanged?(): void;

  /** Does what is to be done now for what was asked for. */
  protected abstract sync(request: Request): Promise<void>;

  /** Whether a failure of {@linkcode sync} means that there is nothing to do (default: what it was about is gone). */
  protected isSettledBy({ code }: StatusError): boolean {
    return code === 404;
  }

  /** Asks for an object by name and namespace, where it has one. */
  protected enqueue(name = "", namespace = ""): void {
    this.#queue.add({ namespace, name });
  }

  /** As {@linkcode enqueue}, after a while. */
  protected enqueueAfter(delay_ms: number, name = "", namespace = ""): void {
    this.#queue.addAfter({ namespace, name }, delay_ms);
  }

  async #work(request: Request): Promise<void> {
    try {
      await this.sync(request);
      this.#queue.forget(request);
    } catch (error) {
      if (error instanceof StatusError && this.isSettledBy(error)) {
        return this.#queue.forget(request);
      }
      const lost = error instanceof StatusError && error.code === 409;
      const { logger } = this.context;
      logger[lost ? "debug" : "warn"](`${this.#trouble}, trying again`, { ...request, error });
      this.#queue.addRateLimited(request);
    }
  }
}
