// One validation rule of a schema (x-kubernetes-validations), compiled for
// the type it stands on. Equal rules on equal schemas are compiled once in a
// process. Source: apiextensions-apiserver pkg/apiserver/schema/cel.

import { stringifyJson } from "../../json.ts";
import { createHash } from "node:crypto";
import type { JsonObject } from "../../object.ts";
import { compileExpression, problemOf } from "../compile.ts";
import type { Environment } from "../environment.ts";
import { estimateCost } from "../estimate.ts";
import { KUBERNETES } from "../kubernetes.ts";
import { KUBERNETES_COSTS } from "../kubernetes_costs.ts";
import type { Program } from "../planner.ts";
import { DeclaredSizes, type DeclaredType, SchemaTypes } from "../schema_types.ts";
import { BOOL, optionalType, STRING, type Type } from "../types.ts";
import { childrenOf } from "../validate_literals.ts";
import type { Expr } from "../ast.ts";

/** A rule as a schema has it. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression: string;
  readonly reason?: string;
  readonly fieldPath: string;
  readonly optionalOldSelf?: boolean;
}

/** A compiled expression and the most that evaluating it may cost. */
export interface Compiled {
  readonly program: Program;
  readonly costMax: number;
}

/** A compiled rule; what could not be compiled says why. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly expression?: Compiled;
  readonly error?: string;
  readonly message?: Compiled;
  readonly messageError?: string;
  readonly usesOldSelf: boolean;
  /** Below the value, in its normal form. */
  readonly fieldPath?: string;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The rules of a schema. */
export function rulesOf(schema: JsonObject): Rule[] {
  const rules = schema["x-kubernetes-validations"];
  if (!Array.isArray(rules)) return [];
  return rules.map((rule) => {
    const members = (rule ?? {}) as JsonObject;
    return {
      rule: text(members.rule),
      message: text(members.message),
      messageExpression: text(members.messageExpression),
      fieldPath: text(members.fieldPath),
      ...(typeof members.reason === "string" ? { reason: members.reason } : {}),
      ...(typeof members.optionalOldSelf === "boolean"
        ? { optionalOldSelf: members.optionalOldSelf }
        : {}),
    };
  });
}

/** Finds the normal form of a field path below a schema. */
export type FieldPaths = (schema: JsonObject, path: string) => string | undefined;

const COMPILED_MAX = 2_000;
const cache = new Map<string, readonly CompiledRule[]>();

/** Compiles the rules of a schema whose values have a declared type. */
export function compileRules(
  schema: JsonObject,
  declared: DeclaredType,
  fieldPaths: FieldPaths,
): readonly CompiledRule[] {
  const rules = rulesOf(schema);
  if (rules.length === 0) return [];
  const key = createHash("sha256").update(`${declared.type}\n${stringifyJson(schema)}`)
    .digest("base64");
  let compiled = cache.get(key);
  if (compiled === undefined) {
    const types = new SchemaTypes([declared]);
    const environments = [false, true].map((optional) =>
      environmentOf(declared.type, optional, types)
    );
    const sizes = new DeclaredSizes(() => declared);
    compiled = rules.map((rule) => {
      const environment = environments[rule.optionalOldSelf === true ? 1 : 0]!;
      const fieldPath = rule.fieldPath === "" ? undefined : fieldPaths(schema, rule.fieldPath);
      const made = compileRule(rule, environment, sizes);
      return fieldPath === undefined ? made : { ...made, fieldPath };
    });
    if (cache.size >= COMPILED_MAX) cache.clear();
    cache.set(key, compiled);
  }
  return compiled;
}

function environmentOf(self: Type, optional: boolean, provider: SchemaTypes): Environment {
  return KUBERNETES.extend({
    variables: { self, oldSelf: optional ? optionalType(self) : self },
    provider,
  });
}

function compileRule(rule: Rule, environment: Environment, sizes: DeclaredSizes): CompiledRule {
  if (rule.rule.trim() === "") return { rule, usesOldSelf: false };
  const compiled = compileExpression(rule.rule, environment);
  if ("issues" in compiled) return { rule, usesOldSelf: false, error: problemOf(compiled) };
  if ("program" in compiled && compiled.ast.type !== BOOL) {
    return { rule, usesOldSelf: false, error: "cel expression must evaluate to a bool" };
  }
  if (!("program" in compiled)) {
    return { rule, usesOldSelf: false, error: problemOf(compiled) };
  }
  const { ast, program } = compiled;
  const own = {
    rule,
    usesOldSelf: mentions(ast.root, "oldSelf"),
    expression: { program, costMax: estimateCost(ast, sizes, KUBERNETES_COSTS).max },
  };
  if (rule.messageExpression === "") return own;
  const message = compileExpression(rule.messageExpression, environment);
  if ("issues" in message) {
    return { ...own, messageError: `messageExpression compilation failed: ${message.issues}` };
  }
  if ("instantiation" in message) {
    const why = `messageExpression instantiation failed: ${message.instantiation}`;
    return { ...own, messageError: why };
  }
  if (message.ast.type !== STRING) {
    return { ...own, messageError: "messageExpression must evaluate to a string" };
  }
  const costMax = estimateCost(message.ast, sizes, KUBERNETES_COSTS).max;
  return { ...own, message: { program: message.program, costMax } };
}

/** Whether an expression names a variable. */
export function mentions(expr: Expr, variable: string): boolean {
  if (expr.kind === "ident" && expr.name === variable) return true;
  return childrenOf(expr).some((child) => mentions(child, variable));
}
