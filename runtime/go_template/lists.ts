// sprig's functions on lists. Source: sprig's documentation, "Lists and List
// Functions". Those with `must` in their name give the same faults here.

import { fixed, type Functions, type GoFunction, variadic } from "./function.ts";
import { isDeepEqual, isTrue } from "./truth.ts";
import { toInt64 } from "./numbers.ts";
import { CallError, GoList, GoObject, kindOf, type Value } from "./values.ts";

/** What reflect.TypeOf(nil).Kind() leads to. */
const NIL_FAULT = "runtime error: invalid memory address or nil pointer dereference";

function itemsOf(value: Value, what: string): readonly Value[] {
  if (value instanceof GoList) return value.items;
  if (value === null) throw new CallError(NIL_FAULT);
  throw new CallError(`${what} ${kindOf(value)}`);
}

const NIL_LIST = new GoList([], "interface {}", true);

/** Whether a value is set at all: objects are, the zeros of all other types are not. */
export function isEmpty(value: Value): boolean {
  return !(value instanceof GoObject) && !isTrue(value);
}

function includes(items: readonly Value[], value: Value): boolean {
  return items.some((item) => isDeepEqual(value, item));
}

function uniq(items: readonly Value[]): Value[] {
  const kept: Value[] = [];
  for (const item of items) if (!includes(kept, item)) kept.push(item);
  return kept;
}

function slice(list: Value, bounds: readonly Value[]): Value {
  const items = itemsOf(list, "list should be type of slice or array but");
  if (items.length === 0) return null;
  const start = bounds.length > 0 ? Number(toInt64(bounds[0] ?? null)) : 0;
  const end = bounds.length > 1 ? Number(toInt64(bounds[1] ?? null)) : items.length;
  if (start < 0 || end < start || end > items.length) {
    throw new CallError("reflect.Value.Slice: slice index out of bounds");
  }
  return new GoList(items.slice(start, end), (list as GoList).element);
}

function chunk(size: number, list: Value): Value {
  const items = itemsOf(list, "Cannot chunk type");
  if (size <= 0) throw new CallError("runtime error: makeslice: len out of range");
  const chunks: Value[] = [];
  for (let i = 0; i < items.length; i += size) chunks.push(new GoList(items.slice(i, i + size)));
  return new GoList(chunks, "[]interface {}");
}

function has(needle: Value, list: Value): boolean {
  return list !== null && includes(itemsOf(list, "Cannot find has on type"), needle);
}

function concat(lists: readonly Value[]): GoList {
  const items = lists.flatMap((list) => {
    if (list !== null && !(list instanceof GoList)) {
      throw new CallError(`Cannot concat type ${kindOf(list)} as list`);
    }
    return itemsOf(list, "");
  });
  return new GoList(items, "interface {}", items.length === 0);
}

/** A function of one list that gives another one, nil for an empty one if it says so. */
function ofList(
  name: string,
  run: (items: readonly Value[]) => Value[],
  nilForEmpty = false,
): GoFunction {
  return fixed(["interface {}"], (list) => {
    const items = itemsOf(list, `Cannot ${name} on type`);
    return nilForEmpty && items.length === 0 ? NIL_LIST : new GoList(run(items));
  });
}

const TWO = ["interface {}", "interface {}"] as const;
const push = fixed(TWO, (list, value) => {
  return new GoList([...itemsOf(list, "Cannot push on type"), value]);
});
const list = variadic([], "interface {}", (...values) => new GoList(values));

const FALLIBLE: Functions = {
  append: push,
  push,
  prepend: fixed(TWO, (list, value) => {
    return new GoList([value, ...itemsOf(list, "Cannot prepend on type")]);
  }),
  first: fixed(["interface {}"], (list) => itemsOf(list, "Cannot find first on type")[0] ?? null),
  last: fixed(["interface {}"], (list) => itemsOf(list, "Cannot find last on type").at(-1) ?? null),
  rest: ofList("find rest", (items) => items.slice(1), true),
  initial: ofList("find initial", (items) => items.slice(0, -1), true),
  reverse: ofList("find reverse", (items) => items.toReversed()),
  compact: ofList("compact", (items) => items.filter((item) => !isEmpty(item))),
  uniq: ofList("find uniq", uniq),
  without: variadic(["interface {}"], "interface {}", (list, ...omitted) => {
    const items = itemsOf(list, "Cannot find without on type");
    return new GoList(items.filter((item) => !includes(omitted, item)));
  }),
  has: fixed(TWO, has),
  slice: variadic(["interface {}"], "interface {}", (list, ...bounds) => slice(list, bounds)),
  chunk: fixed(["int", "interface {}"], chunk),
};

/** Functions with their `must` forms. */
export function withMust(functions: Functions): Functions {
  const all: Record<string, GoFunction> = { ...functions };
  for (const [name, one] of Object.entries(functions)) {
    all[`must${name.slice(0, 1).toUpperCase()}${name.slice(1)}`] = one;
  }
  return all;
}

/** The functions. */
export const LIST_FUNCTIONS: Functions = {
  ...withMust(FALLIBLE),
  list,
  tuple: list,
  concat: variadic([], "interface {}", (...lists) => concat(lists)),
};
