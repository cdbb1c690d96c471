// An applied configuration merged into the live object, as the schema says:
// maps member by member, keyed lists item by item in an order that respects
// both, everything else replaced. Source: structured-merge-diff
// typed/merge.go with its rule to keep the right-hand side.

import type { JsonObject, JsonValue } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { StatusError } from "../status.ts";
import { isOpen, itemNode, memberNode, shapeOf } from "./_shape.ts";
import { itemElement, printElement } from "./path_element.ts";

/** The live object with the configuration merged in. Neither is changed; parts are shared. */
export function mergeTyped<T extends JsonObject>(node: SchemaNode, live: T, config: JsonObject): T {
  return mergeMaps(node, live, config) as T;
}

function mergeValues(node: SchemaNode, live: JsonValue | undefined, config: JsonValue): JsonValue {
  if (live === undefined || live === config) return config;
  const shape = shapeOf(node, config);
  if (isOpen(node) && shape !== shapeOf(node, live)) return config;
  if (shape === "map") {
    const left = asMap(live);
    const right = asMap(config);
    return isEmpty(left) && isEmpty(right) ? config : mergeMaps(node, left ?? {}, right ?? {});
  }
  if (shape === "list") {
    const left = Array.isArray(live) ? live : [];
    const right = Array.isArray(config) ? config : [];
    if (left.length === 0 && right.length === 0) return config;
    return mergeLists(node, left, right);
  }
  return config;
}

function asMap(value: JsonValue): JsonObject | undefined {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
}

function isEmpty(map: JsonObject | undefined): boolean {
  for (const _ in map) return false;
  return true;
}

function mergeMaps(node: SchemaNode, live: JsonObject, config: JsonObject): JsonObject {
  let result: JsonObject | undefined;
  for (const name of Object.keys(config)) {
    const value = config[name];
    if (value === undefined) continue;
    const current = Object.hasOwn(live, name) ? live[name] : undefined;
    const merged = mergeValues(memberNode(node, name), current, value);
    if (merged === current) continue;
    result ??= { ...live };
    Object.defineProperty(result, name, {
      value: merged,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return result ?? live;
}

function elementsOf(node: SchemaNode, list: readonly JsonValue[]): string[] {
  return list.map((item, i) => {
    const element = itemElement(node, item);
    if (typeof element === "string") return element;
    throw new StatusError(500, "", `failed to merge config: element ${i}: ${element.error}`);
  });
}

/** Items by element; null for elements that several items share. */
function indexed(elements: readonly string[], list: readonly JsonValue[]): Map<string, JsonValue> {
  const items = new Map<string, JsonValue>();
  elements.forEach((element, i) => items.set(element, items.has(element) ? null : list[i]!));
  return items;
}

function mergeLists(node: SchemaNode, live: JsonValue[], config: JsonValue[]): JsonValue[] {
  const right = elementsOf(node, config);
  const twice = right.find((element, i) => right.indexOf(element) !== i);
  if (twice !== undefined) {
    throw new StatusError(
      500,
      "",
      `failed to merge config: duplicate entries for key ${printElement(twice)}`,
    );
  }
  const left = elementsOf(node, live);
  return new ListMerge(node, left, live, right, config).run();
}

/** Weaves two lists: shared items in the configuration's order, others where they stood. */
class ListMerge {
  readonly #out: JsonValue[] = [];
  readonly #leftItems: Map<string, JsonValue>;
  readonly #rightItems: Map<string, JsonValue>;
  readonly #merged = new Set<string>();
  // The configuration's elements that are live too, and how many of them have been passed.
  readonly #shared: string[];
  #passed = 0;

  constructor(
    readonly node: SchemaNode,
    readonly left: readonly string[],
    readonly live: readonly JsonValue[],
    readonly right: readonly string[],
    config: readonly JsonValue[],
  ) {
    this.#leftItems = indexed(left, live);
    this.#rightItems = indexed(right, config);
    this.#shared = right.filter((element) => this.#leftItems.has(element));
  }

  run(): JsonValue[] {
    const { left, right } = this;
    let l = 0;
    let r = 0;
    while (l < left.length || r < right.length) {
      if (l < left.length && r < right.length) {
        const element = left[l]!;
        if (element === right[r]) {
          this.#take(element);
          l++;
          r++;
          this.#passed++;
          continue;
        }
        const next = this.#shared[this.#passed];
        if (this.#rightItems.has(element) && next !== undefined && next !== element) {
          l++; // It comes later, where the configuration has it.
          continue;
        }
      }
      if (l < left.length) {
        const element = left[l]!;
        if (!this.#rightItems.has(element)) {
          this.#out.push(this.live[l]!);
          l++;
          continue;
        }
        if (this.#merged.has(element)) l++;
      }
      if (r < right.length) {
        const element = right[r]!;
        this.#take(element);
        r++;
        if (this.#shared[this.#passed] === element) this.#passed++;
      }
    }
    return this.#out;
  }

  #take(element: string): void {
    this.#merged.add(element);
    this.#out.push(
      mergeValues(
        itemNode(this.node),
        this.#leftItems.get(element),
        this.#rightItems.get(element)!,
      ),
    );
  }
}
