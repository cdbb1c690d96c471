// What evaluating an expression may cost, from the sizes its variables may
// have. Source: the cost estimator of cel-go, as Kubernetes sets it up:
// has() costs nothing.

import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, SelectExpr } from "./ast.ts";
import { ACCUMULATOR } from "./ast.ts";
import type { CheckedAst } from "./checker.ts";
import {
  type CallEstimate,
  COST_MAX,
  type CostModel,
  type CostNode,
  type Range,
  type SizeEstimator,
} from "./cost_model.ts";
import { DYN, type Type, unwrapOptional } from "./types.ts";
import { codePoints, type Value } from "./values.ts";

const TRAVERSAL = 0.1;
const REGEX = 0.25;
const UNKNOWN: Range = { min: 0, max: COST_MAX };

/** A range of one number. */
export function fixed(value: number): Range {
  return { min: value, max: value };
}

const cap = (value: number): number => Math.min(value, COST_MAX);

/** The sum of two ranges. */
export function sum(a: Range, b: Range): Range {
  return { min: cap(a.min + b.min), max: cap(a.max + b.max) };
}

/** The product of two ranges. */
export function product(a: Range, b: Range): Range {
  return { min: cap(a.min * b.min), max: cap(a.max * b.max) };
}

/** A range times a factor, rounded up. */
export function times(a: Range, factor: number): Range {
  return { min: cap(Math.ceil(a.min * factor)), max: cap(Math.ceil(a.max * factor)) };
}

/** The range that holds both. */
export function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

interface EntrySize {
  readonly container: "list" | "map";
  readonly key: Range;
  readonly value: Range;
}

interface LocalVariable {
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly entry: EntrySize | undefined;
}

/** What evaluating may cost. */
export function estimateCost(ast: CheckedAst, sizes: SizeEstimator, model?: CostModel): Range {
  return new Estimator(ast, sizes, model).cost(ast.root);
}

class Estimator {
  readonly #paths = new Map<number, readonly string[]>();
  readonly #sizes = new Map<number, Range>();
  readonly #entries = new Map<number, EntrySize>();
  readonly #locals = new Map<string, LocalVariable[]>();

