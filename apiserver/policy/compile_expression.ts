// Compiles the expressions of admission policies, and tells what is wrong
// with them when policies are written. Source: k8s.io/apiserver
// admission/plugin/cel/compile.go.

import { compileExpression, problemOf } from "../../runtime/cel/compile.ts";
import type { Environment } from "../../runtime/cel/environment.ts";
import type { Program } from "../../runtime/cel/planner.ts";
import * as types from "../../runtime/cel/types.ts";
import type { Type } from "../../runtime/cel/types.ts";
import type {
  ExpressionCheck,
  ExpressionResult,
  ExpressionUse,
} from "../kinds/expression_check.ts";
import {
  type Declared,
  DEVICE_ENVIRONMENT,
  OBJECT,
  PATCHES,
  policyEnvironment,
} from "./variables.ts";

/** A compiled expression, or why there is none. */
export type CompiledExpression =
  | {
    readonly expression: string;
    readonly program: Program;
    readonly type: Type;
    /** The variables in the order in which the program takes them. */
    readonly variables: readonly string[];
  }
  | {
    readonly expression: string;
    readonly error: string;
    /** It is well formed and typed, but can only fail. */
    readonly instantiation?: true;
  };

const RESULTS: Readonly<Record<Exclude<ExpressionResult, "any">, readonly Type[]>> = {
  bool: [types.BOOL],
  string: [types.STRING],
  stringOrNull: [types.STRING, types.NULL],
  object: [OBJECT],
  patches: [PATCHES],
};

/** A type by its run-time name, as errors about results print it. */
function typeName(type: Type): string {
  return type.params.length === 0
    ? type.name
    : `${type.name}(${type.params.map(typeName).join(", ")})`;
}

/** Compiles an expression that has to come to that. */
export function compileFor(
  expression: string,
  environment: Environment,
  result: ExpressionResult,
): CompiledExpression {
  const compiled = compileExpression(expression, environment);
  if ("instantiation" in compiled) {
    return { expression, error: problemOf(compiled), instantiation: true };
  }
  if (!("program" in compiled)) return { expression, error: problemOf(compiled) };
  const { type } = compiled.ast;
  const wanted = result === "any" ? [type] : RESULTS[result];
  if (!wanted.some((one) => one.equals(type))) {
    const list = wanted.map(typeName);
    const words = list.length === 1 ? list[0] : `one of [${list.join(" ")}]`;
    return { expression, error: `must evaluate to ${words} but got ${typeName(type)}` };
  }
  const { program } = compiled;
  return { expression, program, type, variables: [...environment.variables.keys()] };
}

/** The types of named variables, each of which may use those before it. */
export function variableTypes(
  variables: readonly { readonly name: string; readonly expression: string }[],
  declared: Omit<Declared, "variables">,
): Map<string, Type> {
  const known = new Map<string, Type>();
  for (const { name, expression } of variables) {
    const environment = policyEnvironment({ ...declared, variables: new Map(known) });
    const compiled = compileFor(expression, environment, "any");
    known.set(name, "error" in compiled ? types.DYN : compiled.type);
  }
  return known;
}

function environmentOf(use: ExpressionUse): Environment {
  if (use.device === true) return DEVICE_ENVIRONMENT;
  const declared = {
    hasParams: use.hasParams,
    hasAuthorizer: use.hasAuthorizer,
    hasPatchTypes: use.result === "object" || use.result === "patches",
  };
  return policyEnvironment(
    use.variables === undefined ? declared : {
      ...declared,
      // Variables cannot make what mutations make.
      variables: variableTypes(use.variables, { ...declared, hasPatchTypes: false }),
    },
  );
}

/** Selectors of devices have words of their own for results of another type. */
function compileForDevice(expression: string, environment: Environment): CompiledExpression {
  const compiled = compileFor(expression, environment, "any");
  if ("error" in compiled || types.BOOL.equals(compiled.type)) return compiled;
  const error = `must evaluate to bool or the unknown type, not ${typeName(compiled.type)}`;
  return types.DYN.equals(compiled.type) ? compiled : { expression, error };
}

/** What is wrong with an expression of an admission kind when it is written. */
export const checkExpression: ExpressionCheck = (expression, use) => {
  const environment = environmentOf(use);
  const compiled = use.device === true
    ? compileForDevice(expression, environment)
    : compileFor(expression, environment, use.result);
  if (!("error" in compiled)) return undefined;
  const type = compiled.instantiation === true ? "internal" : "invalid";
  return { type, detail: compiled.error };
};
