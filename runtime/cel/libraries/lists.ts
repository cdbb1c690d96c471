// Functions on lists: cel-go's lists extension (slice, flatten, sort, sortBy,
// range, reverse, distinct) and Kubernetes' own (isSorted, sum, min, max,
// indexOf, lastIndexOf).

import { add } from "../arithmetic.ts";
import { declare, type FunctionDeclaration, type Implementation } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { compare, equal } from "../equality.ts";
import { type Macro, STANDARD_MACROS } from "../macros.ts";
import {
  ArrayList,
  CelList,
  Double,
  Duration,
  fail,
  isInt,
  typeOf,
  Uint,
  type Value,
} from "../values.ts";

const items = (list: Value | undefined): CelList =>
  list instanceof CelList ? list : fail("no such overload");
const integer = (value: Value | undefined): number =>
  isInt(value!) ? Number(value) : fail("no such overload");

/** More numbers are not counted out. */
const RANGE_MAX = 10_000_000;

const COMPARABLE = [
  ["int", "int"],
  ["uint", "uint"],
  ["double", "double"],
  ["bool", "bool"],
  ["google.protobuf.Duration", "duration"],
  ["google.protobuf.Timestamp", "timestamp"],
  ["string", "string"],
  ["bytes", "bytes"],
] as const;

function slice(list: CelList, start: number, end: number): CelList {
  const cannot = `cannot slice(${start}, ${end})`;
  if (start < 0 || end < 0) return fail(`${cannot}, negative indexes not supported`);
  if (start > end) return fail(`${cannot}, start index must be less than or equal to end index`);
  if (list.size < end) return fail(`${cannot}, list is length ${list.size}`);
  return new ArrayList([...list].slice(start, end));
}

function flatten(list: CelList, depth: number): Value[] {
  if (depth < 0) return fail("level must be non-negative");
  return [...list].flatMap((item) =>
    item instanceof CelList && depth > 0 ? flatten(item, depth - 1) : [item]
  );
}

