// The prices of the functions that Kubernetes adds to CEL, and of cel-go's
// list and set extensions. Source: k8s.io/apiserver/pkg/cel/library/cost.go.

import {
  actualSize,
  type CallEstimate,
  COST_MAX,
  type CostModel,
  type CostNode,
  type Range,
  type SizeEstimator,
} from "./cost_model.ts";
import { fixed, product, sum, times, union } from "./estimate.ts";
import { FormatValue } from "./libraries/formats.ts";
import { CIDRValue, IPValue } from "./libraries/addresses.ts";
import { CelList, CelMap, isInt, Opaque, Optional, type Value } from "./values.ts";

const TRAVERSAL = 0.1;
const REGEX = 0.25;
const CHECK_COST = 350_000;
const NAME_PATTERN_MAX = 128;

const names = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const ONE = names(
  "serviceAccount path group resource subresource namespace name allowed reason error errored " +
    "masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast " +
    "isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat isGreaterThan " +
    "isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort " +
    "getEscapedPath getQuery",
);
const TRAVERSED = names("isSorted sum max min indexOf lastIndexOf");
const BY_TARGET = names("lowerAscii upperAscii substring trim");
const BY_ARGUMENT = names("url jsonpatch.escapeKey");
const PARSED = names("cidr isIP isCIDR quantity isQuantity semver isSemver");

function up(size: number, factor: number): number {
  return Math.ceil(size * factor);
}

function selectorCost(length: Range): Range {
  return sum(sum(fixed(10), times(length, TRAVERSAL)), times(times(length, 0.5), 50));
}

function traversal(value: Value): number {
  if (typeof value === "string") {
    return Math.floor(new TextEncoder().encode(value).length * TRAVERSAL);
  }
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL);
  let cost = 0;
  if (value instanceof CelList) {
    for (const item of value) cost += traversal(item);
    return cost;
  }
  if (value instanceof CelMap) {
    for (const key of value.keys()) cost += traversal(key) + traversal(value.get(key)!);
    return cost;
  }
  return 1;
}

/** The size of an address or network as costs count it. */
function sizeOf(value: Value): number {
  if (value instanceof IPValue) return value.address.family === 4 ? 4 : 16;
  if (value instanceof CIDRValue) return value.cidr.address.family === 4 ? 4 : 16;
  return actualSize(value);
}

function actualOfList(overload: string, args: readonly Value[], result: Value): number | undefined {
  const allocating = (factor: number, size: number) => Math.floor(size * factor) + 1 + 10;
  const selfCompare = (list: Value) => {
    const size = actualSize(list);
    const first = list instanceof CelList && size > 0 ? list.at(0) : undefined;
    const isText = typeof first === "string" || first instanceof Uint8Array;
    return allocating(isText ? 2 + TRAVERSAL : 2, size * size);
  };
  switch (overload) {
    case "list_slice":
    case "lists_range":
    case "list_reverse":
      return allocating(1, actualSize(result));
    case "list_flatten":
      return allocating(1, actualSize(args[0]!));
    case "list_flatten_int":
      return allocating(Number(args[1]), actualSize(args[0]!));
    case "list_distinct":
      return selfCompare(args[0]!);
    case "list_sets_contains_list":
    case "list_sets_intersects_list":
      return 1 + actualSize(args[0]!) * actualSize(args[1]!);
    case "list_sets_equivalent_list":
      return 1 + 2 * actualSize(args[0]!) * actualSize(args[1]!);
    default:
      if (/^list_.*_sort$/.test(overload)) return selfCompare(args[0]!);
      return /^list_.*_sortByAssociatedKeys$/.test(overload) ? selfCompare(args[1]!) : undefined;
  }
}

function actual(
  name: string,
  overload: string,
  args: readonly Value[],
  result: Value,
): number | undefined {
  const ofList = actualOfList(overload, args, result);
  if (ofList !== undefined) return ofList;
  if (ONE.has(name)) return 1;
  if (name === "check") return CHECK_COST;
  if (TRAVERSED.has(name)) return traversal(args[0]!);
  if (BY_TARGET.has(name) || BY_ARGUMENT.has(name) || PARSED.has(name)) {
    return up(actualSize(args[0]!), TRAVERSAL);
  }
  switch (name) {
    case "fieldSelector":
    case "labelSelector":
      return selectorCost(fixed(actualSize(args[1]!))).max;
    case "replace":
    case "split":
    case "ip.isCanonical":
      return up(actualSize(args[0]!) * 2, TRAVERSAL);
    case "join":
      return up(actualSize(result) * 2, TRAVERSAL);
    case "find":
    case "findAll":
      return up(1 + actualSize(args[0]!), TRAVERSAL) * up(actualSize(args[1]!), REGEX);
    case "ip":
      return overload === "cidr_ip" ? 1 : up(actualSize(args[0]!), TRAVERSAL);
    case "containsIP":
    case "containsCIDR":
      return containsCost(name, overload, args);
    case "validate": {
      const [format] = args;
      if (!(format instanceof FormatValue)) return undefined;
      return up(1 + actualSize(args[1]!), TRAVERSAL) * up(format.patternSize, REGEX);
    }
    case "_==_":
      return args[0] instanceof Opaque && !(args[0] instanceof Optional) ? 1 : undefined;
    default:
      return undefined;
  }
}

