// Match conditions of webhooks: CEL expressions that all have to hold before
// a webhook is asked. Compiled once for each configuration; what is checked
// when a configuration is written is apiserver/kinds' business.
// Source: k8s.io/apiserver admission/plugin/webhook/matchconditions and
// admission/plugin/cel.

import { compileExpression, problemOf } from "../../runtime/cel/compile.ts";
import { KUBERNETES } from "../../runtime/cel/kubernetes.ts";
import { AUTHORIZER_TYPE, Check } from "../../runtime/cel/libraries/authorizer.ts";
import type { Program } from "../../runtime/cel/planner.ts";
import { DYN } from "../../runtime/cel/types.ts";
import { CostExceeded, EvaluationError, type Value } from "../../runtime/cel/values.ts";
import type { JsonObject, JsonValue } from "../../runtime/object.ts";
import { expressionAuthorizer } from "../auth/expression_authorizer.ts";
import type { Authorizer } from "../auth/types.ts";
import { admissionRequest } from "./admission_review.ts";
import { dynamicValue } from "../../runtime/cel/json_values.ts";
import type { MatchCondition } from "./hooks.ts";
import type { MatchConditions, MatchResult } from "./match.ts";

/** The most that all conditions of one webhook may cost. */
const BUDGET = 2_500_000;
/** The most that one may cost. */
const CALL_COST_MAX = 1_000_000;

const ENVIRONMENT = KUBERNETES.extend({
  variables: { object: DYN, oldObject: DYN, request: DYN, authorizer: AUTHORIZER_TYPE },
});

/** A condition ready to be evaluated, or why it cannot be. */
type Compiled = { readonly expression: string; readonly program: Program } | {
  readonly error: string;
};

const compiled = new WeakMap<readonly MatchCondition[], readonly Compiled[]>();

function compile(conditions: readonly MatchCondition[]): readonly Compiled[] {
  let known = compiled.get(conditions);
  if (known === undefined) {
    compiled.set(
      conditions,
      known = conditions.map(({ expression }) => {
        const compilation = compileExpression(expression, ENVIRONMENT);
        return !("program" in compilation)
          ? { error: `compilation error: ${problemOf(compilation)}` }
          : { expression, program: compilation.program };
      }),
    );
  }
  return known;
}

/** Evaluates match conditions; `authorizer` answers what they ask about permissions. Absent: everything is allowed. */
export function matchConditions(authorizer?: Authorizer): MatchConditions {
  return (conditions, { attributes, subject, objects, failurePolicy }) => {
    const { user } = attributes.context;
    const request = admissionRequest("", subject, attributes, objects);
    const variables: Value[] = [
      dynamicValue((objects.object ?? null) as unknown as JsonValue),
      dynamicValue((objects.old ?? null) as unknown as JsonValue),
      dynamicValue(withoutObjects(request)),
      new Check(AUTHORIZER_TYPE, expressionAuthorizer(authorizer, user)),
    ];
    const failing = (error: string): MatchResult =>
      failurePolicy === "Ignore" ? { matches: false } : { error };
    const errors: string[] = [];
    let budget = BUDGET;
    for (const condition of compile(conditions)) {
      if ("error" in condition) {
        errors.push(condition.error);
        continue;
      }
      const spent = { cost: 0 };
      const result = evaluate(condition, variables, spent);
      if (spent.cost > budget) {
        return failing(
          "validation failed due to running out of cost budget, no further validation rules will be run",
        );
      }
      budget -= spent.cost;
      if (typeof result === "string") errors.push(result);
      else if (!result) return { matches: false };
    }
    return errors.length === 0 ? { matches: true } : failing(aggregate(errors));
  };
}

/** Whether the condition holds, or why it cannot be told. */
function evaluate(
  { expression, program }: Extract<Compiled, { program: Program }>,
  variables: readonly Value[],
  spent: { cost: number },
): boolean | string {
  try {
    return program.run(variables, CALL_COST_MAX, spent) === true;
  } catch (error) {
    if (!(error instanceof EvaluationError) && !(error instanceof CostExceeded)) throw error;
    return `expression '${expression}' resulted in error: ${error.message}`;
  }
}

function aggregate(errors: readonly string[]): string {
  const texts = [...new Set(errors)];
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

/** Expressions find the objects beside the request, not in it. */
function withoutObjects({ object: _, oldObject: __, ...request }: JsonObject): JsonObject {
  return request;
}
