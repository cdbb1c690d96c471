// The lists of a strategic merge: merged by key or as sets of scalars, then
// put in an order that respects the patch's list, the $setElementOrder list
// and, for what only the server has, the server's.
// Source: k8s.io/apimachinery util/strategicpatch, mergeSlice and below.

import { isObject, type JsonObject, type JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { getMember } from "./_member.ts";
import {
  badArgument,
  badOrderFormat,
  badPatchType,
  listOfLists,
  noMergeKey,
  unexpected,
} from "./_merge_errors.ts";
import type { ListLookup } from "./_patch_lookup.ts";
import { goType, printGoValue } from "./go_value.ts";
import { mergeMap } from "./strategic_merge_patch.ts";

/** Merges a list of the patch, which is consumed, into a copy of `original`; or takes its scalars away. */
export function mergeList(
  original: JsonValue[],
  patch: JsonValue[],
  items: SchemaNode,
  mergeKey: string,
  remove = false,
): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (!areObjects(original, patch)) {
    if (remove) {
      const gone = new Set(patch);
      return original.filter((item) => !gone.has(item));
    }
    const merged = [...new Set([...original, ...patch])];
    return normalizeOrder(merged, patch, original, "", false);
  }
  if (mergeKey === "") {
    throw unexpected(
      `cannot merge lists without merge key for ${typeName(items)}`,
    );
  }
  const special = applyDirectives(
    original as JsonObject[],
    patch as JsonObject[],
    mergeKey,
  );
  const merged = mergeObjects(special.original, special.patch, items, mergeKey);
  return normalizeOrder(
    merged,
    special.patch,
    special.original,
    mergeKey,
    true,
  );
}

/**
 * The list that `$setElementOrder` asks for, merged with the patch's changes
 * to it; `undefined` when there is nothing to put in order.
 */
export function orderList(
  current: JsonValue[] | undefined,
  changes: JsonValue[] | undefined,
  order: JsonValue[],
  list: ListLookup,
  removeDirectives: (value: JsonValue) => JsonValue | undefined,
): JsonValue[] | undefined {
  checkOrder(changes ?? [], order, list.mergeKey);
  let merged: JsonValue[];
  if (current === undefined) {
    if (changes === undefined) return undefined;
    merged = removeDirectives(changes) as JsonValue[];
  } else if (changes === undefined) merged = current;
  else {
    merged = list.merge ? mergeList(current, changes, list.items, list.mergeKey) : changes;
  }
  const objects = areObjects(current ?? [], changes ?? []);
  return normalizeOrder(merged, order, current ?? [], list.mergeKey, objects);
}

