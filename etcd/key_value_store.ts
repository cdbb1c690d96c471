// etcd's data: keys with their whole history up to the last compaction, one
// revision for all. No members, no leases' lives, no I/O. Source: etcd mvcc.

import { compareBytes, inRange, type KeyRange, rangeOf, toBytes, toText } from "./bytes.ts";
import {
  compacted,
  emptyKey,
  futureRevision,
  invalidSortOption,
  keyNotFound,
  leaseProvided,
  noSpace,
  valueProvided,
} from "./errors.ts";
import type { EtcdJournal, RestoredEtcd } from "./etcd_journal.ts";
import { hashOfHistory, recordKeyBytes, recordValueBytes } from "./history_hash.ts";
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyEvent,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
} from "./proto/kv_messages.ts";

/** All events of one revision. */
export interface Commit {
  /** A revision of the data; 0 for the present one. */
  readonly revision: number;
  /** What happened. */
  readonly events: readonly KeyEvent[];
}

/** Options of a {@linkcode KeyValueStore}. */
export interface KeyValueStoreOptions {
  /** How much keys, values and their history may take; default 64 MiB. */
  readonly quota_bytes?: number;
  /** Told of every commit. */
  readonly committed?: (commit: Commit) => void;
  /** Keeps every change before it is acknowledged. Default: nothing outlives the process. */
  readonly journal?: Pick<EtcdJournal, "append" | "compact">;
  /** What it goes on from. Default: nothing. */
  readonly restored?: Pick<RestoredEtcd, "records" | "compactRevision">;
}

/** A key at one revision; without a value it was deleted there. */
export interface KeyVersion {
  /** When. */
  readonly revision: number;
  /** Which of the revision's changes it is, from 0. */
  readonly sub: number;
  /** What it then was. */
  readonly kv: KeyValue | undefined;
}

/** What happened to a key at a revision. */
export interface HistoryRecord extends KeyVersion {
  /** The key as text. */
  readonly key: string;
}

/** A change on its way to a revision. */
export interface Change {
  /** The key, or the first one of a range. */
  readonly key: string;
  /** Absent: the key goes. */
  readonly value?: Uint8Array;
  /** The lease that the key goes with; 0 for none. */
  readonly lease: bigint;
}

/** A hash of history. */
export interface HistoryHash {
  /** CRC-32C. */
  readonly hash: number;
  /** Up to where. */
  readonly revision: number;
  /** What was compacted then; -1 for nothing. */
  readonly compactRevision: number;
}

const NEVER_COMPACTED = -1;
const HASHES_MAX = 10;
const QUOTA_DEFAULT_BYTES = 64 * 1024 * 1024;
// What an entry of the database costs beside its value, and how full its pages are.
const ENTRY_BYTES = 16;
const FILL = 0.9;

/** Keys and values by revision. */
export class KeyValueStore {
  readonly #quota: number;
  readonly #committed: (commit: Commit) => void;
  readonly #journal: KeyValueStoreOptions["journal"];
  /** All keys with any history, in order. */
  #keys: string[] = [];
  readonly #history = new Map<string, HistoryRecord[]>();
  /** All of that history, in the order in which it happened. */
  #records: HistoryRecord[] = [];
  #log: Commit[] = [];
  #revision = 1;
  #compacted = NEVER_COMPACTED;
  /** What the latest compactions found, in the order of their revisions. */
  #hashes: HistoryHash[] = [];
  #bytes = 0;
  #open: KeyEvent[] | undefined;

  /** Starts empty at revision 1, as etcd does, or where it ended. */
  constructor(options: KeyValueStoreOptions = {}) {
    this.#quota = options.quota_bytes ?? QUOTA_DEFAULT_BYTES;
    this.#committed = options.committed ?? (() => {});
    this.#journal = options.journal;
    if (options.restored !== undefined) this.#restore(options.restored);
  }

