// From text to a program: parse, check, plan.

import type { Ast } from "./ast.ts";
import { check, type CheckedAst } from "./checker.ts";
import type { Environment } from "./environment.ts";
import { parse } from "./parser.ts";
import { InstantiationError } from "./_plan_call.ts";
import { plan, type Program } from "./planner.ts";
import { Issues, Source } from "./source.ts";
import { validateLiterals } from "./validate_literals.ts";

/** A compiled expression, or what is wrong with it. */
export type Compilation =
  | { readonly ast: CheckedAst; readonly program: Program }
  | { readonly issues: Issues }
  /** What is computed beforehand fails: why. */
  | { readonly instantiation: string };

/** Parses an expression. */
export function parseExpression(
  text: string,
  environment: Environment,
): { readonly ast: Ast; readonly issues: Issues } {
  const source = new Source(text);
  const issues = new Issues(source);
  const ast = parse(source, issues, {
    macros: environment.macros,
    optionalSyntax: environment.optionalSyntax,
    escapedIdentifiers: environment.options.escapedIdentifiers === true,
  });
  return { ast, issues };
}

/** Parses, checks and plans an expression. */
export function compileExpression(text: string, environment: Environment): Compilation {
  const { ast, issues } = parseExpression(text, environment);
  if (issues.count > 0) return { issues };
  const checked = check(ast, environment, issues);
  if (issues.count > 0) return { issues };
  if (environment.options.validateLiterals === true) {
    validateLiterals(checked, issues);
    if (issues.count > 0) return { issues };
  }
  try {
    return { ast: checked, program: plan(checked, environment) };
  } catch (error) {
    if (!(error instanceof InstantiationError)) throw error;
    return { instantiation: error.message };
  }
}

/** What is wrong with an expression that did not compile, as errors say it after `stage`. */
export function problemOf(compilation: Exclude<Compilation, { program: unknown }>): string {
  return "issues" in compilation
    ? `compilation failed: ${compilation.issues}`
    : `program instantiation failed: ${compilation.instantiation}`;
}
