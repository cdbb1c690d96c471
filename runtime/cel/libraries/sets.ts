// Lists as sets: sets.contains, sets.equivalent, sets.intersects. Source:
// cel-go's sets extension.

import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { listContains } from "../_plan_call.ts";
import type { CelList, Value } from "../values.ts";

const contains = (set: CelList, subset: CelList): boolean => {
  for (const item of subset) {
    if (!listContains(set, item)) return false;
  }
  return true;
};

const intersects = (left: CelList, right: CelList): boolean => {
  for (const item of left) {
    if (listContains(right, item)) return true;
  }
  return false;
};

const onLists = (compute: (a: CelList, b: CelList) => boolean) => (a: Value, b: Value) =>
  compute(a as CelList, b as CelList);

/** cel-go's sets extension. */
export const SETS: Library = {
  functions: [
    declare(
      "sets.contains",
      [["list_sets_contains_list", "(list(T), list(T)) -> bool"]],
      onLists(contains),
    ),
    declare(
      "sets.equivalent",
      [["list_sets_equivalent_list", "(list(T), list(T)) -> bool"]],
      onLists((a, b) => contains(a, b) && contains(b, a)),
    ),
    declare(
      "sets.intersects",
      [["list_sets_intersects_list", "(list(T), list(T)) -> bool"]],
      onLists(intersects),
    ),
  ],
};
