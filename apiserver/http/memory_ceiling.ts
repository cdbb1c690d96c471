// A ceiling on the memory of the process: beyond it, what makes memory grow
// with the number of clients (lists and watches) is refused for a while, and
// everything else goes on. The real server bounds requests in flight instead
// and says the same. Source of the wording: k8s.io/apiserver
// pkg/server/filters/maxinflight.go.

import type { Clock } from "../../runtime/clock.ts";
import { respondText } from "./respond.ts";
import type { HttpResponse } from "./types.ts";

/** Asking the platform costs more than some requests: a figure is good for so long… */
const SAMPLE_MS = 100;
/** …and for so many requests, which a virtual clock may see in no time. */
const SAMPLE_REQUESTS = 32;
const RETRY_SECONDS = 1;

/** Options of a {@linkcode MemoryCeiling}. */
export interface MemoryCeilingOptions {
  /** Bytes of resident memory beyond which lists and watches are refused. */
  readonly limit_bytes: number;
  /** Dates figures. */
  readonly clock: Clock;
  /** Resident memory in bytes. Default: this process's. */
  readonly resident?: () => number;
}

/** Refuses lists and watches while the process is too large. Clusters of one process share one. */
export class MemoryCeiling {
  readonly #limit_bytes: number;
  readonly #clock: Clock;
  readonly #resident: () => number;
  #exceeded = false;
  #sampled_ms = -Infinity;
  #requests = 0;

  /** Asks nothing before the first request. */
  constructor(options: MemoryCeilingOptions) {
    this.#limit_bytes = options.limit_bytes;
    this.#clock = options.clock;
    this.#resident = options.resident ?? (() => Deno.memoryUsage().rss);
  }

  /** The answer to a new list or watch when there is no room for it: 429. */
  refusal(): HttpResponse | undefined {
    const now_ms = this.#clock.now();
    if (now_ms - this.#sampled_ms >= SAMPLE_MS || ++this.#requests >= SAMPLE_REQUESTS) {
      this.#sampled_ms = now_ms;
      this.#requests = 0;
      this.#exceeded = this.#resident() > this.#limit_bytes;
    }
    if (!this.#exceeded) return undefined;
    return respondText(429, "Too many requests, please try again later.\n", {
      "retry-after": String(RETRY_SECONDS),
    });
  }
}