  #restore({ records, compactRevision }: Pick<RestoredEtcd, "records" | "compactRevision">): void {
    this.#compacted = compactRevision;
    this.#revision = Math.max(1, compactRevision, records.at(-1)?.revision ?? 0);
    for (const record of records) {
      const { key, kv, revision } = record;
      let versions = this.#history.get(key);
      if (versions === undefined) this.#history.set(key, versions = []);
      const before = versions.at(-1)?.kv;
      versions.push(record);
      this.#records.push(record);
      this.#bytes += costOf(record);
      // What a compaction left of older history cannot be watched any more.
      if (revision < compactRevision) continue;
      const event = eventOf(key, kv, before, revision);
      const last = this.#log.at(-1);
      if (last?.revision === revision) (last.events as KeyEvent[]).push(event);
      else this.#log.push({ revision, events: [event] });
    }
    this.#keys = [...this.#history.keys()].sort();
  }

  /** The revision of the last change. */
  get revision(): number {
    return this.#revision;
  }

  /** History up to here is gone; -1 as long as all is there. */
  get compactRevision(): number {
    return this.#compacted;
  }

  /** How much is held. */
  get size_bytes(): number {
    return this.#bytes;
  }

  /** How much may be held. */
  get quota_bytes(): number {
    return this.#quota;
  }

  /** The keys that go with a lease, each with that. */
  get leased(): [key: string, lease: bigint][] {
    const found: [string, bigint][] = [];
    for (const [key, versions] of this.#history) {
      const lease = versions.at(-1)?.kv?.lease ?? 0n;
      if (lease !== 0n) found.push([key, lease]);
    }
    return found;
  }

  /** Runs `act` as one revision. Within it the changes made so far are seen. */
  transact<T>(act: () => T): T {
    if (this.#open !== undefined) return act();
    const events: KeyEvent[] = [];
    this.#open = events;
    try {
      return act();
    } finally {
      this.#open = undefined;
      this.#commit(events);
    }
  }

  #commit(events: KeyEvent[]): void {
    if (events.length === 0) return;
    this.#keep(this.#next);
    this.#revision++;
    const commit = { revision: this.#revision, events };
    this.#log.push(commit);
    this.#committed(commit);
  }

  /** What cannot be kept has not happened. */
  #keep(revision: number): void {
    if (this.#journal === undefined) return;
    const first = this.#records.findLastIndex((record) => record.revision < revision) + 1;
    try {
      this.#journal.append(this.#records.slice(first));
    } catch (error) {
      for (const record of this.#records.splice(first)) this.#takeBack(record);
      throw error;
    }
  }

  #takeBack(record: HistoryRecord): void {
    const { key } = record;
    const versions = this.#history.get(key) as HistoryRecord[];
    versions.pop();
    this.#drop(record);
    if (versions.length > 0) return;
    this.#history.delete(key);
    this.#keys.splice(this.#position(key), 1);
  }

  /** The revision that a change made now belongs to. */
  get #next(): number {
    return this.#revision + 1;
  }

  /** Reads. Throws for revisions that are gone or not there yet. */
  range(request: RangeRequest): RangeResponse {
    checkRange(request);
    const { sortOrder, sortTarget, limit } = request;
    const at = this.checkRevision(request.revision);
    let found = this.#select(rangeOf(request.key, request.rangeEnd), at);
    const count = found.length;
    if (request.countOnly) return { kvs: [], more: false, count };
    found = found.filter((kv) => withinBounds(kv, request));
    if (sortOrder !== 0 || sortTarget !== 0) {
      const compare = COMPARATORS[sortTarget] as (a: KeyValue, b: KeyValue) => number;
      // The sort is stable: equal ones stay in the order of their keys.
      const direction = sortOrder === 2 ? -1 : 1;
      found.sort((a, b) => direction * compare(a, b));
    }
    const more = limit > 0 && found.length > limit;
    if (more) found = found.slice(0, limit);
    if (request.keysOnly) found = found.map((kv) => ({ ...kv, value: NOTHING }));
    return { kvs: found, more, count };
  }

  /** The revision that a request means. Throws for those that are gone or not there yet. */
  checkRevision(revision: number): number {
    if (revision > this.#revision) throw futureRevision();
    if (revision > 0 && revision < this.#compacted) throw compacted();
    return revision > 0 ? revision : this.#open === undefined ? this.#revision : this.#next;
  }

  #select(range: KeyRange, revision: number): KeyValue[] {
    const found: KeyValue[] = [];
    for (let i = this.#position(range.from); i < this.#keys.length; i++) {
      const key = this.#keys[i] as string;
      if (!inRange(key, range)) break;
      const kv = this.get(key, revision);
      if (kv !== undefined) found.push(kv);
    }
    return found;
  }

  /** A key's value at a revision, now by default. */
  get(key: string, revision: number = this.#next): KeyValue | undefined {
    const versions = this.#history.get(key);
    if (versions === undefined) return undefined;
    for (let i = versions.length - 1; i >= 0; i--) {
      const version = versions[i] as KeyVersion;
      if (version.revision <= revision) return version.kv;
    }
    return undefined;
  }

  /** Where a key stands, or would. */
  #position(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Throws when a put keeps something of a key that is not there. */
  checkPresent({ key, ignoreValue, ignoreLease }: PutRequest): void {
    if ((ignoreValue || ignoreLease) && this.get(toText(key)) === undefined) throw keyNotFound();
  }

  /** Writes. Leases are not looked at. */
  put(request: PutRequest): PutResponse {
    if (request.key.length === 0) throw emptyKey();
    if (request.ignoreValue && request.value.length > 0) throw valueProvided();
    if (request.ignoreLease && request.lease !== 0n) throw leaseProvided();
    const key = toText(request.key);
    const before = this.get(key);
    this.checkPresent(request);
    if (this.#bytes + request.key.length + request.value.length > this.#quota) throw noSpace();
    const kv: KeyValue = {
      key: request.key,
      value: request.ignoreValue ? (before as KeyValue).value : request.value,
      lease: request.ignoreLease ? (before as KeyValue).lease : request.lease,
      createRevision: before?.createRevision ?? this.#next,
      modRevision: this.#next,
      version: (before?.version ?? 0) + 1,
    };
    this.#write(key, kv, before);
    return request.prevKv && before !== undefined ? { prevKv: before } : {};
  }

  /** Deletes. */
  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    if (request.key.length === 0) throw emptyKey();
    const gone = this.#select(rangeOf(request.key, request.rangeEnd), this.#next);
    this.transact(() => {
      for (const kv of gone) this.#write(toText(kv.key), undefined, kv);
    });
    return { deleted: gone.length, prevKvs: request.prevKv ? gone : [] };
  }

  #write(key: string, kv: KeyValue | undefined, before: KeyValue | undefined): void {
    this.transact(() => {
      const revision = this.#next;
      let versions = this.#history.get(key);
      if (versions === undefined) {
        this.#history.set(key, versions = []);
        this.#keys.splice(this.#position(key), 0, key);
      }
      // A transaction may delete a key and put it again: the last word counts.
      if (versions.at(-1)?.revision === revision) {
        const record = versions.pop() as HistoryRecord;
        this.#drop(record);
        this.#records.splice(this.#records.lastIndexOf(record), 1);
      }
      const record = { revision, sub: this.#open?.length ?? 0, kv, key };
      versions.push(record);
      this.#records.push(record);
      this.#bytes += costOf(record);
      this.#open?.push(eventOf(key, kv, before, revision));
    });
  }

  #drop(record: HistoryRecord): void {
    this.#bytes -= costOf(record);
  }

  /** Forgets history before a revision, which itself stays readable. */
  compact(revision: number): void {
    if (revision <= this.#compacted) throw compacted();
    if (revision > this.#revision) throw futureRevision();
    const gone = this.#outdated(revision);
    this.#journal?.compact(revision, gone);
    this.#keepHash(revision);
    this.#compacted = revision;
    this.#log = this.#log.filter((commit) => commit.revision >= revision);
    for (const record of gone) this.#drop(record);
    this.#records = this.#records.filter((record) => !gone.has(record));
    this.#keys = this.#keys.filter((key) => {
      const versions = this.#history.get(key) as HistoryRecord[];
      const left = versions.filter((version) => !gone.has(version));
      if (left.length === 0) this.#history.delete(key);
      else if (left.length < versions.length) this.#history.set(key, left);
      return left.length > 0;
    });
  }

  /** What a compaction takes away. */
  #outdated(revision: number): Set<HistoryRecord> {
    const gone = new Set<HistoryRecord>();
    for (const versions of this.#history.values()) {
      for (const version of versions.slice(0, firstKept(versions, revision))) gone.add(version);
    }
    return gone;
  }

  /** Compactions hash what they pass over, so that members can compare that later. */
  #keepHash(revision: number): void {
    const compactRevision = this.#compacted;
    const hash = hashOfHistory(this.#upTo(revision), compactRevision, { compacting: true });
    this.#hashes = [...this.#hashes, { hash, revision, compactRevision }].slice(-HASHES_MAX);
  }

  /** CRC-32C of what is kept of history up to a revision; 0 for all. That of a compaction is remembered. */
  hash(revision: number): HistoryHash {
    const known = this.#hashes.find((hash) => hash.revision === revision);
    if (known !== undefined) return known;
    const records = this.records(revision);
    const compactRevision = this.#compacted;
    const hash = hashOfHistory(records, compactRevision);
    return { hash, compactRevision, revision: revision > 0 ? revision : this.#revision };
  }

  /** The commits from a revision on, the first so many of them. Throws when some of them are gone. */
  since(revision: number, limit = Infinity): readonly Commit[] {
    if (revision < this.#compacted) throw compacted();
    let [low, high] = [0, this.#log.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as Commit).revision < revision) low = middle + 1;
      else high = middle;
    }
    return this.#log.slice(low, low + limit);
  }

  /** What is kept of history up to a revision, in the order in which it happened. */
  records(revision: number): readonly HistoryRecord[] {
    return this.#upTo(this.checkRevision(revision));
  }

  // A copy: what is made of it may take a while, such as a snapshot that a client reads slowly.
  #upTo(revision: number): readonly HistoryRecord[] {
    const end = this.#records.findLastIndex((record) => record.revision <= revision) + 1;
    return this.#records.slice(0, end);
  }
}

