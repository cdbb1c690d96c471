// Items of lists that are sets or maps: what makes two of them the same, and
// which stand twice.

import { stringifyJson } from "../json.ts";
import { goJson } from "../go_text.ts";
import type { JsonObject, JsonValue } from "../object.ts";

/** Something equal for equal values: the value itself for scalars, its JSON for the rest. */
function identity(value: JsonValue | undefined): unknown {
  if (value === null || typeof value !== "object") return value;
  return `\u0000${goJson(value)}`;
}

/** For every value that stands more than once, the index of its second appearance. */
export function duplicatedItems(items: readonly (JsonValue | undefined)[]): number[] {
  if (items.length < 2) return [];
  const seen = new Map<unknown, number>();
  const doubled: number[] = [];
  for (let i = 0; i < items.length; i++) {
    const key = identity(items[i]);
    const times = seen.get(key) ?? 0;
    if (times === 1) doubled.push(i);
    seen.set(key, times + 1);
  }
  return doubled;
}

/** The members of an item that are keys. */
export function keysOf(item: JsonValue, names: readonly string[]): JsonObject {
  const keys: JsonObject = {};
  if (item === null || typeof item !== "object" || Array.isArray(item)) return keys;
  for (const name of names) {
    if (Object.hasOwn(item, name)) keys[name] = item[name];
  }
  return keys;
}

/** Something equal for items with the same keys; `undefined` unless all are there and scalars. */
function compositeKey(item: JsonValue, names: readonly string[]): string | undefined {
  if (item === null || typeof item !== "object" || Array.isArray(item)) return undefined;
  const keys = names.map((name) => Object.hasOwn(item, name) ? item[name] : undefined);
  if (keys.some((key) => key === undefined || key === null || typeof key === "object")) {
    return undefined;
  }
  return stringifyJson(keys);
}

/** Finds the item of a list that has the same keys as another. */
export function itemFinder(
  list: readonly JsonValue[],
  names: readonly string[],
): (item: JsonValue) => JsonValue | undefined {
  const byKey = new Map<string, JsonValue>();
  for (const item of list) {
    const key = compositeKey(item, names);
    if (key !== undefined && !byKey.has(key)) byKey.set(key, item);
  }
  return (item) => {
    const key = compositeKey(item, names);
    return key === undefined ? undefined : byKey.get(key);
  };
}
