// The watch verb: a cursor, a selection and nothing queued. What a watcher
// is sent is worked out when it asks for it.
// Source: k8s.io/apiserver storage/cacher.

import type { Timer } from "../../runtime/clock.ts";
import { apiVersionOf, type KubeObject } from "../../runtime/object.ts";
import { zeroObject } from "../../runtime/schema/zero_object.ts";
import { StatusError } from "../../runtime/status.ts";
import type { Cursor, Entry, Store, StoreEvent } from "../../runtime/store/types.ts";
import type { ResourceDefinition } from "../definition.ts";
import type {
  ListRequestOptions,
  RequestContext,
  Target,
  WatchResult,
  WatchStream,
} from "../request.ts";
import type { BookmarkTicker } from "./bookmark_ticker.ts";
import type { Environment } from "./environment.ts";
import { parseResourceVersion, tooLargeResourceVersion } from "./resource_version.ts";
import {
  checkWatchOptions,
  defaultWatchOptions,
  entryFilter,
  needsConversion,
  parseSelection,
  type Selection,
} from "./selection.ts";
import { convertTogether, fromStorage } from "./versions.ts";

/** Watches without a timeout of their own end after this, times up to two (--min-request-timeout). */
const MIN_TIMEOUT_SECONDS = 1800;
/** How much a watcher is given at once. */
const BATCH_MAX = 500;
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

const NOTHING: readonly WatchResult[] = [];

/** Opens a watch. */
export function watch(
  env: Environment,
  context: RequestContext,
  target: Target,
  given: ListRequestOptions,
  bookmarks: BookmarkTicker,
): WatchStream {
  const selection = parseSelection(target, given);
  const options = defaultWatchOptions(given);
  checkWatchOptions(options);
  const asked = parseResourceVersion(options.resourceVersion);
  const current = env.store.revision;
  if (options.sendInitialEvents === true && asked > current) {
    throw tooLargeResourceVersion(asked, current);
  }
  const fromNow = options.sendInitialEvents !== undefined && asked === 0;
  const initial = options.sendInitialEvents === true ? present(env, target) : undefined;
  const start = initial !== undefined || fromNow ? current : asked;
  return new RegistryWatch(env, context, target, options, selection, start, initial, bookmarks);
}

/** What a storage held when a watch last began with it, for as long as a watch has not got past it. */
interface Present {
  readonly revision: number;
  readonly storage: string;
  readonly namespace: string;
  readonly entries: WeakRef<readonly Entry[]>;
}

const lastPresent = new WeakMap<Store, Present>();

/** Watches that begin at the same revision begin with the same array: ten thousand of them do not hold ten thousand lists. */
function present({ store }: Environment, target: Target): readonly Entry[] {
  const { namespace, definition: { storage } } = target;
  const last = lastPresent.get(store);
  if (
    last !== undefined && last.revision === store.revision && last.storage === storage &&
    last.namespace === namespace
  ) {
    const entries = last.entries.deref();
    if (entries !== undefined) return entries;
  }
  const { entries } = store.list(storage, namespace === "" ? {} : { namespace });
  const { revision } = store;
  lastPresent.set(store, { revision, storage, namespace, entries: new WeakRef(entries) });
  return entries;
}

/** What was last made of what was there when watches began; see `RegistryWatch.#sharedInitial`. */
const initialResults = new WeakMap<readonly Entry[], {
  readonly definition: ResourceDefinition;
  readonly start: number;
  readonly results: readonly WatchResult[];
}>();

/** An event's object as it last was inside a selection that it has left; shared by all watchers of the event. */
const departed = new WeakMap<StoreEvent, Entry>();

function departedEntry(event: StoreEvent): Entry {
  let entry = departed.get(event);
  if (entry === undefined) {
    const { object, storage, key } = event.previous!;
    const resourceVersion = String(event.revision);
    entry = {
      storage,
      key,
      object: { ...object, metadata: { ...object.metadata, resourceVersion } },
      revision: event.revision,
      encodings: new Map(),
    };
    departed.set(event, entry);
  }
  return entry;
}

/** What was last selected by no more than namespace; see `#shared`. */
let selected: {
  readonly events: readonly StoreEvent[];
  readonly definition?: ResourceDefinition;
  readonly prefix: string;
  readonly results: WatchResult[];
} = { events: [], prefix: "", results: [] };

/** One open watch. */
class RegistryWatch implements WatchStream {
  readonly #env: Environment;
  readonly #signal: AbortSignal | undefined;
  readonly #definition: ResourceDefinition;
  readonly #selection: Selection;
  readonly #prefix: string;
  readonly #filter: ((entry: Entry) => boolean) | undefined;
  readonly #bookmarks: BookmarkTicker | undefined;
  readonly #timeout: Timer;
  #initial: readonly Entry[] | undefined;
  #initialAt = 0;
  #initialTaken = false;
  /** The bookmark that ends the initial events is still to be sent. */
  #announceEnd: boolean;
  #bookmarkDue = false;
  #cursor: Cursor | undefined;
  /** Sent before the stream ends. */
  #failure: WatchResult | undefined;
  #ended = false;

