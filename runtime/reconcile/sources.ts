// Sources: what wakes a controller. A watched resource, or a channel that
// anything in the process can send into. Source: controller-runtime
// pkg/source.

import type { ResourceRef } from "../client.ts";
import type { Enqueue, Handler, Predicate, Request, Source } from "./types.ts";

/** Every change of a resource that all predicates let through, handed to `handler`. */
export function watchResource(
  ref: ResourceRef,
  handler: Handler,
  ...predicates: readonly Predicate[]
): Source {
  return {
    start(enqueue, { cache, signal }) {
      const informer = cache.informer(ref);
      const stop = informer.listen((change) => {
        for (const predicate of predicates) if (!predicate(change)) return;
        handler(change, enqueue);
      });
      signal.addEventListener("abort", stop, { once: true });
      return informer.synced();
    },
  };
}

/**
 * Every change of the objects that a label selector selects, their contents left out, handed to `handler`. Nothing is
 * cached: reads of the resource go to the cluster as before. A controller does not wait for it.
 */
export function watchMetadata(ref: ResourceRef, labels: string, handler: Handler): Source {
  return {
    start(enqueue, { cache, signal }) {
      const informer = cache.metadataInformer(ref, labels);
      const stop = informer.listen((change) => handler(change, enqueue));
      signal.addEventListener("abort", stop, { once: true });
      informer.start(signal);
    },
  };
}

/** A source that other code sends requests into. */
export class RequestChannel implements Source {
  readonly #receivers = new Set<Enqueue>();

  /** Passes on what is sent until the signal aborts. */
  start(enqueue: Enqueue, { signal }: { readonly signal: AbortSignal }): void {
    this.#receivers.add(enqueue);
    signal.addEventListener("abort", () => this.#receivers.delete(enqueue), {
      once: true,
    });
  }

  /** Asks every controller that listens for this request. */
  send(request: Request): void {
    for (const enqueue of this.#receivers) enqueue(request);
  }
}
