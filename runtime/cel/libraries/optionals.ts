// Optional values: optional.of, orValue and their kin. Source: cel-go.

import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { OPTIONAL_MACROS } from "../macros.ts";
import { optionalMember } from "../member_access.ts";
import {
  ArrayList,
  type CelList,
  Double,
  Duration,
  fail,
  isInt,
  Optional,
  sizeOf,
  Timestamp,
  Uint,
  type Value,
} from "../values.ts";
import { optionalType } from "../types.ts";
import { DYN } from "../types.ts";

function isZero(value: Value): boolean {
  if (value === null || value === false || value === "") return true;
  if (isInt(value)) return Number(value) === 0;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Double) return value.value === 0;
  if (value instanceof Duration) return value.nanos === 0n;
  if (value instanceof Timestamp) return value.seconds === -62135596800 && value.nanos === 0;
  if (value instanceof Optional) return value.value === undefined || isZero(value.value);
  return sizeOf(value) === 0;
}

function optional(value: Value): Optional {
  return value instanceof Optional ? value : fail("no such overload");
}

function unwrapList(list: Value): Value {
  const items: Value[] = [];
  for (const item of list as CelList) {
    const { value } = item instanceof Optional
      ? item
      : fail(`value ${String(item)} is not optional`);
    if (value !== undefined) items.push(value);
  }
  return new ArrayList(items);
}

const first = (list: CelList) => list.size === 0 ? Optional.NONE : Optional.of(list.at(0));
const last = (list: CelList) =>
  list.size === 0 ? Optional.NONE : Optional.of(list.at(list.size - 1));

/** Optional types, with their syntax. */
export const OPTIONALS: Library = {
  optionalSyntax: true,
  macros: OPTIONAL_MACROS,
  types: [optionalType(DYN)],
  functions: [
    declare("optional.of", [["optional_of", "(A) -> optional(A)"]], (value) => Optional.of(value!)),
    declare(
      "optional.ofNonZeroValue",
      [["optional_ofNonZeroValue", "(A) -> optional(A)"]],
      (value) => isZero(value!) ? Optional.NONE : Optional.of(value!),
    ),
    declare("optional.none", [["optional_none", "() -> optional(A)"]], () => Optional.NONE),
    declare(
      "optional.unwrap",
      [["optional_unwrap", "(list(optional(A))) -> list(A)"]],
      (list) => unwrapList(list!),
    ),
    declare(
      "unwrapOpt",
      [["optional_unwrapOpt", "list(optional(A)).() -> list(A)"]],
      (list) => unwrapList(list!),
    ),
    declare(
      "value",
      [["optional_value", "optional(A).() -> A"]],
      (value) => valueOf(optional(value!)),
    ),
    declare(
      "hasValue",
      [["optional_hasValue", "optional(A).() -> bool"]],
      (value) => optional(value!).value !== undefined,
    ),
    declare(
      "or",
      [["optional_or_optional", "optional(A).(optional(A)) -> optional(A)"]],
      (value, other) => optional(value!).value !== undefined ? value! : optional(other!),
    ),
    declare("orValue", [["optional_orValue_value", "optional(A).(A) -> A"]], (value, other) => {
      const held = optional(value!).value;
      return held === undefined ? other! : held;
    }),
    declare("_?._", [["select_optional_field", "(dyn, string) -> optional(dyn)"]], optionalMember),
    declare("_[?_]", [
      ["list_optindex_optional_int", "(list(A), int) -> optional(A)"],
      ["optional_list_optindex_optional_int", "(optional(list(A)), int) -> optional(A)"],
      ["map_optindex_optional_value", "(map(A, B), A) -> optional(B)"],
      ["optional_map_optindex_optional_value", "(optional(map(A, B)), A) -> optional(B)"],
    ], optionalMember),
    declare("_[_]", [
      ["optional_list_index_int", "(optional(list(A)), int) -> optional(A)"],
      ["optional_map_index_value", "(optional(map(A, B)), A) -> optional(B)"],
    ], optionalMember),
    declare(
      "first",
      [["list_first", "list(A).() -> optional(A)"]],
      (list) => first(list as CelList),
    ),
    declare("last", [["list_last", "list(A).() -> optional(A)"]], (list) => last(list as CelList)),
  ],
};

function valueOf(optional: Optional): Value {
  return optional.value === undefined ? fail("optional.none() dereference") : optional.value;
}
