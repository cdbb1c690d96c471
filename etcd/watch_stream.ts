// One watch stream of an etcd client: several watches over one connection,
// each fed from the commits of the store, no faster than the client reads.
// Source: etcd's Watch service, v3rpc/watch.go and mvcc/watchable_store.go.

import type { Clock, Timer } from "../runtime/clock.ts";
import { inRange, type KeyRange, rangeOf, toText } from "./bytes.ts";
import { compacted } from "./errors.ts";
import type { Commit, KeyValueStore } from "./key_value_store.ts";
import type {
  KeyEvent,
  KeyValue,
  ResponseHeader,
  WatchCreateRequest,
  WatchRequest,
  WatchResponse,
} from "./proto/kv_messages.ts";

/** How many watches one stream may hold. */
const WATCHES_MAX = 10_000;
/** How many answers a slow client may leave unread before its stream ends. */
const UNREAD_MAX = 10_000;
/** How often watches that ask for it hear of the revision, when they hear of nothing else. */
const PROGRESS_MS = 600_000;

/** How many events of history go into one message, and how many bytes; those of the revision that fills it still do. */
const CATCH_UP_EVENTS = 1_000;
const CATCH_UP_BYTES = 1024 * 1024;
/** How many revisions are looked at at once. */
const CATCH_UP_REVISIONS = 1_000;

/** The watch of answers that are about none, or about all. */
const NO_WATCH = -1;
const SMALLEST_KEY = new Uint8Array(1);

interface Watch {
  readonly range: KeyRange;
  readonly create: WatchCreateRequest;
  /** Commits from this revision on are to be told. */
  from: number;
  /** Nothing has been told since the last report of progress. */
  quiet: boolean;
}

/** What a stream needs of its surroundings. */
export interface WatchStreamOptions {
  readonly store: KeyValueStore;
  /** Times reports of progress. */
  readonly clock: Clock;
  header(): ResponseHeader;
  /** Sends; `false` when the client is behind, until it is told by `drained()` that it is not. */
  send(response: WatchResponse): boolean;
  /** Ends the stream: the client does not keep up. */
  overrun(): void;
}

/** The watches of one stream. */
export class WatchStream {
  readonly #options: WatchStreamOptions;
  readonly #watches = new Map<number, Watch>();
  #nextId = 0;
  /** The client reads what has been sent: until it has, watches wait, and only answers are sent. */
  #behind = false;
  #unread = 0;
  #progress: Timer | undefined;

