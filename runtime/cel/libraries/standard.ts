// The functions of the CEL language definition.

import { add, divide, modulo, multiply, negate, subtract } from "../arithmetic.ts";
import {
  toBool,
  toBytes,
  toDouble,
  toDuration,
  toInt,
  toText,
  toTimestamp,
  toUint,
} from "../conversions.ts";
import { declare, type FunctionDeclaration } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { equal } from "../equality.ts";
import { STANDARD_MACROS } from "../macros.ts";
import { compileRegexp } from "../../schema/_regexp.ts";
import { comparisons, listContains } from "../_plan_call.ts";
import { indexValue } from "../member_access.ts";
import { CelList, CelMap, fail, sizeOf, typeOf, type Value } from "../values.ts";
import { TIME_FUNCTIONS } from "./times.ts";

const COMPARED = [
  ["bool", "bool"],
  ["int64", "int"],
  ["uint64", "uint"],
  ["double", "double"],
  ["string", "string"],
  ["bytes", "bytes"],
  ["timestamp", "timestamp"],
  ["duration", "duration"],
] as const;

const CROSS_COMPARED = [
  ["int64_double", "int, double"],
  ["int64_uint64", "int, uint"],
  ["uint64_double", "uint, double"],
  ["uint64_int64", "uint, int"],
  ["double_int64", "double, int"],
  ["double_uint64", "double, uint"],
] as const;

function comparison(operator: string, id: string): FunctionDeclaration {
  return declare(
    operator,
    [
      ...COMPARED.map(([name, type]) => [`${id}_${name}`, `(${type}, ${type}) -> bool`] as const),
      ...CROSS_COMPARED.map(([name, types]) => [`${id}_${name}`, `(${types}) -> bool`] as const),
    ],
    comparisons[operator],
  );
}

function contained(value: Value, container: Value): boolean {
  if (container instanceof CelList) return listContains(container, value);
  if (container instanceof CelMap) return container.get(value) !== undefined;
  return fail("no such overload");
}

function size(value: Value): number {
  return sizeOf(value) ?? fail("no such overload");
}