function containsCost(name: string, overload: string, args: readonly Value[]): number {
  const network = sizeOf(args[0]!);
  let cost = up(network + network, TRAVERSAL);
  if (name === "containsCIDR") cost += up(network, TRAVERSAL) + 1;
  if (overload.endsWith("_string")) cost += up(sizeOf(args[1]!), TRAVERSAL);
  return cost;
}

class Estimates {
  constructor(readonly sizes: SizeEstimator) {}

  size(node: CostNode | undefined): Range {
    return node?.size ??
      (node === undefined ? undefined : this.sizes.estimateSize(node.path, node.type)) ??
      { min: 0, max: COST_MAX };
  }

  /** The items of a list, as a node. */
  itemSize(list: CostNode): Range | undefined {
    const [type] = list.type.params;
    if (type === undefined) return undefined;
    const path = list.path.length === 0 ? [] : [...list.path, "@items"];
    return this.sizes.estimateSize(path, type) ?? { min: 0, max: COST_MAX };
  }

  traversed(target: CostNode): CallEstimate {
    const [item] = target.type.params;
    if (item === undefined) return { cost: times(this.size(target), TRAVERSAL) };
    let each = fixed(1);
    if (item.kind === "string" || item.kind === "bytes") {
      each = sum(each, times(this.itemSize(target)!, TRAVERSAL));
    }
    return { cost: product(this.size(target), each) };
  }

  replaced(target: CostNode, args: readonly CostNode[]): CallEstimate {
    const text = this.size(target);
    const [from, to] = [this.size(args[0]), this.size(args[1])];
    const bound = (length: number, wide: number, shrinks: boolean) => {
      if (wide === 0) return [Math.min(length + 1, COST_MAX), length] as const;
      return shrinks ? [0, length] as const : [Math.ceil(length / wide), 0] as const;
    };
    const [maxCount, maxKept] = bound(text.max, from.min, to.max <= from.min);
    const [minCount, minKept] = bound(text.min, from.max, from.max <= to.min);
    return {
      cost: times(text, 2 * TRAVERSAL),
      size: sum(product({ min: minCount, max: maxCount }, to), { min: minKept, max: maxKept }),
    };
  }

  joined(target: CostNode, args: readonly CostNode[]): CallEstimate {
    const list = this.size(target);
    const item = this.itemSize(target);
    let size = item === undefined ? fixed(0) : product(list, item);
    if (args.length > 0) {
      const separators = { min: Math.max(0, list.min - 1), max: Math.max(0, list.max - 1) };
      size = sum(size, product(this.size(args[0]), separators));
    }
    return { cost: times(size, TRAVERSAL), size };
  }

  contains(name: string, overload: string, args: readonly CostNode[]): CallEstimate {
    const network = { min: 4, max: 16 };
    let cost = times(sum(network, network), TRAVERSAL);
    if (name === "containsCIDR") cost = sum(sum(cost, times(network, TRAVERSAL)), fixed(1));
    if (overload.endsWith("_string")) cost = sum(cost, times(this.size(args[0]), TRAVERSAL));
    return { cost };
  }

  list(
    overload: string,
    target: CostNode | undefined,
    args: readonly CostNode[],
  ): CallEstimate | undefined {
    const allocating = (factor: number, size: Range) => ({
      cost: sum(sum(times(size, factor), fixed(1)), fixed(10)),
      size,
    });
    const number = (node: CostNode | undefined, otherwise: number) => {
      const value = node?.expr.kind === "literal" ? node.expr.value : undefined;
      return value !== undefined && isInt(value) ? Math.max(0, Number(value)) : otherwise;
    };
    const selfCompare = (node: CostNode | undefined) => {
      const size = this.size(node);
      const isText = /^list_(?:string|bytes)_/.test(overload);
      return allocating(isText ? 2 + TRAVERSAL : 2, product(size, size));
    };
    switch (overload) {
      case "list_slice":
        return allocating(
          1,
          fixed(sliceSize(number(args[1], this.size(target).max), number(args[0], 0))),
        );
      case "lists_range":
        return allocating(1, fixed(number(args[0], COST_MAX)));
      case "list_reverse":
      case "list_flatten":
        return allocating(1, this.size(target));
      case "list_flatten_int":
        return allocating(number(args[0], COST_MAX), this.size(target));
      case "list_distinct":
        return selfCompare(target);
      case "list_sets_contains_list":
      case "list_sets_intersects_list":
        return { cost: sum(fixed(1), product(this.size(args[0]), this.size(args[1]))) };
      case "list_sets_equivalent_list":
        return { cost: sum(fixed(1), times(product(this.size(args[0]), this.size(args[1])), 2)) };
      default:
        if (/^list_.*_sort$/.test(overload)) return selfCompare(target);
        return /^list_.*_sortByAssociatedKeys$/.test(overload) ? selfCompare(args[0]) : undefined;
    }
  }
}