  /** Holds no watch yet. */
  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#watchProgress();
  }

  /** Ends the timer. */
  close(): void {
    this.#progress?.cancel();
    this.#watches.clear();
  }

  /** Takes what the client says. */
  receive(request: WatchRequest): void {
    if (request.createRequest !== undefined) this.#create(request.createRequest);
    else if (request.cancelRequest !== undefined) this.#cancel(request.cancelRequest.watchId);
    else if (request.progressRequest !== undefined) this.#tellProgress();
  }

  /** The client has read what was sent: watches go on where they were. */
  drained(): void {
    this.#behind = false;
    this.#unread = 0;
    for (const [id, watch] of [...this.#watches]) {
      if (this.#behind) return;
      this.#catchUp(id, watch);
      // The next time others come first.
      if (this.#watches.delete(id)) this.#watches.set(id, watch);
    }
  }

  #send(response: Omit<WatchResponse, "header">, header = this.#options.header()): void {
    if (!this.#options.send({ header, ...response })) this.#behind = true;
  }

  #answer(response: Omit<WatchResponse, "header" | "events">): void {
    if (this.#behind && ++this.#unread > UNREAD_MAX) return this.#options.overrun();
    this.#send({ ...response, events: [] });
  }

  #create(create: WatchCreateRequest): void {
    const cancelReason = this.#refusal(create);
    if (cancelReason !== undefined) {
      return this.#answer({ watchId: NO_WATCH, created: true, canceled: true, cancelReason });
    }
    const watchId = create.watchId !== 0 ? create.watchId : this.#freeId();
    const from = create.startRevision > 0 ? create.startRevision : this.#options.store.revision + 1;
    const watch = { range: watchRange(create), create, from, quiet: true };
    this.#watches.set(watchId, watch);
    this.#answer({ watchId, created: true });
    if (!this.#behind) this.#catchUp(watchId, watch);
  }

  #refusal({ key, rangeEnd, startRevision, watchId }: WatchCreateRequest): string | undefined {
    if (startRevision < 0) return compacted().message;
    const { from, to } = watchRange({ key, rangeEnd });
    if (to !== undefined && to <= from) return "mvcc: watcher range is empty";
    if (watchId !== 0 && this.#watches.has(watchId)) {
      return "mvcc: duplicate watch ID provided on the WatchStream";
    }
    return this.#watches.size >= WATCHES_MAX ? "etcdserver: too many watches" : undefined;
  }

  /** History comes in as few messages as will hold it. */
  #catchUp(watchId: number, watch: Watch): void {
    const { store } = this.#options;
    while (!this.#behind && watch.from <= store.revision) {
      const { compactRevision } = store;
      if (watch.from < compactRevision) return this.#loseHistory(watchId, compactRevision);
      const events: KeyEvent[] = [];
      let bytes = 0;
      for (const commit of store.since(watch.from, CATCH_UP_REVISIONS)) {
        watch.from = commit.revision + 1;
        for (const event of eventsFor(watch, commit, compactRevision)) {
          events.push(event);
          bytes += bytesOf(event.kv) + bytesOf(event.prevKv);
        }
        if (events.length >= CATCH_UP_EVENTS || bytes >= CATCH_UP_BYTES) break;
      }
      this.#sendEvents(watchId, watch, events);
    }
  }

  /** What the watch has still to tell of has been compacted. That is told without a revision. */
  #loseHistory(watchId: number, compactRevision: number): void {
    this.#watches.delete(watchId);
    const header = { ...this.#options.header(), revision: 0 };
    this.#send({ watchId, canceled: true, compactRevision, events: [] }, header);
  }

  #sendEvents(watchId: number, watch: Watch, events: KeyEvent[]): void {
    if (events.length === 0) return;
    watch.quiet = false;
    this.#send({ watchId, events });
  }

  #freeId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #cancel(watchId: number): void {
    if (this.#watches.delete(watchId)) this.#answer({ watchId, canceled: true });
  }

  /** Tells of a new commit. */
  committed(commit: Commit): void {
    const { compactRevision } = this.#options.store;
    for (const [id, watch] of this.#watches) {
      if (this.#behind) return;
      if (commit.revision < watch.from) continue;
      watch.from = commit.revision + 1;
      this.#sendEvents(id, watch, eventsFor(watch, commit, compactRevision));
    }
  }

  /** Whether a watch has told of all there is, and has anything to tell of yet. */
  #upToDate({ create }: Watch): boolean {
    return !this.#behind && create.startRevision <= this.#options.store.revision;
  }

  /** Asked for: told for all watches at once, or not at all. */
  #tellProgress(): void {
    const watches = [...this.#watches.values()];
    if (watches.length === 0 || !watches.every((watch) => this.#upToDate(watch))) return;
    this.#answer({ watchId: NO_WATCH });
  }

  #watchProgress(): void {
    this.#progress = this.#options.clock.after(PROGRESS_MS, () => {
      for (const [watchId, watch] of this.#watches) {
        if (!watch.create.progressNotify) continue;
        if (watch.quiet && this.#upToDate(watch)) this.#answer({ watchId });
        watch.quiet = true;
      }
      this.#watchProgress();
    }, { background: true });
  }
}

/** A watch without a key begins with the smallest. */
function watchRange({ key, rangeEnd }: Pick<WatchCreateRequest, "key" | "rangeEnd">): KeyRange {
  return rangeOf(key.length === 0 ? SMALLEST_KEY : key, rangeEnd);
}

function bytesOf(kv: KeyValue | undefined): number {
  return kv === undefined ? 0 : kv.key.length + kv.value.length;
}

/** What of a commit a watch wants to know. What was before it may be compacted. */
function eventsFor(
  { create, range }: Watch,
  { events, revision }: Commit,
  compactRevision: number,
): KeyEvent[] {
  const prevKv = create.prevKv && revision > compactRevision;
  return events
    .filter(({ type, kv }) => !create.filters.includes(type) && inRange(toText(kv.key), range))
    .map((event): KeyEvent => prevKv ? event : { type: event.type, kv: event.kv });
}
