// The difference of two Go values as errors about immutable specs show it: a
// unified diff of their indented JSON. Source: k8s.io/apimachinery util/diff
// over github.com/pmezard/go-difflib, which follows Python's difflib; its
// choice of what matches, with popular lines left out of long texts, decides
// how hunks come out and is kept.

import { stringifyJson } from "../../runtime/json.ts";

const CONTEXT = 3;
const POPULAR_LINES_MIN = 200;

type OpCode = readonly [tag: "=" | "-" | "+" | "~", i1: number, i2: number, j1: number, j2: number];

/** A unified diff without file names. */
export function structDiff(old: unknown, changed: unknown): string {
  const a = `${stringifyJson(old, 1)}\n`.split(/(?<=\n)/);
  const b = `${stringifyJson(changed, 1)}\n`.split(/(?<=\n)/);
  return groups(opCodes(a, b)).map((group) => hunk(group, a, b)).join("");
}

function range(start: number, stop: number): string {
  const length = stop - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
}

function hunk(group: readonly OpCode[], a: readonly string[], b: readonly string[]): string {
  const first = group[0] as OpCode;
  const last = group[group.length - 1] as OpCode;
  let text = `@@ -${range(first[1], last[2])} +${range(first[3], last[4])} @@\n`;
  for (const [tag, i1, i2, j1, j2] of group) {
    if (tag === "=") {
      for (const line of a.slice(i1, i2)) text += ` ${line}`;
      continue;
    }
    if (tag !== "+") { for (const line of a.slice(i1, i2)) text += `-${line}`; }
    if (tag !== "-") { for (const line of b.slice(j1, j2)) text += `+${line}`; }
  }
  return text;
}

/** Where each line of `b` stands, without lines so common that they would match anywhere. */
function indexLines(b: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  b.forEach((line, j) => {
    const known = places.get(line);
    if (known === undefined) places.set(line, [j]);
    else known.push(j);
  });
  if (b.length >= POPULAR_LINES_MIN) {
    const most = Math.floor(b.length / 100) + 1;
    for (const [line, where] of places) if (where.length > most) places.delete(line);
  }
  return places;
}

type Match = readonly [i: number, j: number, size: number];

function longestMatch(
  a: readonly string[],
  b: readonly string[],
  places: ReadonlyMap<string, readonly number[]>,
  [alo, ahi, blo, bhi]: readonly [number, number, number, number],
): Match {
  let besti = alo;
  let bestj = blo;
  let size = 0;
  let lengths = new Map<number, number>();
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>();
    for (const j of places.get(a[i] as string) ?? []) {
      if (j < blo) continue;
      if (j >= bhi) break;
      const k = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, k);
      if (k > size) [besti, bestj, size] = [i - k + 1, j - k + 1, k];
    }
    lengths = next;
  }
  while (besti > alo && bestj > blo && a[besti - 1] === b[bestj - 1]) {
    [besti, bestj, size] = [besti - 1, bestj - 1, size + 1];
  }
  while (besti + size < ahi && bestj + size < bhi && a[besti + size] === b[bestj + size]) size++;
  return [besti, bestj, size];
}

function matches(a: readonly string[], b: readonly string[]): Match[] {
  const places = indexLines(b);
  const found: Match[] = [];
  const queue: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [alo, ahi, blo, bhi] = next;
    const match = longestMatch(a, b, places, next);
    const [i, j, size] = match;
    if (size === 0) continue;
    found.push(match);
    if (alo < i && blo < j) queue.push([alo, i, blo, j]);
    if (i + size < ahi && j + size < bhi) queue.push([i + size, ahi, j + size, bhi]);
  }
  found.sort((x, y) => x[0] - y[0] || x[1] - y[1]);
  return [...found, [a.length, b.length, 0]];
}

function opCodes(a: readonly string[], b: readonly string[]): OpCode[] {
  const codes: OpCode[] = [];
  let i = 0;
  let j = 0;
  for (const [ai, bj, size] of matches(a, b)) {
    if (i < ai || j < bj) codes.push([i < ai ? (j < bj ? "~" : "-") : "+", i, ai, j, bj]);
    if (size > 0) {
      const before = codes[codes.length - 1];
      // Adjacent matches are one.
      if (before?.[0] === "=") {
        codes[codes.length - 1] = ["=", before[1], ai + size, before[3], bj + size];
      } else codes.push(["=", ai, ai + size, bj, bj + size]);
    }
    [i, j] = [ai + size, bj + size];
  }
  return codes;
}

/** The changes with a few lines around them; far ones apart. */
function groups(codes: readonly OpCode[]): OpCode[][] {
  const result: OpCode[][] = [];
  let group: OpCode[] = [];
  codes.forEach(([tag, i1, i2, j1, j2], at) => {
    if (tag !== "=") {
      group.push([tag, i1, i2, j1, j2]);
      return;
    }
    const lastOne = at === codes.length - 1;
    if (at > 0) group.push([tag, i1, Math.min(i2, i1 + CONTEXT), j1, Math.min(j2, j1 + CONTEXT)]);
    if (i2 - i1 > 2 * CONTEXT || at === 0) {
      if (group.length > 0) result.push(group);
      group = lastOne
        ? []
        : [[tag, Math.max(i1, i2 - CONTEXT), i2, Math.max(j1, j2 - CONTEXT), j2]];
    } else if (at > 0 && !lastOne) {
      group[group.length - 1] = [tag, i1, i2, j1, j2];
    }
  });
  if (group.some(([tag]) => tag !== "=")) result.push(group);
  return result;
}
