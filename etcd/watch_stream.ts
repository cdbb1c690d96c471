// One watch stream of an etcd client: several watches over one connection,
// each fed from the commits of the store. Source: etcd's Watch service.

import { inRange, type KeyRange, rangeOf, toText } from "./bytes.ts";
import type { Commit, KeyValueStore } from "./key_value_store.ts";
import type {
  KeyEvent,
  ResponseHeader,
  WatchCreateRequest,
  WatchRequest,
  WatchResponse,
} from "./proto/kv_messages.ts";

/** How many watches one stream may hold. */
const WATCHES_MAX = 10_000;
/** How much a slow client may leave unread before its stream ends. */
const UNREAD_MAX = 10_000;

/** How many events of history go into one message, and those of the revision that fills it. */
const CATCH_UP_EVENTS = 1_000;

interface Watch {
  readonly range: KeyRange;
  readonly create: WatchCreateRequest;
  /** Commits from this revision on are told. */
  from: number;
}

/** What a stream needs of its surroundings. */
export interface WatchStreamOptions {
  readonly store: KeyValueStore;
  header(): ResponseHeader;
  /** Sends; `false` when the client is behind. */
  send(response: WatchResponse): boolean;
  /** Ends the stream: the client does not keep up. */
  overrun(): void;
}

/** The watches of one stream. */
export class WatchStream {
  readonly #options: WatchStreamOptions;
  readonly #watches = new Map<number, Watch>();
  #nextId = 0;
  #unread = 0;

  /** Holds no watch yet. */
  constructor(options: WatchStreamOptions) {
    this.#options = options;
  }

  /** Takes what the client says. */
  receive(request: WatchRequest): void {
    if (request.createRequest !== undefined) this.#create(request.createRequest);
    else if (request.cancelRequest !== undefined) this.#cancel(request.cancelRequest.watchId);
    else if (request.progressRequest !== undefined) this.#send({ watchId: -1, events: [] });
  }

  #send(response: Omit<WatchResponse, "header">): void {
    const { send, header, overrun } = this.#options;
    if (send({ header: header(), ...response })) this.#unread = 0;
    else if (++this.#unread > UNREAD_MAX) overrun();
  }

  #create(create: WatchCreateRequest): void {
    const { store } = this.#options;
    const taken = create.watchId !== 0 && this.#watches.has(create.watchId);
    const full = this.#watches.size >= WATCHES_MAX;
    if (taken || full || create.key.length === 0 && create.rangeEnd.length === 0) {
      const cancelReason = taken
        ? "mvcc: duplicate watch ID provided on the WatchStream"
        : full
        ? "etcdserver: too many watches"
        : "etcdserver: key is not provided";
      return this.#send({ watchId: -1, created: true, canceled: true, cancelReason, events: [] });
    }
    const watchId = create.watchId !== 0 ? create.watchId : this.#freeId();
    this.#send({ watchId, created: true, events: [] });
    const from = create.startRevision > 0 ? create.startRevision : store.revision + 1;
    if (from < store.compactRevision) {
      const compactRevision = store.compactRevision;
      const cancelReason = "etcdserver: mvcc: required revision has been compacted";
      return this.#send({ watchId, canceled: true, compactRevision, cancelReason, events: [] });
    }
    const watch = { range: rangeOf(create.key, create.rangeEnd), create, from };
    this.#watches.set(watchId, watch);
    this.#catchUp(watchId, watch, store.since(from));
  }

  /** History comes in as few messages as will hold it. */
  #catchUp(watchId: number, watch: Watch, commits: readonly Commit[]): void {
    let events: KeyEvent[] = [];
    for (const commit of commits) {
      watch.from = commit.revision + 1;
      events.push(...eventsFor(watch, commit));
      if (events.length < CATCH_UP_EVENTS) continue;
      this.#send({ watchId, events });
      events = [];
    }
    if (events.length > 0) this.#send({ watchId, events });
  }

  #freeId(): number {
    while (this.#watches.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #cancel(watchId: number): void {
    if (!this.#watches.delete(watchId)) return;
    this.#send({ watchId, canceled: true, events: [] });
  }

  /** Tells of a new commit. */
  committed(commit: Commit): void {
    for (const [id, watch] of this.#watches) this.#tell(id, watch, commit);
  }

  #tell(watchId: number, watch: Watch, commit: Commit): void {
    if (commit.revision < watch.from) return;
    watch.from = commit.revision + 1;
    const events = eventsFor(watch, commit);
    if (events.length > 0) this.#send({ watchId, events });
  }
}

/** What of a commit a watch wants to know. */
function eventsFor({ create, range }: Watch, { events }: Commit): KeyEvent[] {
  return events
    .filter(({ type, kv }) => !create.filters.includes(type) && inRange(toText(kv.key), range))
    .map((event): KeyEvent => create.prevKv ? event : { type: event.type, kv: event.kv });
}