/** Whether a text matches a pattern somewhere. */
export function matches(text: Value, pattern: Value): boolean {
  if (typeof text !== "string" || typeof pattern !== "string") return fail("no such overload");
  let regexp;
  try {
    regexp = compileRegexp(pattern);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  return regexp.test(text);
}

function not(value: Value): boolean {
  return typeof value === "boolean" ? !value : fail("no such overload");
}

const text = (compute: (target: string, arg: string) => boolean) => (a: Value, b: Value) =>
  compute(a as string, b as string);

const OPERATORS: readonly FunctionDeclaration[] = [
  declare("_?_:_", [["conditional", "(bool, A, A) -> A"]]),
  declare("_&&_", [["logical_and", "(bool, bool) -> bool"]]),
  declare("_||_", [["logical_or", "(bool, bool) -> bool"]]),
  declare("!_", [["logical_not", "(bool) -> bool"]], not),
  declare("@not_strictly_false", [["not_strictly_false", "(bool) -> bool"]]),
  declare("_==_", [["equals", "(A, A) -> bool"]], equal),
  declare("_!=_", [["not_equals", "(A, A) -> bool"]], (a, b) => !equal(a!, b!)),
  declare("_+_", [
    ["add_bytes", "(bytes, bytes) -> bytes"],
    ["add_double", "(double, double) -> double"],
    ["add_duration_duration", "(duration, duration) -> duration"],
    ["add_duration_timestamp", "(duration, timestamp) -> timestamp"],
    ["add_timestamp_duration", "(timestamp, duration) -> timestamp"],
    ["add_int64", "(int, int) -> int"],
    ["add_list", "(list(A), list(A)) -> list(A)"],
    ["add_string", "(string, string) -> string"],
    ["add_uint64", "(uint, uint) -> uint"],
  ], add),
  declare("_/_", [
    ["divide_double", "(double, double) -> double"],
    ["divide_int64", "(int, int) -> int"],
    ["divide_uint64", "(uint, uint) -> uint"],
  ], divide),
  declare("_%_", [
    ["modulo_int64", "(int, int) -> int"],
    ["modulo_uint64", "(uint, uint) -> uint"],
  ], modulo),
  declare("_*_", [
    ["multiply_double", "(double, double) -> double"],
    ["multiply_int64", "(int, int) -> int"],
    ["multiply_uint64", "(uint, uint) -> uint"],
  ], multiply),
  declare("-_", [
    ["negate_double", "(double) -> double"],
    ["negate_int64", "(int) -> int"],
  ], negate),
  declare("_-_", [
    ["subtract_double", "(double, double) -> double"],
    ["subtract_duration_duration", "(duration, duration) -> duration"],
    ["subtract_int64", "(int, int) -> int"],
    ["subtract_timestamp_duration", "(timestamp, duration) -> timestamp"],
    ["subtract_timestamp_timestamp", "(timestamp, timestamp) -> duration"],
    ["subtract_uint64", "(uint, uint) -> uint"],
  ], subtract),
  comparison("_<_", "less"),
  comparison("_<=_", "less_equals"),
  comparison("_>_", "greater"),
  comparison("_>=_", "greater_equals"),
  declare("_[_]", [
    ["index_list", "(list(A), int) -> A"],
    ["index_map", "(map(A, B), A) -> B"],
  ], indexValue),
  declare("@in", [
    ["in_list", "(A, list(A)) -> bool"],
    ["in_map", "(A, map(A, B)) -> bool"],
  ], contained),
];

const CONVERSIONS: readonly FunctionDeclaration[] = [
  declare("type", [["type", "(A) -> type(A)"]], typeOf),
  declare("dyn", [["to_dyn", "(A) -> dyn"]], (value) => value!),
  declare("bool", [
    ["bool_to_bool", "(bool) -> bool"],
    ["string_to_bool", "(string) -> bool"],
  ], toBool),
  declare("bytes", [
    ["bytes_to_bytes", "(bytes) -> bytes"],
    ["string_to_bytes", "(string) -> bytes"],
  ], toBytes),
  declare("double", [
    ["double_to_double", "(double) -> double"],
    ["int64_to_double", "(int) -> double"],
    ["string_to_double", "(string) -> double"],
    ["uint64_to_double", "(uint) -> double"],
  ], toDouble),
  declare("duration", [
    ["duration_to_duration", "(duration) -> duration"],
    ["int64_to_duration", "(int) -> duration"],
    ["string_to_duration", "(string) -> duration"],
  ], toDuration),
  declare("int", [
    ["int64_to_int64", "(int) -> int"],
    ["double_to_int64", "(double) -> int"],
    ["duration_to_int64", "(duration) -> int"],
    ["string_to_int64", "(string) -> int"],
    ["timestamp_to_int64", "(timestamp) -> int"],
    ["uint64_to_int64", "(uint) -> int"],
  ], toInt),
  declare("string", [
    ["string_to_string", "(string) -> string"],
    ["bool_to_string", "(bool) -> string"],
    ["bytes_to_string", "(bytes) -> string"],
    ["double_to_string", "(double) -> string"],
    ["duration_to_string", "(duration) -> string"],
    ["int64_to_string", "(int) -> string"],
    ["timestamp_to_string", "(timestamp) -> string"],
    ["uint64_to_string", "(uint) -> string"],
  ], toText),
  declare("timestamp", [
    ["timestamp_to_timestamp", "(timestamp) -> timestamp"],
    ["int64_to_timestamp", "(int) -> timestamp"],
    ["string_to_timestamp", "(string) -> timestamp"],
  ], toTimestamp),
  declare("uint", [
    ["uint64_to_uint64", "(uint) -> uint"],
    ["double_to_uint64", "(double) -> uint"],
    ["int64_to_uint64", "(int) -> uint"],
    ["string_to_uint64", "(string) -> uint"],
  ], toUint),
];

const TEXTS: readonly FunctionDeclaration[] = [
  declare("size", [
    ["size_bytes", "(bytes) -> int"],
    ["bytes_size", "bytes.() -> int"],
    ["size_list", "(list(A)) -> int"],
    ["list_size", "list(A).() -> int"],
    ["size_map", "(map(A, B)) -> int"],
    ["map_size", "map(A, B).() -> int"],
    ["size_string", "(string) -> int"],
    ["string_size", "string.() -> int"],
  ], size),
  declare(
    "contains",
    [["contains_string", "string.(string) -> bool"]],
    text((a, b) => a.includes(b)),
  ),
  declare(
    "endsWith",
    [["ends_with_string", "string.(string) -> bool"]],
    text((a, b) => a.endsWith(b)),
  ),
  declare(
    "startsWith",
    [["starts_with_string", "string.(string) -> bool"]],
    text((a, b) => a.startsWith(b)),
  ),
  declare("matches", [
    ["matches", "(string, string) -> bool"],
    ["matches_string", "string.(string) -> bool"],
  ], matches),
];

/** The language's own functions and macros. */
export const STANDARD: Library = {
  functions: [...OPERATORS, ...CONVERSIONS, ...TEXTS, ...TIME_FUNCTIONS],
  macros: STANDARD_MACROS,
};
