// A set of keys that is made of ranges: ranges come in, and whether a key is
// in one of them is found without looking at them all.

import type { KeyRange } from "./bytes.ts";

/** Ranges of keys. */
export class KeyRanges {
  /** In order, and apart from each other. */
  #ranges: KeyRange[] = [];

  /** The ranges in order, those that touch as one. */
  get ranges(): readonly KeyRange[] {
    return this.#ranges;
  }

  /** Adds ranges; empty ones count for nothing. */
  add(ranges: readonly KeyRange[]): void {
    if (ranges.length === 0) return;
    const merged: KeyRange[] = [];
    // What is in order already is no work to sort.
    for (const range of [...this.#ranges, ...ranges].sort(byBeginning)) {
      if (range.to !== undefined && range.to <= range.from) continue;
      const last = merged.at(-1);
      if (last === undefined || last.to !== undefined && last.to < range.from) merged.push(range);
      else merged[merged.length - 1] = { from: last.from, ...later(last, range) };
    }
    this.#ranges = merged;
  }

  /** Whether a key is in one of them. */
  has(key: string): boolean {
    let [low, high] = [0, this.#ranges.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as KeyRange).from <= key) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low - 1];
    return range !== undefined && (range.to === undefined || key < range.to);
  }
}

function byBeginning(a: KeyRange, b: KeyRange): number {
  return a.from < b.from ? -1 : a.from > b.from ? 1 : 0;
}

/** The later of two ends. */
function later(a: KeyRange, b: KeyRange): { to?: string } {
  if (a.to === undefined || b.to === undefined) return {};
  return { to: a.to > b.to ? a.to : b.to };
}
