// Checks of checked expressions that go beyond types: literals of durations,
// timestamps and patterns must be good, and the items of list and map
// literals of one type. Source: the validators of cel-go.

import type { Expr } from "./ast.ts";
import type { CheckedAst } from "./checker.ts";
import { compileRegexp } from "../schema/_regexp.ts";
import { checkFormat } from "./_format_literals.ts";
import { converted, toDuration, toTimestamp } from "./conversions.ts";
import type { Issues } from "./source.ts";
import { type Type, unwrapOptional } from "./types.ts";
import { EvaluationError, type Value } from "./values.ts";

/** Reports literals that cannot be what they are used as. */
export function validateLiterals(ast: CheckedAst, issues: Issues): void {
  visit(ast.root, (expr) => {
    if (expr.kind !== "call") return;
    const [first] = expr.args;
    if (expr.function === "duration") literal(ast, issues, first, toDuration, "duration");
    else if (expr.function === "timestamp") literal(ast, issues, first, toTimestamp, "timestamp");
    else if (expr.function === "matches") pattern(ast, issues, expr.args.at(-1));
  });
  sameTypes(ast, issues);
  visit(ast.root, (expr) => {
    if (expr.kind === "call" && expr.function === "format") checkFormat(ast, issues, expr);
  });
}

function literal(
  ast: CheckedAst,
  issues: Issues,
  expr: Expr | undefined,
  convert: (value: Value) => Value,
  name: string,
): void {
  if (expr?.kind !== "literal") return;
  let wrong: boolean;
  try {
    wrong = converted(convert, expr.value) === undefined;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    wrong = true;
  }
  if (wrong) issues.report(ast.offsets.get(expr.id), `invalid ${name} argument`);
}

function pattern(ast: CheckedAst, issues: Issues, expr: Expr | undefined): void {
  if (expr?.kind !== "literal" || typeof expr.value !== "string") return;
  try {
    compileRegexp(expr.value);
  } catch {
    issues.report(ast.offsets.get(expr.id), "invalid matches argument");
  }
}

function sameTypes(ast: CheckedAst, issues: Issues): void {
  const typeOf = (expr: Expr): Type | undefined => ast.types.get(expr.id);
  visit(ast.root, (expr, exempt) => {
    if (exempt) return;
    if (expr.kind === "list") {
      let first: Type | undefined;
      expr.elements.forEach((element, index) => {
        let type = typeOf(element);
        if (type !== undefined && expr.optionals.includes(index)) {
          type = unwrapOptional(type) ?? type;
        }
        first = agree(ast, issues, element, first, type);
      });
    } else if (expr.kind === "map") {
      let keys: Type | undefined;
      let values: Type | undefined;
      for (const { key, value, optional } of expr.entries) {
        let type = typeOf(value);
        if (type !== undefined && optional) type = unwrapOptional(type) ?? type;
        keys = agree(ast, issues, key, keys, typeOf(key));
        values = agree(ast, issues, value, values, type);
      }
    }
  });
}

function agree(
  ast: CheckedAst,
  issues: Issues,
  expr: Expr,
  first: Type | undefined,
  type: Type | undefined,
): Type | undefined {
  if (first === undefined || type === undefined) return type;
  if (!first.equals(type)) {
    issues.report(ast.offsets.get(expr.id), `expected type '${first}' but found '${type}'`);
  }
  return first;
}

/** Calls `see` with every node; arguments of `format` may be of many types. */
function visit(expr: Expr, see: (expr: Expr, exempt: boolean) => void, exempt = false): void {
  see(expr, exempt);
  for (const child of childrenOf(expr)) {
    visit(child, see, exempt || (expr.kind === "call" && expr.function === "format"));
  }
}

/** The nodes right below a node. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "select":
      return [expr.operand];
    case "call":
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    case "list":
      return expr.elements;
    case "map":
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return expr.fields.map(({ value }) => value);
    case "comprehension":
      return [expr.range, expr.init, expr.condition, expr.step, expr.result];
    default:
      return [];
  }
}
