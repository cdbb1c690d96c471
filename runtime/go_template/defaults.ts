// sprig's functions on what is set, and on types. Source: sprig's
// documentation, "Default Functions" and "Reflection Functions".

import { fixed, type Functions, variadic } from "./function.ts";
import { isEmpty } from "./lists.ts";
import { isDeepEqual } from "./truth.ts";
import { CallError, kindOf, typeOf } from "./values.ts";

const TYPED = ["string", "interface {}"] as const;

/** The functions. */
export const DEFAULT_FUNCTIONS: Functions = {
  default: variadic(["interface {}"], "interface {}", (fallback, ...given) => {
    const [value = null] = given;
    return isEmpty(value) ? fallback : value;
  }),
  empty: fixed(["interface {}"], isEmpty),
  coalesce: variadic(
    [],
    "interface {}",
    (...values) => values.find((value) => !isEmpty(value)) ?? null,
  ),
  all: variadic([], "interface {}", (...values) => !values.some(isEmpty)),
  any: variadic([], "interface {}", (...values) => !values.every(isEmpty)),
  ternary: fixed(
    ["interface {}", "interface {}", "bool"],
    (yes, no, condition) => condition ? yes : no,
  ),
  typeOf: fixed(["interface {}"], typeOf),
  typeIs: fixed(TYPED, (type, value) => type === typeOf(value)),
  typeIsLike: fixed(TYPED, (type, value) => [type, `*${type}`].includes(typeOf(value))),
  kindOf: fixed(["interface {}"], kindOf),
  kindIs: fixed(TYPED, (kind, value) => kind === kindOf(value)),
  deepEqual: fixed(["interface {}", "interface {}"], (a, b) => isDeepEqual(a, b)),
  fail: fixed(["string"], (message) => {
    throw new CallError(message);
  }),
};
