// The objects of one storage: a map by key, the keys in order, and the
// storage's own events. Keys order as etcd's do (by bytes; names are ASCII).
// A shelf of a frozen base is shared by all clusters on it until one writes.

import type { Entry } from "./types.ts";
import { EventLog } from "./_event_log.ts";

/** Beyond so many new keys a merge is cheaper than single insertions. */
const SINGLE_INSERTIONS_MAX = 16;

/** One storage's objects. */
export class Shelf {
  readonly entries: Map<string, Entry>;
  readonly log: EventLog;
  /** The revision of the newest event that is no longer in `log`. */
  lost: number;
  /** Several stores hold this shelf: nobody may write to it. */
  shared = false;
  /** Ordered, but for the keys in `#added`. */
  #keys: string[];
  #added: string[] = [];

  constructor(from?: Shelf) {
    this.entries = new Map(from?.entries);
    this.log = from?.log.copy() ?? new EventLog();
    this.lost = from?.lost ?? 0;
    this.#keys = from === undefined ? [] : from.keys().slice();
  }

  set(key: string, entry: Entry): void {
    if (!this.entries.has(key)) this.#added.push(key);
    this.entries.set(key, entry);
  }

  delete(key: string): void {
    if (!this.entries.delete(key)) return;
    const keys = this.keys();
    keys.splice(lowerBound(keys, key), 1);
  }

  /** All keys in order. The array must not be changed and is good until the next write. */
  keys(): string[] {
    if (this.#added.length === 0) return this.#keys;
    const added = this.#added;
    this.#added = [];
    if (added.length <= SINGLE_INSERTIONS_MAX) {
      for (const key of added) {
        this.#keys.splice(lowerBound(this.#keys, key), 0, key);
      }
    } else this.#keys = mergeKeys(this.#keys, added.sort(compareKeys));
    return this.#keys;
  }
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Merges two ordered lists without common members. */
export function mergeKeys(
  a: readonly string[],
  b: readonly string[],
): string[] {
  const merged = new Array<string>(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < merged.length; at++) {
    merged[at] = j >= b.length || (i < a.length && a[i]! < b[j]!) ? a[i++]! : b[j++]!;
  }
  return merged;
}

/** The index of the first key that is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  // Names often grow (web-1, web-2…): the end is the likeliest place.
  if (high > 0 && keys[high - 1]! < key) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
