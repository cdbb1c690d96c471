/**
 * Paths into JSON: `a.b`, `a["dotted.key"]`, `a[0]`, `a[*]` (every element or member),
 * `a[name=x]` (elements whose `name` is `x`).
 */

import { isObject, type Json } from "./types.ts";

type Segment =
  | { kind: "key"; key: string }
  | { kind: "index"; index: number }
  | { kind: "all" }
  | { kind: "match"; key: string; value: string };

const TOKEN = /\.?([^.[\]]+)|\["([^"]*)"\]|\[(\d+)\]|\[(\*)\]|\[([^=\]]+)=([^\]]*)\]/gy;

export function parsePath(path: string): Segment[] {
  const segments: Segment[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < path.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(path);
    if (token === null) throw new Error(`bad path ${path} at ${at}`);
    const [, plain, quoted, index, all, key, value] = token;
    if (plain !== undefined) segments.push({ kind: "key", key: plain });
    else if (quoted !== undefined) segments.push({ kind: "key", key: quoted });
    else if (index !== undefined) segments.push({ kind: "index", index: Number(index) });
    else if (all !== undefined) segments.push({ kind: "all" });
    else segments.push({ kind: "match", key: key!, value: value! });
  }
  return segments;
}

/** The keys of `holder` that a segment selects. */
function select(holder: Json, segment: Segment): (string | number)[] {
  if (Array.isArray(holder)) {
    switch (segment.kind) {
      case "index":
        return segment.index < holder.length ? [segment.index] : [];
      case "all":
        return holder.map((_, i) => i);
      case "match":
        return holder.flatMap((e, i) => isObject(e) && String(e[segment.key]) === segment.value ? [i] : []);
      case "key":
        return [];
    }
  }
  if (!isObject(holder)) return [];
  if (segment.kind === "all") return Object.keys(holder);
  return segment.kind === "key" && segment.key in holder ? [segment.key] : [];
}

function child(holder: Json, key: string | number): Json | undefined {
  if (Array.isArray(holder)) return holder[Number(key)];
  return isObject(holder) ? holder[String(key)] : undefined;
}

/** Every value at a path. */
export function getAll(root: Json, path: string): Json[] {
  let here: Json[] = [root];
  for (const segment of parsePath(path)) {
    here = here.flatMap((h) => select(h, segment).map((k) => child(h, k) ?? null));
  }
  return here;
}

/** The first value at a path. */
export function get(root: Json, path: string): Json | undefined {
  return getAll(root, path)[0];
}

/** Removes every value at a path, in place. */
export function remove(root: Json, path: string): void {
  const segments = parsePath(path);
  const last = segments.pop();
  if (last === undefined) return;
  let holders: Json[] = [root];
  for (const segment of segments) {
    // Wrapped, because a child may itself be a list, which flatMap would take apart.
    holders = holders.flatMap((h) => select(h, segment).flatMap((k) => [child(h, k)].filter((c) => c !== undefined)));
  }
  for (const holder of holders) {
    for (const key of select(holder, last).reverse()) {
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (isObject(holder)) delete holder[String(key)];
    }
  }
}
