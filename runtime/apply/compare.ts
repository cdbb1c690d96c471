// Which fields were added, changed and removed between two versions of an
// object, as server-side apply sees fields. Subtrees that are the same object
// on both sides are not looked into. Fields that nobody can own (name, uid,
// resourceVersion …) are left out. Source: structured-merge-diff typed/compare.go
// and apimachinery managedfields/internal/stripmeta.go.

import { equal, type JsonObject, type JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { isOpen, itemNode, memberNode, type Shape, shapeOf } from "./_shape.ts";
import { EMPTY, type FieldSet, LEAF, recursiveDifference, SELF } from "./field_set.ts";
import { itemElement } from "./path_element.ts";

/** What a change touched. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** While comparing: what was found at or below one place, in child form; absent when nothing. */
interface Found {
  added?: FieldSet;
  modified?: FieldSet;
  removed?: FieldSet;
}

const UNOWNED_METADATA: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "clusterName",
  "generation",
  "managedFields",
  "resourceVersion",
]);

/** Whether nothing was touched. */
export function isSame({ added, modified, removed }: Comparison): boolean {
  return added === EMPTY && modified === EMPTY && removed === EMPTY;
}

/**
 * Compares two objects of a kind.
 *
 * @param reset fields that the endpoint does not let its clients own
 */
export function compareObjects(
  node: SchemaNode,
  before: JsonObject,
  after: JsonObject,
  reset?: FieldSet,
): Comparison {
  const found: Found = {};
  for (const name of namesOf(before, after)) {
    if (name === "apiVersion" || name === "kind") continue;
    const inner = name === "metadata"
      ? compareMetadata(memberNode(node, name), before[name], after[name])
      : compareValues(memberNode(node, name), before[name], after[name]);
    if (inner !== undefined) attach(found, `f:${name}`, inner);
  }
  return {
    added: without(found.added, reset),
    modified: without(found.modified, reset),
    removed: without(found.removed, reset),
  };
}

function without(set: FieldSet | undefined, reset: FieldSet | undefined): FieldSet {
  if (set === undefined) return EMPTY;
  const left = reset === undefined ? set : recursiveDifference(set, reset);
  for (const _ in left) return left;
  return EMPTY;
}

function compareMetadata(
  node: SchemaNode,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Found | undefined {
  if (before === after) return undefined;
  const found: Found = {};
  const left = asMap(before) ?? {};
  const right = asMap(after) ?? {};
  for (const name of namesOf(left, right)) {
    if (UNOWNED_METADATA.has(name)) continue;
    const inner = compareValues(memberNode(node, name), left[name], right[name]);
    if (inner !== undefined) attach(found, `f:${name}`, inner);
  }
  return found;
}

/** Hangs what was found below an element into what was found above it. */
function attach(found: Found, element: string, inner: Found): void {
  if (inner.added !== undefined) (found.added ??= {})[element] = inner.added;
  if (inner.modified !== undefined) (found.modified ??= {})[element] = inner.modified;
  if (inner.removed !== undefined) (found.removed ??= {})[element] = inner.removed;
}

function asMap(value: JsonValue | undefined): JsonObject | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
}