function estimate(
  sizes: SizeEstimator,
  name: string,
  overload: string,
  target: CostNode | undefined,
  args: readonly CostNode[],
): CallEstimate | undefined {
  const estimates = new Estimates(sizes);
  const ofList = estimates.list(overload, target, args);
  if (ofList !== undefined) return ofList;
  if (ONE.has(name)) return { cost: fixed(1) };
  if (name === "check") return { cost: fixed(CHECK_COST) };
  if (TRAVERSED.has(name)) return target === undefined ? undefined : estimates.traversed(target);
  const first = () => estimates.size(args[0]);
  if (BY_ARGUMENT.has(name)) return { cost: times(first(), TRAVERSAL), size: first() };
  if (PARSED.has(name)) return { cost: times(first(), TRAVERSAL) };
  if (BY_TARGET.has(name) && target !== undefined) {
    return { cost: times(estimates.size(target), TRAVERSAL), size: estimates.size(target) };
  }
  switch (name) {
    case "fieldSelector":
    case "labelSelector":
      return { cost: selectorCost(first()) };
    case "replace":
      return target === undefined ? undefined : estimates.replaced(target, args);
    case "split": {
      if (target === undefined) return undefined;
      const limit = args[1]?.expr.kind === "literal" ? args[1].expr.value : undefined;
      const max = limit !== undefined && isInt(limit)
        ? Number(limit) < 0 ? COST_MAX : Number(limit)
        : estimates.size(target).max;
      return { cost: times(estimates.size(target), 2 * TRAVERSAL), size: { min: 0, max } };
    }
    case "join":
      return target === undefined ? undefined : estimates.joined(target, args);
    case "find":
    case "findAll": {
      if (target === undefined) return undefined;
      const text = estimates.size(target);
      return {
        cost: product(times(sum(text, fixed(1)), TRAVERSAL), times(first(), REGEX)),
        size: { min: 0, max: text.max },
      };
    }
    case "ip":
      return { cost: overload === "cidr_ip" ? fixed(1) : times(first(), TRAVERSAL) };
    case "ip.isCanonical":
      return { cost: times(first(), 2 * TRAVERSAL) };
    case "containsIP":
    case "containsCIDR":
      return estimates.contains(name, overload, args);
    case "validate":
      return { cost: times(times(first(), TRAVERSAL), NAME_PATTERN_MAX * REGEX) };
    case "_==_":
      return equalityEstimate(args);
    default:
      return undefined;
  }
}

/** Types of the libraries that are objects without fields. */
const LIBRARY_OBJECT = /^kubernetes\.(?:Quantity|Semver|URL|NamedFormat|authorization\.[A-Za-z]+)$/;

/** Sizes have no sign: a slice that ends before it begins counts as endless. */
function sliceSize(end: number, begin: number): number {
  return end < begin ? COST_MAX : end - begin;
}

function equalityEstimate(args: readonly CostNode[]): CallEstimate | undefined {
  const [left, right] = args;
  if (left === undefined || right === undefined || !left.type.equals(right.type)) return undefined;
  const { kind, name } = left.type;
  if (kind !== "opaque" && !LIBRARY_OBJECT.test(name)) return undefined;
  if (name === "optional_type") return undefined;
  if (left.type.name === "kubernetes.NamedFormat") {
    return { cost: times({ min: 1, max: 64 }, TRAVERSAL) };
  }
  if (left.type.name === "kubernetes.URL") {
    const size = left.size === undefined || right.size === undefined
      ? fixed(1)
      : union(left.size, right.size);
    return { cost: times({ min: 1, max: size.max }, TRAVERSAL) };
  }
  return { cost: fixed(1) };
}

/** What Kubernetes charges. */
export const KUBERNETES_COSTS: CostModel = { estimate, actual };
