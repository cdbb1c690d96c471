// Lists, now and in the past. The past is the present with the events since
// then undone, so that it needs no copies of its own.

import type { Entry, Page, Range } from "./types.ts";
import { lowerBound, mergeKeys, type Shelf } from "./_shelf.ts";

/** A page of `shelf` as it was at `revision`. */
export function listPage(
  shelf: Shelf | undefined,
  revision: number,
  range: Range,
): Page {
  if (shelf === undefined) return { entries: [], revision, remaining: 0 };
  const undone = shelf.log.hasAfter(revision) ? undo(shelf, revision) : undefined;
  const keys = undone === undefined ? shelf.keys() : keysThen(shelf, undone);
  const [start, end] = bounds(keys, range);
  const limit = range.limit !== undefined && range.limit > 0 ? range.limit : Infinity;
  const { filter } = range;
  const entries: Entry[] = [];
  let at = start;
  for (; at < end && entries.length < limit; at++) {
    const key = keys[at]!;
    const entry = undone?.has(key) ? undone.get(key)! : shelf.entries.get(key)!;
    if (filter === undefined || filter(entry)) entries.push(entry);
  }
  const last = entries[entries.length - 1];
  if (at >= end || last === undefined) {
    return { entries, revision, remaining: 0 };
  }
  return { entries, revision, next: last.key, remaining: end - at };
}

/** What objects that have changed since then were; `undefined` for those that did not exist. */
function undo(shelf: Shelf, revision: number): Map<string, Entry | undefined> {
  const then = new Map<string, Entry | undefined>();
  for (const { entry, previous } of shelf.log.after(revision, Infinity)) {
    if (!then.has(entry.key)) then.set(entry.key, previous);
  }
  return then;
}

function keysThen(
  shelf: Shelf,
  undone: ReadonlyMap<string, Entry | undefined>,
): readonly string[] {
  const gone: string[] = [];
  let added = false;
  for (const [key, entry] of undone) {
    if (entry === undefined) added = true;
    else if (!shelf.entries.has(key)) gone.push(key);
  }
  let keys: readonly string[] = shelf.keys();
  if (added) {
    keys = keys.filter((key) => !undone.has(key) || undone.get(key) !== undefined);
  }
  return gone.length === 0 ? keys : mergeKeys(keys, gone.sort());
}

/** Which of the ordered keys are in range: from the first index up to, without, the second. */
function bounds(keys: readonly string[], range: Range): [number, number] {
  let start = 0;
  let end = keys.length;
  if (range.namespace !== undefined && range.namespace !== "") {
    start = lowerBound(keys, `${range.namespace}/`);
    // "0" is the character after "/".
    end = lowerBound(keys, `${range.namespace}0`);
  }
  if (range.after !== undefined) {
    start = Math.max(start, lowerBound(keys, `${range.after}\0`));
  }
  return [start, Math.max(start, end)];
}
