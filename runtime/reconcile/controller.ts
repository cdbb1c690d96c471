// A controller: sources that wake it, a queue, a reconciler. It reports
// failures to the logger and asks again with back-off. Source:
// controller-runtime pkg/internal/controller.

import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { ReconcileResult } from "./controller_metrics.ts";
import type { Reconciler, Request, Source, SourceContext } from "./types.ts";
import { type Backoff, WorkQueue } from "./workqueue.ts";

/** Options of a {@linkcode Controller}. */
export interface ControllerOptions {
  /** As it stands in the log. */
  readonly name: string;
  /** What is run. */
  readonly reconciler: Reconciler;
  /** What wakes it. */
  readonly sources: readonly Source[];
  /** How many objects are reconciled at once; default 10. */
  readonly concurrency?: number;
  /** How failures are delayed. */
  readonly backoff?: Backoff;
}

/** So many failures in a row may pass unnoticed: some 150 ms with the usual back-off. */
const PASSING_FAILURES = 5;

/** Runs a reconciler. */
export class Controller {
  /** As it stands in the log. */
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #sources: Source[];
  #queue: WorkQueue | undefined;
  #context: SourceContext | undefined;
  #signal: AbortSignal | undefined;

  /** Does nothing before a manager starts it. */
  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#sources = [...options.sources];
  }

  /** Adds a source, also while running. Resolves once the source is in step. */
  async watch(source: Source): Promise<void> {
    this.#sources.push(source);
    const queue = this.#queue;
    if (queue !== undefined && this.#context !== undefined) {
      await source.start((request) => queue.add(request), this.#context);
    }
  }

  /** Asks for an object from outside. */
  enqueue(request: Request): void {
    this.#queue?.add(request);
  }

  /** Starts the sources, and the work once they are in step. */
  async start(context: SourceContext, clock: Clock): Promise<void> {
    const logger = context.logger.with({ controller: this.name });
    const { concurrency = 10, backoff } = this.#options;
    const observer = context.observer?.queue?.(this.name);
    const queue: WorkQueue = new WorkQueue({
      clock,
      ...(observer === undefined ? {} : { observer }),
      concurrency,
      batched: true,
      ...(backoff === undefined ? {} : { backoff }),
      work: (request) => this.#reconcile(request, queue, logger),
    });
    this.#queue = queue;
    this.#context = context;
    this.#signal = context.signal;
    context.observer?.started(this.name, queue, concurrency);
    context.signal.addEventListener("abort", () => queue.stop(), {
      once: true,
    });
    await Promise.all(
      this.#sources.map((source) => source.start((request) => queue.add(request), context)),
    );
    if (!context.signal.aborted) queue.start();
  }

  /** Resolves when nothing waits to be reconciled; delayed requests may remain. */
  idle(): Promise<void> {
    return this.#queue?.idle() ?? Promise.resolve();
  }

  /** Whether something waits or is reconciled. */
  get busy(): boolean {
    return (this.#queue?.length ?? 0) > 0;
  }

  async #reconcile(
    request: Request,
    queue: WorkQueue,
    logger: Logger,
  ): Promise<void> {
    const signal = this.#signal;
    if (signal === undefined || signal.aborted) return;
    const { clock, observer } = this.#context as SourceContext;
    const begun_ms = clock.now();
    const ended = (result: ReconcileResult) =>
      observer?.reconciled(this.name, result, clock.now() - begun_ms);
    try {
      const result = await this.#options.reconciler.reconcile(request, signal);
      queue.forget(request);
      const after_ms = result?.requeueAfter_ms;
      ended(after_ms === undefined ? "success" : "requeue_after");
      if (after_ms !== undefined) queue.addAfter(request, after_ms);
    } catch (error) {
      ended("error");
      if (isMistake(error)) observer?.panicked?.(this.name);
      if (signal.aborted) return;
      const failures = queue.failures(request);
      // What is not there yet mostly comes, and a lost race is part of the game:
      // only what goes on failing is worth an operator's look.
      logger[failures < PASSING_FAILURES ? "debug" : "error"](
        "Reconciling failed",
        {
          namespace: request.namespace,
          name: request.name,
          failures,
          error,
        },
      );
      queue.addRateLimited(request);
    }
  }
}

/** What JavaScript throws where Go would panic. */
function isMistake(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError ||
    error instanceof ReferenceError;
}
