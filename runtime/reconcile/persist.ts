// Tries something that a cluster out of reach makes fail until it works, as
// a process does that starts before its cluster.

import { type Clock, sleep } from "../clock.ts";
import type { Logger } from "../log.ts";

/** Options of {@linkcode persist}. */
export interface PersistOptions {
  /** What is tried, for the log. */
  readonly what: string;
  /** All time. */
  readonly clock: Clock;
  /** Where failures are told. */
  readonly logger: Logger;
  /** Gives up. */
  readonly signal: AbortSignal;
}

const RETRY_MS_FIRST = 500;
const RETRY_MS_MAX = 30_000;

/** What `work` answers, once it does not fail. Rejects only with the signal's reason. */
export async function persist<T>(work: () => Promise<T>, options: PersistOptions): Promise<T> {
  const { what, clock, logger, signal } = options;
  for (let wait_ms = RETRY_MS_FIRST;; wait_ms = Math.min(wait_ms * 2, RETRY_MS_MAX)) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      logger.warn(`${what} failed; trying again`, { after_ms: wait_ms, error });
      await sleep(clock, wait_ms, signal);
    }
  }
}
