// The seam through which admission kinds have their CEL expressions checked
// when they are written. What CEL is, is runtime/cel.

import {
  type FieldError,
  internalFieldError,
  invalid,
  required,
} from "../../runtime/field/error.ts";

/** What an expression must come to. `object` is an apply configuration, `patches` a list of JSON patches, `any` a variable. */
export type ExpressionResult = "bool" | "string" | "stringOrNull" | "object" | "patches" | "any";

/** A named expression that later ones can use as `variables.name`. */
export interface ExpressionVariable {
  readonly name: string;
  readonly expression: string;
}

/** Where an expression stands and what it may use. */
export interface ExpressionUse {
  readonly result: ExpressionResult;
  /** `params` is declared. */
  readonly hasParams: boolean;
  /** `authorizer` is declared. */
  readonly hasAuthorizer: boolean;
  /** The variables declared before it; absent where `variables` does not exist. */
  readonly variables?: readonly ExpressionVariable[];
  /** It is about a device (`device` is declared), not about a request. */
  readonly device?: boolean;
}

/** Why an expression is refused. */
export interface ExpressionProblem {
  readonly type: "required" | "invalid" | "internal";
  readonly detail: string;
}

/** Compiles an expression; answers what is wrong with it, or `undefined`. */
export type ExpressionCheck = (
  expression: string,
  use: ExpressionUse,
) => ExpressionProblem | undefined;

/** Accepts every expression: for servers without CEL. */
export const acceptExpressions: ExpressionCheck = () => undefined;

/** The field error of an expression's problem, if it has one. `shown` is the text that the error prints. */
export function expressionErrors(
  check: ExpressionCheck,
  expression: string,
  use: ExpressionUse,
  field: string,
  shown: string = expression,
): FieldError[] {
  const problem = check(expression, use);
  if (problem === undefined) return [];
  switch (problem.type) {
    case "required":
      return [required(field, problem.detail)];
    case "invalid":
      return [invalid(field, shown, problem.detail)];
    case "internal":
      return [internalFieldError(field, problem.detail)];
  }
}