function asList(value: JsonValue | undefined): JsonValue[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** The member names of both, those of `before` first. */
function namesOf(before: JsonObject | undefined, after: JsonObject | undefined): string[] {
  if (before === undefined) return after === undefined ? [] : Object.keys(after);
  const names = Object.keys(before);
  if (after !== undefined) {
    for (const name of Object.keys(after)) if (!Object.hasOwn(before, name)) names.push(name);
  }
  return names;
}

function compareLeaf(before: JsonValue, after: JsonValue): Found | undefined {
  return equal(before, after) ? undefined : { modified: LEAF };
}

/** `undefined` stands for a value that is not there. */
function compareValues(
  node: SchemaNode,
  before: JsonValue | undefined,
  after: JsonValue | undefined,
): Found | undefined {
  if (before === undefined) return after === undefined ? undefined : { added: owned(node, after) };
  if (after === undefined) return { removed: owned(node, before) };
  // Most of an object stays as it is: that is found out faster than fields are named.
  if (equal(before, after)) return undefined;
  if (!isOpen(node)) return compareShape(node, shapeOf(node, after), before, after);
  const left = shapeOf(node, before);
  const right = shapeOf(node, after);
  if (left === right) return compareShape(node, right, before, after);
  // One value became another of a different shape: a change of it and of all that it holds.
  const found: Found = {};
  for (const shape of [left, right]) {
    const inner = compareShape(node, shape, before, after);
    if (inner?.added !== undefined) found.added = inner.added;
    if (inner?.removed !== undefined) found.removed = inner.removed;
    if (inner?.modified !== undefined) found.modified = inner.modified;
  }
  return found;
}

/** All fields of a value that is there on one side only. */
function owned(node: SchemaNode, value: JsonValue): FieldSet {
  if (value === null || typeof value !== "object") return LEAF;
  const shape = shapeOf(node, value);
  if (Array.isArray(value)) {
    return shape === "list" && value.length > 0 ? ownedItems(node, value) : LEAF;
  }
  if (shape !== "map") return LEAF;
  let set: FieldSet | undefined;
  for (const name in value) {
    const member = value[name];
    if (member === undefined) continue;
    set ??= { [SELF]: LEAF };
    set[`f:${name}`] = owned(memberNode(node, name), member);
  }
  return set ?? LEAF;
}

/** An item that nothing tells from the others: fields of the object cannot be tracked. */
export class UntrackableError extends Error {}

function knownElement(list: SchemaNode, item: JsonValue): string {
  const element = itemElement(list, item);
  if (typeof element === "string") return element;
  throw new UntrackableError(element.error);
}

function ownedItems(node: SchemaNode, list: readonly JsonValue[]): FieldSet {
  const set: FieldSet = { [SELF]: LEAF };
  const items = itemNode(node);
  for (const item of list) {
    const element = knownElement(node, item);
    // Items of one element are known together only.
    set[element] = set[element] === undefined ? owned(items, item) : LEAF;
  }
  return set;
}

function compareShape(
  node: SchemaNode,
  shape: Shape,
  before: JsonValue,
  after: JsonValue,
): Found | undefined {
  if (shape === "map") return compareMaps(node, before, after);
  if (shape === "list") return compareLists(node, before, after);
  return compareLeaf(before, after);
}

function compareMaps(
  node: SchemaNode,
  before: JsonValue,
  after: JsonValue,
): Found | undefined {
  const names = namesOf(asMap(before), asMap(after));
  if (names.length === 0) return compareLeaf(before, after);
  const left = asMap(before) ?? {};
  const right = asMap(after) ?? {};
  const found: Found = {};
  for (const name of names) {
    const inner = compareValues(
      memberNode(node, name),
      Object.hasOwn(left, name) ? left[name] : undefined,
      Object.hasOwn(right, name) ? right[name] : undefined,
    );
    if (inner !== undefined) attach(found, `f:${name}`, inner);
  }
  return someFound(found);
}

function someFound(found: Found): Found | undefined {
  return found.added === undefined && found.modified === undefined && found.removed === undefined
    ? undefined
    : found;
}

/** A list's items by element. More than one item of an element is a mistake that old objects may hold. */
function indexItems(node: SchemaNode, list: readonly JsonValue[]): Map<string, JsonValue[]> {
  const items = new Map<string, JsonValue[]>();
  for (const item of list) {
    const element = knownElement(node, item);
    const others = items.get(element);
    if (others === undefined) items.set(element, [item]);
    else others.push(item);
  }
  return items;
}

function compareLists(
  node: SchemaNode,
  before: JsonValue,
  after: JsonValue,
): Found | undefined {
  const left = asList(before) ?? [];
  const right = asList(after) ?? [];
  if (left.length === 0 && right.length === 0) return compareLeaf(before, after);
  const found: Found = {};
  const leftItems = indexItems(node, left);
  const rightItems = indexItems(node, right);
  for (const [element, items] of leftItems) {
    const inner = compareItems(node, items, rightItems.get(element) ?? []);
    if (inner !== undefined) attach(found, element, inner);
  }
  for (const [element, items] of rightItems) {
    if (leftItems.has(element)) continue;
    const inner = compareItems(node, [], items);
    if (inner !== undefined) attach(found, element, inner);
  }
  return someFound(found);
}

function compareItems(
  node: SchemaNode,
  left: readonly JsonValue[],
  right: readonly JsonValue[],
): Found | undefined {
  if (left.length <= 1 && right.length <= 1) {
    return compareValues(itemNode(node), left[0], right[0]);
  }
  if (left.length >= 2 && right.length >= 2) {
    return equal(left, right) ? undefined : { modified: LEAF };
  }
  // Several became one, or one several: those are known together, the one by its fields.
  if (left.length >= 2) {
    const inner = right.length === 0 ? {} : compareValues(itemNode(node), undefined, right[0]);
    return { ...inner, removed: LEAF };
  }
  const inner = left.length === 0 ? {} : compareValues(itemNode(node), left[0], undefined);
  return { ...inner, added: LEAF };
}