function typeName(node: SchemaNode): string {
  const name = node.component ?? node.goType ?? "";
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Whether the items are objects. They must all be of one type. */
function areObjects(original: JsonValue[], patch: JsonValue[]): boolean {
  let type: string | undefined;
  for (const list of [original, patch]) {
    for (const item of list) {
      const current = goType(item);
      if (type === undefined) {
        type = current;
        if (Array.isArray(item)) throw listOfLists();
      } else if (type !== current) {
        throw unexpected(
          `list element types are not identical: ${printGoValue([original, patch])}`,
        );
      }
    }
  }
  if (type === undefined) {
    throw unexpected("no elements in any of the given slices");
  }
  return type === "map[string]interface {}";
}

/** Carries out the items with `$patch` and gives back what is to be merged then. */
function applyDirectives(
  original: JsonObject[],
  patch: JsonObject[],
  mergeKey: string,
): { original: JsonObject[]; patch: JsonObject[] } {
  const plain: JsonObject[] = [];
  let replace = false;
  for (const item of patch) {
    const directive = getMember(item, "$patch");
    if (directive === undefined) plain.push(item);
    else if (directive === "replace") replace = true;
    else if (directive === "delete") {
      const value = getMember(item, mergeKey);
      if (value === undefined) throw noMergeKey(item, mergeKey);
      original = original.filter((other) => getMember(other, mergeKey) !== value);
    } else if (directive === "merge") {
      throw unexpected("merging lists cannot yet be specified in the patch");
    } else throw badPatchType(directive, item);
  }
  return replace ? { original: plain, patch: [] } : { original, patch: plain };
}

function mergeObjects(
  original: JsonObject[],
  patch: JsonObject[],
  items: SchemaNode,
  mergeKey: string,
): JsonObject[] {
  const merged = original.slice();
  // The first item of a key is the one that is merged into.
  const places = new Map<JsonValue, number>();
  for (let i = merged.length - 1; i >= 0; i--) {
    const value = getMember(merged[i]!, mergeKey);
    if (value !== undefined) places.set(value, i);
  }
  for (const item of patch) {
    const value = getMember(item, mergeKey);
    if (value === undefined) throw noMergeKey(item, mergeKey);
    const place = places.get(value);
    if (place === undefined) {
      places.set(value, merged.length);
      merged.push(item);
    } else merged[place] = mergeMap(merged[place]!, item, items);
  }
  return merged;
}

/** The patch's items must come in the order that `$setElementOrder` names. */
function checkOrder(
  patch: JsonValue[],
  order: JsonValue[],
  mergeKey: string,
): void {
  if (order.length === 0 || patch.length === 0) return;
  const kept = mergeKey === "" ? patch : patch.filter((item) => {
    if (!isObject(item)) throw badArgument("map[string]interface {}", item);
    return getMember(item, "$patch") !== "delete";
  });
  let at = 0;
  let next = 0;
  while (at < kept.length && next < order.length) {
    const item = kept[at]!;
    if (isObject(item) && Object.hasOwn(item, "$patch")) {
      at++;
      continue;
    }
    if (keyOf(item, mergeKey) === keyOf(order[next]!, mergeKey)) at++;
    next++;
  }
  if (at < kept.length && next >= order.length) {
    throw unexpected(
      `The order in patch list:\n${printGoValue(patch)}\n doesn't match $setElementOrder list:\n${
        printGoValue(order)
      }\n`,
    );
  }
}

/** What an item is known by in its list. */
function keyOf(item: JsonValue, mergeKey: string): JsonValue {
  if (mergeKey === "") return item;
  if (!isObject(item)) throw badArgument("map[string]interface {}", item);
  const value = getMember(item, mergeKey);
  if (value === undefined) throw noMergeKey(item, mergeKey);
  return value;
}

/** Where each key stands first. */
function placesOf(
  list: readonly JsonValue[],
  mergeKey: string,
): Map<JsonValue, number> {
  const places = new Map<JsonValue, number>();
  list.forEach((item, i) => {
    const key = keyOf(item, mergeKey);
    if (!places.has(key)) places.set(key, i);
  });
  return places;
}

/** Items of the patch in its order, the server's own in theirs, woven so that neither order is broken. */
function normalizeOrder(
  merged: JsonValue[],
  patchOrder: readonly JsonValue[],
  serverOrder: readonly JsonValue[],
  mergeKey: string,
  objects: boolean,
): JsonValue[] {
  if (objects && mergeKey === "") throw badOrderFormat();
  const inPatch = placesOf(patchOrder, mergeKey);
  const onServer = placesOf(serverOrder, mergeKey);
  const key = (item: JsonValue) => keyOf(item, mergeKey);
  const patchItems = sortByPlace(
    merged.filter((item) => inPatch.has(key(item))),
    inPatch,
    key,
  );
  const serverOnly = sortByPlace(
    merged.filter((item) => !inPatch.has(key(item))),
    onServer,
    key,
  );
  const woven: JsonValue[] = [];
  let left = 0;
  let right = 0;
  while (left < serverOnly.length && right < patchItems.length) {
    const serverPlace = onServer.get(key(serverOnly[left]!)) ?? -1;
    const patchPlace = onServer.get(key(patchItems[right]!)) ?? -1;
    if (serverPlace >= 0 && patchPlace >= 0 && serverPlace < patchPlace) {
      woven.push(serverOnly[left++]!);
    } else woven.push(patchItems[right++]!);
  }
  return woven.concat(serverOnly.slice(left), patchItems.slice(right));
}

function sortByPlace(
  items: JsonValue[],
  places: ReadonlyMap<JsonValue, number>,
  key: (item: JsonValue) => JsonValue,
): JsonValue[] {
  const end = places.size;
  return items.sort((a, b) => (places.get(key(a)) ?? end) - (places.get(key(b)) ?? end));
}
