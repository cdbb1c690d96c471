// A registry whose readers are known before they read, so that what changes
// all the time elsewhere can be brought up to date when somebody looks. Not
// a view: what the observer does are writes like any other.

import type { Registry, WatchStream } from "../request.ts";

/** Told of reads. */
export interface ReadObserver {
  /** Objects of that resource are about to be read; the read goes on when the promise resolves. */
  beforeRead(group: string, resource: string): Promise<void> | undefined;
  /** A watch on that resource is open. What it answers is called once, when the watch ends. */
  watching(group: string, resource: string): () => void;
}

/** The same registry, which tells the observer of every get, list and watch. */
export function observeReads(registry: Registry, observer: ReadObserver): Registry {
  return {
    async get(context, target, resourceVersion) {
      const { group, resource } = target.definition;
      await observer.beforeRead(group, resource);
      return await registry.get(context, target, resourceVersion);
    },
    async list(context, target, options) {
      const { group, resource } = target.definition;
      await observer.beforeRead(group, resource);
      return await registry.list(context, target, options);
    },
    async watch(context, target, options) {
      const { group, resource } = target.definition;
      await observer.beforeRead(group, resource);
      const stream = await registry.watch(context, target, options);
      return new ObservedStream(stream, observer.watching(group, resource));
    },
    create: (context, target, object, options) => registry.create(context, target, object, options),
    update: (context, target, object, options) => registry.update(context, target, object, options),
    patch: (context, target, patch, options) => registry.patch(context, target, patch, options),
    delete: (context, target, options) => registry.delete(context, target, options),
    deleteCollection: (context, target, options, list) =>
      registry.deleteCollection(context, target, options, list),
  };
}

/** Tells when a stream ends, whoever ends it. */
class ObservedStream implements WatchStream {
  readonly #stream: WatchStream;
  #ended: (() => void) | undefined;

  constructor(stream: WatchStream, ended: () => void) {
    this.#stream = stream;
    this.#ended = ended;
  }

  async next(): ReturnType<WatchStream["next"]> {
    const events = await this.#stream.next();
    if (events === undefined) this.#end();
    return events;
  }

  take(): ReturnType<WatchStream["take"]> {
    const events = this.#stream.take();
    if (events === undefined) this.#end();
    return events;
  }

  notify(callback: () => void): void {
    this.#stream.notify(callback);
  }

  close(): void {
    this.#end();
    this.#stream.close();
  }

  #end(): void {
    this.#ended?.();
    this.#ended = undefined;
  }
}