  constructor(
    env: Environment,
    context: RequestContext,
    target: Target,
    options: ListRequestOptions,
    selection: Selection,
    start: number,
    initial: readonly Entry[] | undefined,
    bookmarks: BookmarkTicker,
  ) {
    this.#env = env;
    this.#signal = context.signal;
    this.#definition = target.definition;
    this.#selection = selection;
    this.#prefix = target.namespace === "" ? "" : `${target.namespace}/`;
    this.#filter = entryFilter(target.definition, selection);
    this.#initial = initial;
    this.#announceEnd = initial !== undefined && options.allowWatchBookmarks;
    this.#open(target.definition.storage, start);
    const seconds = options.timeoutSeconds ||
      MIN_TIMEOUT_SECONDS * (1 + env.random.next());
    this.#timeout = env.clock.after(seconds * 1000, () => this.close(), { background: true });
    if (options.allowWatchBookmarks) {
      this.#bookmarks = bookmarks;
      bookmarks.add(this);
    }
  }

  async next(): Promise<readonly WatchResult[] | undefined> {
    for (;;) {
      const taken = this.take();
      if (taken === undefined) return undefined;
      if (taken instanceof Promise) {
        const results = await taken;
        if (results.length > 0) return results;
      } else if (taken.length > 0) return taken;
      else await this.#cursor?.wait(this.#signal);
    }
  }

