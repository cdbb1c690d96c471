// How calls of library functions are priced, before and while they run.
// Sizes and costs are numbers that stop at 2^64 - 1, as Go's do.

import type { Expr } from "./ast.ts";
import type { Type } from "./types.ts";
import { CelList, CelMap, codePoints, Optional, type Value } from "./values.ts";

/** The most a cost or a size can be. */
export const COST_MAX = 18446744073709551615;

/** From the least to the most. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** A node whose call is priced. */
export interface CostNode {
  readonly expr: Expr;
  readonly type: Type;
  /** The way from a variable to the node, such as `self spec items @items`. */
  readonly path: readonly string[];
  /** How large it is, when that is known. */
  readonly size: Range | undefined;
}

/** The price of a call and the size of what it gives. */
export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range | undefined;
}

/** Knows the sizes of variables. */
export interface SizeEstimator {
  /** The size of what a path leads to. */
  estimateSize(path: readonly string[], type: Type): Range | undefined;
}

/** Prices calls; `undefined` leaves them to the standard prices. */
export interface CostModel {
  /** What a call may cost, without its arguments. */
  estimate(
    sizes: SizeEstimator,
    name: string,
    overload: string,
    target: CostNode | undefined,
    args: readonly CostNode[],
  ): CallEstimate | undefined;
  /** What a call did cost. */
  actual(
    name: string,
    overload: string,
    args: readonly Value[],
    result: Value,
  ): number | undefined;
}

/** The size of a value as costs count it. */
export function actualSize(value: Value): number {
  if (typeof value === "string") return codePoints(value);
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof Optional && value.value !== undefined) return actualSize(value.value);
  return 1;
}

const TRAVERSAL = 0.1;
const REGEX = 0.25;

/** What a call costs in the end; by default one. */
export function standardCallCost(overload: string, args: readonly Value[]): number {
  switch (overload) {
    case "starts_with_string":
    case "ends_with_string":
    case "string_to_bytes":
    case "bytes_to_string":
    case "strings_quote":
    case "string_format":
      return Math.ceil(actualSize(args[0]!) * TRAVERSAL);
    case "in_list":
      return actualSize(args[1]!);
    case "add_string":
    case "add_bytes":
      return Math.ceil((actualSize(args[0]!) + actualSize(args[1]!)) * TRAVERSAL);
    case "matches_string":
      return Math.ceil((1 + actualSize(args[0]!)) * TRAVERSAL) *
        Math.ceil(actualSize(args[1]!) * REGEX);
    case "contains_string":
      return Math.ceil(actualSize(args[0]!) * TRAVERSAL) *
        Math.ceil(actualSize(args[1]!) * TRAVERSAL);
    case "equals":
    case "not_equals":
      return Math.ceil(Math.min(actualSize(args[0]!), actualSize(args[1]!)) * TRAVERSAL);
    default:
      if (/^(?:less|greater)(?:_equals)?_(?:string|bytes)$/.test(overload)) {
        return Math.ceil(Math.min(actualSize(args[0]!), actualSize(args[1]!)) * TRAVERSAL);
      }
      return 1;
  }
}

/** Whether {@linkcode standardCallCost} is one whatever the arguments. */
export function costsOne(overload: string): boolean {
  return !/^(?:starts_with_string|ends_with_string|string_to_bytes|bytes_to_string|strings_quote|string_format|in_list|add_string|add_bytes|matches_string|contains_string|equals|not_equals|(?:less|greater)(?:_equals)?_(?:string|bytes))$/
    .test(overload);
}
