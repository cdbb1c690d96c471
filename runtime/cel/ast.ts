// The syntax tree of a CEL expression: what the parser makes, the checker
// annotates (by node id) and the planner turns into closures. Macros are
// expanded already. Source: the CEL language definition.

import type { Value } from "./values.ts";

/** A constant. */
export interface LiteralExpr {
  readonly kind: "literal";
  readonly id: number;
  readonly value: Value;
}

/** A variable, or after checking a constant of the environment. */
export interface IdentExpr {
  readonly kind: "ident";
  readonly id: number;
  name: string;
}

/** `operand.field`, or `has(operand.field)` where `testOnly`. */
export interface SelectExpr {
  readonly kind: "select";
  readonly id: number;
  readonly operand: Expr;
  readonly field: string;
  readonly testOnly: boolean;
  /** The qualified name that the checker found this select to be. */
  resolved?: string;
}

/** A call of a function, an operator or a member function. */
export interface CallExpr {
  readonly kind: "call";
  readonly id: number;
  function: string;
  target: Expr | undefined;
  readonly args: readonly Expr[];
}

/** `[a, ?b]`. */
export interface ListExpr {
  readonly kind: "list";
  readonly id: number;
  readonly elements: readonly Expr[];
  /** The positions of optional elements. */
  readonly optionals: readonly number[];
}

/** An entry of a map literal. */
export interface MapEntry {
  readonly id: number;
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

/** `{k: v}`. */
export interface MapExpr {
  readonly kind: "map";
  readonly id: number;
  readonly entries: readonly MapEntry[];
}

/** A field of a message literal. */
export interface StructField {
  readonly id: number;
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
}

/** `Type{field: value}`. */
export interface StructExpr {
  readonly kind: "struct";
  readonly id: number;
  typeName: string;
  readonly fields: readonly StructField[];
}

/** A fold over a list or map; all looping macros expand to it. */
export interface ComprehensionExpr {
  readonly kind: "comprehension";
  readonly id: number;
  readonly range: Expr;
  readonly variable: string;
  /** The second variable of two-variable comprehensions. */
  readonly variable2: string | undefined;
  readonly accumulator: string;
  readonly init: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

/** A node that stands where the source was wrong. */
export interface ErrorExpr {
  readonly kind: "error";
  readonly id: number;
}

/** Any node. */
export type Expr =
  | LiteralExpr
  | IdentExpr
  | SelectExpr
  | CallExpr
  | ListExpr
  | MapExpr
  | StructExpr
  | ComprehensionExpr
  | ErrorExpr;

/** A parsed expression: the tree and where its nodes stand. */
export interface Ast {
  readonly root: Expr;
  /** Offset in code points by node id. */
  readonly offsets: ReadonlyMap<number, number>;
  /** What macros were written as, by the id of what they became. */
  readonly macroCalls: ReadonlyMap<number, CallExpr>;
}

/** The variable that macros fold into. */
export const ACCUMULATOR = "@result";

/** `a.b.c` of nested selects on an identifier; `undefined` for anything else. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === "ident") return expr.name;
  if (expr.kind !== "select" || expr.testOnly) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}