  take(): readonly WatchResult[] | Promise<readonly WatchResult[]> | undefined {
    for (;;) {
      if (this.#ended || this.#signal?.aborted || this.#env.store.closed) {
        this.close();
        return undefined;
      }
      if (this.#failure !== undefined) return this.#fail();
      const ready = this.#takeInitial() ?? this.#takeEvents();
      if (ready instanceof Promise || (ready !== undefined && ready.length > 0)) return ready;
      if (ready !== undefined) continue;
      if (!this.#bookmarkDue) return NOTHING;
      this.#bookmarkDue = false;
      return [this.#bookmark({})];
    }
  }

  notify(callback: () => void): void {
    if (this.#cursor === undefined) queueMicrotask(callback);
    else this.#cursor.notify(callback, this.#signal);
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timeout.cancel();
    this.#bookmarks?.delete(this);
    this.#cursor?.close();
  }

  /** Sends a bookmark when there is nothing better to send. */
  bookmarkSoon(): void {
    this.#bookmarkDue = true;
    this.#cursor?.wake?.();
  }

  /** A start that is gone shows as an event, not as a failed request: the request itself was good. */
  #open(storage: string, start: number): void {
    try {
      this.#cursor = this.#env.store.watch(storage, start);
    } catch (error) {
      this.#failWith(error, start);
    }
  }

  #failWith(error: unknown, revision: number): void {
    if (!(error instanceof StatusError) || error.code !== 410) throw error;
    const message = `too old resource version: ${revision} (${this.#env.store.compactRevision})`;
    const status = new StatusError(410, "Expired", message).status;
    this.#failure = { type: "ERROR", object: status as unknown as KubeObject };
  }

  #fail(): WatchResult[] {
    const failure = this.#failure!;
    this.#failure = undefined;
    this.close();
    return [failure];
  }

  #takeInitial(): readonly WatchResult[] | Promise<WatchResult[]> | undefined {
    const initial = this.#initial;
    if (initial === undefined) return undefined;
    // Others find what was made of it for as long as somebody sends it.
    if (this.#initialTaken) return this.#initial = undefined;
    const start = this.#initialAt;
    const batch = initial.slice(start, start + BATCH_MAX);
    this.#initialAt += batch.length;
    this.#initialTaken = this.#initialAt >= initial.length;
    const end = this.#initialTaken && this.#announceEnd
      ? [this.#bookmark({ annotations: { [INITIAL_EVENTS_END]: "true" } })]
      : [];
    const shared = this.#filter === undefined && end.length === 0;
    const found = shared ? this.#sharedInitial(initial, start) : undefined;
    if (found !== undefined) return found;
    const results: WatchResult[] = [];
    for (const entry of batch) {
      if (!this.#mayMatch(entry)) continue;
      const result = this.#result("ADDED", entry);
      if (result instanceof Promise) return this.#slowly(batch.map(added), end);
      results.push(result);
    }
    results.push(...end);
    if (shared) initialResults.set(initial, { definition: this.#definition, start, results });
    return results;
  }

  /** What another watch without a selector has made of the same entries. */
  #sharedInitial(initial: readonly Entry[], start: number): readonly WatchResult[] | undefined {
    const known = initialResults.get(initial);
    return known?.definition === this.#definition && known.start === start
      ? known.results
      : undefined;
  }

  #takeEvents(): WatchResult[] | Promise<WatchResult[]> | undefined {
    let events: readonly StoreEvent[] | undefined;
    const revision = this.#cursor?.revision ?? 0;
    try {
      events = this.#cursor?.read(BATCH_MAX);
    } catch (error) {
      this.#failWith(error, revision);
      return [];
    }
    if (events === undefined) return undefined;
    if (this.#slow) return this.#slowly(events, []);
    return this.#filter === undefined ? this.#shared(events) : this.#select(events);
  }

  /** Watchers without a selector are all sent the same: it is worked out for the first of them. */
  #shared(events: readonly StoreEvent[]): WatchResult[] | Promise<WatchResult[]> {
    const { events: last, definition, prefix, results } = selected;
    if (last === events && definition === this.#definition && prefix === this.#prefix) {
      return results;
    }
    const found = this.#select(events);
    if (found instanceof Promise) return found;
    selected = { events, definition: this.#definition, prefix: this.#prefix, results: found };
    return found;
  }

  #select(events: readonly StoreEvent[]): WatchResult[] | Promise<WatchResult[]> {
    const results: WatchResult[] = [];
    for (const event of events) {
      if (!event.entry.key.startsWith(this.#prefix)) continue;
      const result = this.#classify(event);
      if (result instanceof Promise) return this.#slowly(events, []);
      if (result !== undefined) results.push(result);
    }
    return results;
  }

  /** What the event means to this watcher: objects come and go as they enter and leave the selection. */
  #classify(event: StoreEvent): WatchResult | Promise<WatchResult> | undefined {
    const filter = this.#filter;
    const now = event.type !== "DELETED" && (filter === undefined || filter(event.entry));
    const before = event.previous !== undefined &&
      (filter === undefined || filter(event.previous));
    if (now) return this.#result(before ? "MODIFIED" : "ADDED", event.entry);
    if (!before) return undefined;
    return this.#result(
      "DELETED",
      event.type === "DELETED" ? event.entry : departedEntry(event),
    );
  }

  #result(type: WatchResult["type"], entry: Entry): WatchResult | Promise<WatchResult> {
    const object = fromStorage(this.#definition, entry.object);
    if (object === entry.object) return { type, object, entry };
    return object instanceof Promise
      ? object.then((object) => ({ type, object }))
      : { type, object };
  }

  #mayMatch(entry: Entry): boolean {
    return this.#filter === undefined || this.#filter(entry);
  }

  /** Whether selecting needs conversions that have to be waited for. */
  get #slow(): boolean {
    return needsConversion(this.#definition, this.#selection);
  }

  /** As above where conversions take time: each object is converted before it is looked at. */
  async #slowly(events: readonly StoreEvent[], end: WatchResult[]): Promise<WatchResult[]> {
    const results: WatchResult[] = [];
    await convertTogether(this.#definition, this.#entriesOf(events));
    for (const event of events) {
      if (!event.entry.key.startsWith(this.#prefix)) continue;
      const converted = new Map<Entry, KubeObject>();
      for (const entry of [event.entry, event.previous]) {
        if (entry === undefined) continue;
        converted.set(entry, await fromStorage(this.#definition, entry.object));
      }
      const filter = entryFilter(this.#definition, this.#selection, converted) ?? (() => true);
      const now = event.type !== "DELETED" && filter(event.entry);
      const before = event.previous !== undefined && filter(event.previous);
      if (now) {
        results.push({
          type: before ? "MODIFIED" : "ADDED",
          object: converted.get(event.entry)!,
        });
      } else if (before) {
        results.push(
          await this.#result(
            "DELETED",
            event.type === "DELETED" ? event.entry : departedEntry(event),
          ),
        );
      }
    }
    return [...results, ...end];
  }

  #entriesOf(events: readonly StoreEvent[]): Entry[] {
    return events.map(({ entry }) => entry).filter(({ key }) => key.startsWith(this.#prefix));
  }

  #bookmark(metadata: { annotations?: Record<string, string> }): WatchResult {
    const { custom, kind, schema } = this.#definition;
    const resourceVersion = String(this.#cursor?.revision ?? this.#env.store.revision);
    return {
      type: "BOOKMARK",
      object: {
        // Bookmarks of built-in kinds are empty Go objects, with all that those write.
        ...(custom ? {} : zeroObject(schema)),
        kind,
        apiVersion: apiVersionOf(this.#definition),
        metadata: { resourceVersion, ...metadata },
      },
    };
  }
}

/** An object that is there from the start, as an event. */
function added(entry: Entry): StoreEvent {
  return { type: "ADDED", revision: entry.revision, entry };
}