  constructor(
    readonly ast: CheckedAst,
    readonly sizes: SizeEstimator,
    readonly model: CostModel | undefined,
  ) {}

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case "literal":
      case "error":
        return fixed(0);
      case "ident": {
        const local = this.#locals.get(expr.name)?.at(-1);
        this.#paths.set(expr.id, local?.path ?? [expr.name]);
        return fixed(1);
      }
      case "select":
        return this.#select(expr);
      case "call":
        return this.#call(expr);
      case "list":
        return this.#list(expr);
      case "map":
        return this.#map(expr);
      case "struct":
        return expr.fields.reduce((total, { value }) => sum(total, this.cost(value)), fixed(40));
      case "comprehension":
        return expr.variable === "#unused" ? this.#binding(expr) : this.#fold(expr);
    }
  }

  #typeOf(expr: Expr): Type {
    return this.ast.types.get(expr.id) ?? DYN;
  }

  #path(expr: Expr): readonly string[] {
    const local = expr.kind === "ident" ? this.#locals.get(expr.name)?.at(-1) : undefined;
    return local?.path ?? this.#paths.get(expr.id) ?? [];
  }

  #select(expr: SelectExpr): Range {
    if (expr.resolved !== undefined) {
      this.#paths.set(expr.id, [expr.resolved]);
      return fixed(1);
    }
    const operand = this.cost(expr.operand);
    if (expr.testOnly) return operand;
    const { kind } = this.#typeOf(expr.operand);
    this.#paths.set(expr.id, [...this.#path(expr.operand), expr.field]);
    return kind === "map" || kind === "struct" || kind === "param"
      ? sum(operand, fixed(1))
      : operand;
  }

  #list(expr: ListExpr): Range {
    let total = fixed(0);
    let item: Range = { min: expr.elements.length === 0 ? 0 : COST_MAX, max: 0 };
    for (const element of expr.elements) {
      total = sum(total, this.cost(element));
      item = union(item, this.#sizeOrUnknown(element));
    }
    this.#entries.set(expr.id, { container: "list", key: fixed(1), value: item });
    return sum(total, fixed(10));
  }

  #map(expr: MapExpr): Range {
    const start = { min: expr.entries.length === 0 ? 0 : COST_MAX, max: 0 };
    let total = fixed(0);
    let [keys, values]: [Range, Range] = [start, start];
    for (const { key, value } of expr.entries) {
      total = sum(total, sum(this.cost(key), this.cost(value)));
      keys = union(keys, this.#sizeOrUnknown(key));
      values = union(values, this.#sizeOrUnknown(value));
    }
    this.#entries.set(expr.id, { container: "map", key: keys, value: values });
    return sum(total, fixed(30));
  }

  #push(name: string, local: LocalVariable): void {
    const stack = this.#locals.get(name);
    if (stack === undefined) this.#locals.set(name, [local]);
    else stack.push(local);
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop();
  }

  #bindTo(name: string, expr: Expr): void {
    this.#push(name, {
      path: this.#path(expr),
      size: this.#size(expr),
      entry: this.#entrySize(expr),
    });
  }

  #binding(expr: ComprehensionExpr): Range {
    let total = sum(this.cost(expr.range), this.cost(expr.init));
    this.#bindTo(expr.accumulator, expr.init);
    total = sum(total, this.cost(expr.result));
    const size = this.#size(expr.result);
    const entry = this.#entrySize(expr.result);
    this.#pop(expr.accumulator);
    if (size !== undefined) this.#sizes.set(expr.id, size);
    if (entry !== undefined) this.#entries.set(expr.id, entry);
    return total;
  }

  #fold(expr: ComprehensionExpr): Range {
    let total = sum(this.cost(expr.range), this.cost(expr.init));
    this.#bindTo(expr.accumulator, expr.init);
    this.#pushVariables(expr);
    const each = sum(this.cost(expr.condition), this.cost(expr.step));
    this.#pop(expr.variable);
    if (expr.variable2 !== undefined) this.#pop(expr.variable2);
    total = sum(total, this.cost(expr.result));
    this.#pop(expr.accumulator);
    const count = this.#sizeOrUnknown(expr.range);
    total = sum(total, product(count, each));
    if (expr.init.kind === "literal") {
      const size = this.#size(expr.init);
      if (size !== undefined) this.#sizes.set(expr.id, size);
    } else if (expr.init.kind === "list" || expr.init.kind === "map") {
      this.#sizes.set(expr.id, count);
      const entry = this.#entrySize(expr.step);
      if (entry !== undefined) this.#entries.set(expr.id, entry);
    }
    return total;
  }

  #pushVariables({ range, variable, variable2 }: ComprehensionExpr): void {
    const entry = this.#entrySize(range);
    const isList = (entry?.container ?? this.#typeOf(range).kind) === "list";
    const path = this.#path(range);
    const local = (part: string, size: Range | undefined) => ({
      path: [...path, part],
      size,
      entry: undefined,
    });
    const value = local(isList ? "@items" : "@values", entry?.value);
    if (variable2 !== undefined) {
      this.#push(variable, local(isList ? "@indices" : "@keys", entry?.key));
      this.#push(variable2, value);
    } else this.#push(variable, isList ? value : local("@keys", entry?.key));
  }

  #node(expr: Expr): CostNode {
    const path = this.#path(expr);
    return {
      expr,
      type: this.#typeOf(expr),
      path: path[0] === ACCUMULATOR ? [] : path,
      size: this.#size(expr),
    };
  }

  #call(expr: CallExpr): Range {
    if (expr.function === "dyn" && expr.args.length === 1) {
      const [arg] = expr.args;
      const cost = this.cost(arg!);
      const size = this.#size(arg!);
      const entry = this.#entrySize(arg!);
      if (size !== undefined) this.#sizes.set(expr.id, size);
      if (entry !== undefined) this.#entries.set(expr.id, entry);
      return sum(fixed(1), cost);
    }
    const costs = expr.args.map((arg) => this.cost(arg));
    const args = expr.args.map((arg) => this.#node(arg));
    const overloads = this.ast.overloads.get(expr.id) ?? [];
    if (overloads.length === 0) return fixed(0);
    let total = fixed(0);
    let target: CostNode | undefined;
    if (expr.target !== undefined) {
      total = this.cost(expr.target);
      target = this.#node(expr.target);
    }
    let cost: Range = { min: COST_MAX, max: 0 };
    let size: Range | undefined;
    for (const overload of overloads) {
      const estimate = this.#overload(expr, overload, target, args, costs);
      cost = union(cost, estimate.cost);
      if (estimate.size !== undefined) {
        size = size === undefined ? estimate.size : union(size, estimate.size);
      }
      if (overload === "index_list" || overload === "index_map") {
        size = this.#entrySize(expr.args[0]!)?.value;
        const part = overload === "index_list" ? "@items" : "@values";
        this.#paths.set(expr.id, [...this.#path(expr.args[0]!), part]);
      }
      size ??= this.#size(expr);
    }
    if (size !== undefined) this.#sizes.set(expr.id, size);
    return sum(total, cost);
  }

  #overload(
    expr: CallExpr,
    overload: string,
    target: CostNode | undefined,
    args: readonly CostNode[],
    costs: readonly Range[],
  ): CallEstimate {
    const argumentCosts = costs.reduce(sum, fixed(0));
    const known = this.model?.estimate(this.sizes, expr.function, overload, target, args);
    if (known !== undefined) return { cost: sum(known.cost, argumentCosts), size: known.size };
    if (overload === "logical_or" || overload === "logical_and") {
      return { cost: { min: costs[0]!.min, max: sum(costs[0]!, costs[1]!).max } };
    }
    if (overload === "conditional") return this.#conditional(expr, args, costs);
    if (/^add_(?:string|bytes|list)$/.test(overload)) this.#addEntries(expr);
    const own = standardEstimate(overload, target, args);
    return { cost: sum(own.cost, argumentCosts), size: own.size };
  }

  #conditional(expr: CallExpr, args: readonly CostNode[], costs: readonly Range[]): CallEstimate {
    const [, whenTrue, whenFalse] = expr.args;
    const entry = unionEntries(this.#entrySize(whenTrue!), this.#entrySize(whenFalse!));
    if (entry !== undefined) this.#entries.set(expr.id, entry);
    return {
      cost: sum(costs[0]!, union(costs[1]!, costs[2]!)),
      size: union(args[1]!.size ?? UNKNOWN, args[2]!.size ?? UNKNOWN),
    };
  }

  #addEntries({ id, args }: CallExpr): void {
    const entry = unionEntries(this.#entrySize(args[0]!), this.#entrySize(args[1]!));
    if (entry !== undefined) this.#entries.set(id, entry);
  }

  #sizeOrUnknown(expr: Expr): Range {
    return this.#size(expr) ?? UNKNOWN;
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id) ?? sizeOfExpr(expr);
    if (known !== undefined) return known;
    const estimated = this.sizes.estimateSize(this.#path(expr), this.#typeOf(expr));
    if (estimated !== undefined) {
      this.#sizes.set(expr.id, estimated);
      return estimated;
    }
    if (isScalar(this.#typeOf(expr))) return fixed(1);
    return expr.kind === "ident" ? this.#locals.get(expr.name)?.at(-1)?.size : undefined;
  }

  #entrySize(expr: Expr): EntrySize | undefined {
    return this.#entries.get(expr.id) ??
      (expr.kind === "ident" ? this.#locals.get(expr.name)?.at(-1)?.entry : undefined);
  }
}

function unionEntries(a: EntrySize | undefined, b: EntrySize | undefined): EntrySize | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { container: a.container, key: union(a.key, b.key), value: union(a.value, b.value) };
}