function sortBy(list: CelList, keys: CelList): CelList {
  if (list.size !== keys.size) {
    return fail(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, ` +
        `but got ${list.size} and ${keys.size} elements respectively`,
    );
  }
  const sortable = [...keys];
  const [first] = sortable;
  if (first === undefined) return list;
  if (!COMPARABLE.some(([name]) => name === typeOf(first).name)) {
    return fail("list elements must be comparable");
  }
  if (sortable.some((key) => typeOf(key) !== typeOf(first))) {
    return fail("list elements must have the same type");
  }
  const order = sortable.map((_key, index) => index);
  order.sort((a, b) => compare(sortable[a]!, sortable[b]!));
  return new ArrayList(order.map((index) => list.at(index)));
}

function range(count: number): CelList {
  if (count > RANGE_MAX) return fail(`range of ${count} is too large`);
  return new ArrayList(Array.from({ length: Math.max(0, count) }, (_none, index) => index));
}

function distinct(list: CelList): CelList {
  const unique: Value[] = [];
  const simple = new Set<Value>();
  for (const item of list) {
    if (typeof item === "string") {
      if (simple.has(item)) continue;
      simple.add(item);
    } else if (unique.some((known) => equal(known, item))) continue;
    unique.push(item);
  }
  return new ArrayList(unique);
}

const SORTED_VARIABLE = "@__sortBy_input__";
const map = STANDARD_MACROS.find(([key]) => key === "map/2/member")![1];

const sortByMacro: Macro = (make, target, args) => {
  if (!["list", "select", "ident", "comprehension", "call"].includes(target!.kind)) {
    return {
      error:
        "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
      at: target!,
    };
  }
  const keys = map(make, make.ident(SORTED_VARIABLE), args);
  if (keys === undefined || "error" in keys) return keys;
  return {
    expr: make.fold(
      make.list(),
      "#unused",
      undefined,
      target!,
      make.literal(false),
      make.ident(SORTED_VARIABLE),
      make.member("@sortByAssociatedKeys", make.ident(SORTED_VARIABLE), keys.expr),
      SORTED_VARIABLE,
    ),
  };
};

/** cel-go's lists extension. */
export const LISTS: Library = {
  functions: [
    declare(
      "slice",
      [["list_slice", "list(T).(int, int) -> list(T)"]],
      (list, start, end) => slice(items(list), integer(start), integer(end)),
    ),
    declare(
      "flatten",
      [
        ["list_flatten", "list(list(T)).() -> list(T)"],
        ["list_flatten_int", "list(dyn).(int) -> list(dyn)"],
      ],
      (list, depth) =>
        new ArrayList(flatten(items(list), depth === undefined ? 1 : integer(depth))),
    ),
    declare(
      "sort",
      COMPARABLE.map(([name, type]) => [`list_${name}_sort`, `list(${type}).() -> list(${type})`]),
      (list) => sortBy(items(list), items(list)),
    ),
    declare(
      "@sortByAssociatedKeys",
      COMPARABLE.map(([name, type]) => [
        `list_${name}_sortByAssociatedKeys`,
        `list(T).(list(${type})) -> list(T)`,
      ]),
      (list, keys) => sortBy(items(list), items(keys)),
    ),
    declare(
      "lists.range",
      [["lists_range", "(int) -> list(int)"]],
      (count) => range(integer(count)),
    ),
    declare(
      "reverse",
      [["list_reverse", "list(T).() -> list(T)"]],
      (list) => new ArrayList([...items(list)].reverse()),
    ),
    declare(
      "distinct",
      [["list_distinct", "list(T).() -> list(T)"]],
      (list) => distinct(items(list)),
    ),
  ],
  macros: [["sortBy/2/member", sortByMacro]],
};

const KUBERNETES_COMPARABLE = [
  ["int", "int"],
  ["uint", "uint"],
  ["double", "double"],
  ["bool", "bool"],
  ["duration", "duration"],
  ["timestamp", "timestamp"],
  ["string", "string"],
  ["bytes", "bytes"],
] as const;

const ZEROS: Readonly<Record<string, Value>> = {
  int: 0,
  uint: new Uint(0n),
  double: new Double(0),
  duration: new Duration(0n),
};

function isSorted(list: Value | undefined): boolean {
  let previous: Value | undefined;
  for (const item of items(list)) {
    if (previous !== undefined && compare(previous, item) > 0) return false;
    previous = item;
  }
  return true;
}

function extreme(name: string, better: (order: number) => boolean): Implementation {
  return (list) => {
    let best: Value | undefined;
    for (const item of items(list)) {
      if (best === undefined || better(compare(item, best))) best = item;
    }
    return best ?? fail(`${name} called on empty list`);
  };
}

function extremeFunction(name: string, better: (order: number) => boolean): FunctionDeclaration {
  return declare(
    name,
    KUBERNETES_COMPARABLE.map(([id, type]) => [
      `list_${id}_${name}_${id}`,
      `list(${type}).() -> ${type}`,
    ]),
    extreme(name, better),
  );
}

/** Kubernetes' functions on lists. */
export const KUBERNETES_LISTS: Library = {
  functions: [
    declare(
      "isSorted",
      KUBERNETES_COMPARABLE.map(([id, type]) => [
        `list_${id}_is_sorted_bool`,
        `list(${type}).() -> bool`,
      ]),
      isSorted,
    ),
    declare(
      "sum",
      Object.entries(ZEROS).map(([type, zero]) => [
        `list_${type}_sum_${type}`,
        `list(${type}).() -> ${type}`,
        (list: Value | undefined) => [...items(list)].reduce(add, zero),
      ]),
    ),
    extremeFunction("max", (order) => order > 0),
    extremeFunction("min", (order) => order < 0),
    declare(
      "indexOf",
      [["list_a_index_of_int", "list(A).(A) -> int"]],
      (list, wanted) => [...items(list)].findIndex((item) => equal(item, wanted!)),
    ),
    declare(
      "lastIndexOf",
      [["list_a_last_index_of_int", "list(A).(A) -> int"]],
      (list, wanted) => [...items(list)].findLastIndex((item) => equal(item, wanted!)),
    ),
  ],
};