const NOTHING = new Uint8Array(0);

/** Throws when a range is malformed. */
export function checkRange({ key, sortOrder, sortTarget }: RangeRequest): void {
  if (key.length === 0) throw emptyKey();
  if (sortOrder < 0 || sortOrder > 2 || sortTarget < 0 || sortTarget > 4) throw invalidSortOption();
}

/** Which of a key's versions is the oldest that a compaction leaves: a deletion only at its very revision. */
function firstKept(versions: readonly KeyVersion[], revision: number): number {
  const last = versions.findLastIndex((version) => version.revision <= revision);
  const version = versions[last];
  if (version === undefined) return 0;
  return version.kv === undefined && version.revision < revision ? last + 1 : last;
}

/** What a record takes in the database, about. */
function costOf(record: HistoryRecord): number {
  return Math.ceil((ENTRY_BYTES + recordKeyBytes(record) + recordValueBytes(record)) / FILL);
}

function eventOf(
  key: string,
  kv: KeyValue | undefined,
  before: KeyValue | undefined,
  revision: number,
): KeyEvent {
  return {
    type: kv === undefined ? 1 : 0,
    kv: kv ?? tombstone(key, revision),
    ...(before === undefined ? {} : { prevKv: before }),
  };
}

function tombstone(key: string, revision: number): KeyValue {
  return {
    key: toBytes(key),
    value: NOTHING,
    createRevision: 0,
    modRevision: revision,
    version: 0,
    lease: 0n,
  };
}

const COMPARATORS: readonly ((a: KeyValue, b: KeyValue) => number)[] = [
  (a, b) => compareBytes(a.key, b.key),
  (a, b) => a.version - b.version,
  (a, b) => a.createRevision - b.createRevision,
  (a, b) => a.modRevision - b.modRevision,
  (a, b) => compareBytes(a.value, b.value),
];

function withinBounds(kv: KeyValue, request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return (minModRevision === 0 || kv.modRevision >= minModRevision) &&
    (maxModRevision === 0 || kv.modRevision <= maxModRevision) &&
    (minCreateRevision === 0 || kv.createRevision >= minCreateRevision) &&
    (maxCreateRevision === 0 || kv.createRevision <= maxCreateRevision);
}
