// sprig's functions on maps. Source: sprig's documentation, "Dictionaries and
// Dict Functions". Names come in order, where Go gives them in none.

import { textOf } from "./format.ts";
import { fixed, type Functions, variadic } from "./function.ts";
import { Walk } from "./limits.ts";
import { isEmpty, withMust } from "./lists.ts";
import { CallError, GoList, GoMap, sortedNames, strings, typeOf, type Value } from "./values.ts";

const MAP = "map[string]interface {}";

function dict(values: readonly Value[]): GoMap {
  const entries = new Map<string, Value>();
  for (let i = 0; i < values.length; i += 2) {
    entries.set(textOf(values[i] ?? null), i + 1 < values.length ? values[i + 1] ?? null : "");
  }
  return new GoMap(entries);
}

/** Fills in what is not set; overwriting, sets all that the source has set. */
function merge(into: GoMap, from: GoMap, overwrites: boolean, walk: Walk, depth: number): void {
  walk.enter(depth);
  for (const [name, value] of from.entries) {
    walk.enter(depth);
    const present = into.entries.get(name);
    if (present instanceof GoMap && value instanceof GoMap) {
      merge(present, value, overwrites, walk, depth + 1);
    } else if (!into.entries.has(name) || (present !== undefined && isEmpty(present))) {
      if (!into.entries.has(name) || !isEmpty(value)) into.entries.set(name, value);
    } else if (overwrites && !isEmpty(value)) {
      into.entries.set(name, value);
    }
  }
}

function mergeAll(into: GoMap, sources: readonly GoMap[], overwrites: boolean): GoMap {
  const walk = new Walk();
  if (into.isNil) requireWritable(into);
  for (const source of sources) merge(into, source, overwrites, walk, 0);
  return into;
}

function requireWritable(map: GoMap): void {
  if (map.isNil) throw new CallError("assignment to entry in nil map");
}

function copy(value: Value, walk: Walk, depth: number): Value {
  walk.enter(depth);
  if (value instanceof GoList) {
    const items = value.items.map((item) => copy(item, walk, depth + 1));
    return new GoList(items, value.element, value.isNil);
  }
  if (!(value instanceof GoMap)) return value;
  const entries = [...value.entries].map(([name, member]) =>
    [name, copy(member, walk, depth + 1)] as const
  );
  return new GoMap(new Map(entries), value.element, value.isNil);
}

function requireType(value: Value, type: string): void {
  if (typeOf(value) === type) return;
  const actual = value === null ? "nil" : typeOf(value);
  throw new CallError(`interface conversion: interface {} is ${actual}, not ${type}`);
}

function dig(values: readonly Value[]): Value {
  if (values.length < 3) throw new CallError("dig needs at least three arguments");
  const names = values.slice(0, -2);
  let value = values.at(-1) ?? null;
  requireType(value, MAP);
  for (const name of names) requireType(name, "string");
  for (const name of names) {
    requireType(value, MAP);
    const next = (value as GoMap).entries.get(name as string);
    if (next === undefined) return values.at(-2) ?? null;
    value = next;
  }
  return value;
}

function filtered(map: GoMap, keeps: (name: string) => boolean): GoMap {
  return new GoMap(new Map([...map.entries].filter(([name]) => keeps(name))));
}

/** The functions. */
export const MAP_FUNCTIONS: Functions = {
  dict: variadic([], "interface {}", (...values) => dict(values)),
  get: fixed([MAP, "string"], (map, name) => {
    const value = map.entries.get(name);
    return value === undefined ? "" : value;
  }),
  set: fixed([MAP, "string", "interface {}"], (map, name, value) => {
    requireWritable(map);
    map.entries.set(name, value);
    return map;
  }),
  unset: fixed([MAP, "string"], (map, name) => {
    map.entries.delete(name);
    return map;
  }),
  hasKey: fixed([MAP, "string"], (map, name) => map.entries.has(name)),
  pluck: variadic(["string"], MAP, (name, ...maps) => {
    const found = maps.filter(({ entries }) => entries.has(name));
    return new GoList(found.map(({ entries }) => entries.get(name) ?? null));
  }),
  keys: variadic([], MAP, (...maps) => strings(maps.flatMap(sortedNames))),
  values: fixed(
    [MAP],
    (map) => new GoList(sortedNames(map).map((name) => map.entries.get(name) ?? null)),
  ),
  pick: variadic([MAP], "string", (map, ...names) => filtered(map, (one) => names.includes(one))),
  omit: variadic([MAP], "string", (map, ...names) => filtered(map, (one) => !names.includes(one))),
  dig: variadic([], "interface {}", (...values) => dig(values)),
  ...withMust({
    merge: variadic([MAP], MAP, (into, ...sources) => mergeAll(into, sources, false)),
    mergeOverwrite: variadic([MAP], MAP, (into, ...sources) => mergeAll(into, sources, true)),
    deepCopy: fixed(["interface {}"], (value) => copy(value, new Walk(), 0)),
  }),
};