function sizeOfLiteral(value: Value): number {
  if (typeof value === "string") return codePoints(value);
  return value instanceof Uint8Array ? value.length : 1;
}

function sizeOfExpr(expr: Expr): Range | undefined {
  switch (expr.kind) {
    case "literal":
      return fixed(sizeOfLiteral(expr.value));
    case "list":
      return fixed(expr.elements.length);
    case "map":
      return fixed(expr.entries.length);
    default:
      return undefined;
  }
}

function isScalar(type: Type): boolean {
  const inner = unwrapOptional(type);
  if (inner !== undefined) return isScalar(inner);
  return ["bool", "double", "duration", "int", "timestamp", "uint"].includes(type.kind);
}

/** The standard price of a call without its arguments. */
function standardEstimate(
  overload: string,
  target: CostNode | undefined,
  args: readonly CostNode[],
): CallEstimate {
  const size = (node: CostNode | undefined) => node?.size ?? UNKNOWN;
  switch (overload) {
    case "string_format":
      return { cost: times(size(target), TRAVERSAL) };
    case "string_to_bytes": {
      const { min, max } = size(args[0]);
      return { cost: times(size(args[0]), TRAVERSAL), size: { min, max: cap(max * 4) } };
    }
    case "bytes_to_string": {
      const { min, max } = size(args[0]);
      return { cost: times(size(args[0]), TRAVERSAL), size: { min: Math.floor(min / 4), max } };
    }
    case "strings_quote": {
      const { min, max } = size(args[0]);
      return {
        cost: times(size(args[0]), TRAVERSAL),
        size: { min: min + 2, max: cap(max * 2 + 2) },
      };
    }
    case "starts_with_string":
    case "ends_with_string":
      return { cost: times(size(args[0]), TRAVERSAL) };
    case "in_list":
      return { cost: size(args[1]) };
    case "matches_string":
      return {
        cost: product(
          times(sum(size(target), fixed(1)), TRAVERSAL),
          times(size(args[0]), REGEX),
        ),
      };
    case "contains_string":
      return { cost: product(times(size(target), TRAVERSAL), times(size(args[0]), TRAVERSAL)) };
    case "add_list":
      return { cost: fixed(1), size: sum(size(args[0]), size(args[1])) };
    case "add_string":
    case "add_bytes": {
      const joined = sum(size(args[0]), size(args[1]));
      return { cost: times(joined, TRAVERSAL), size: joined };
    }
    default:
      if (!/^(?:equals|not_equals|(?:less|greater)(?:_equals)?_(?:string|bytes))$/.test(overload)) {
        return { cost: fixed(1) };
      }
      return { cost: comparison(size(args[0]), size(args[1])) };
  }
}

function comparison(left: Range, right: Range): Range {
  const smaller = Math.min(left.max, right.max);
  return times({ min: smaller > 0 ? 1 : 0, max: smaller }, TRAVERSAL);
}
