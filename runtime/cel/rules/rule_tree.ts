// The rules of a schema and all below it, and their evaluation: parents
// before children, within a budget for the whole object. Rules that only an
// update may break see the value before; what did not change is let off with
// a warning. Source: apiextensions-apiserver pkg/apiserver/schema/cel.

import { stringifyJson } from "../../json.ts";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  printFieldError,
  required,
} from "../../field/error.ts";
import type { JsonObject, JsonValue } from "../../object.ts";
import { itemFinder } from "../../schema/_list_items.ts";
import { type Correlated, itemMatcher, memberOf, unchanged } from "../../schema/_ratchet.ts";
import { escapeFieldName } from "../field_names.ts";
import { BUDGET, CALL_COST_MAX } from "../kubernetes.ts";
import { type DeclaredType, declareSchema } from "../schema_types.ts";
import { CostExceeded, EvaluationError, Optional, type Value } from "../values.ts";
import { type CompiledRule, compileRules, type FieldPaths, rulesOf } from "./compile_rule.ts";

const MESSAGE_BYTES_MAX = 5 * 1024;
const OUT_OF_BUDGET =
  "validation failed due to running out of cost budget, no further validation rules will be run";

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A schema's rules, and those below it. */
export interface RuleNode {
  readonly schema: JsonObject;
  readonly declared: DeclaredType;
  readonly rules: readonly CompiledRule[];
  readonly usesOldSelf: boolean;
  readonly items?: RuleNode;
  readonly values?: RuleNode;
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly allOf: readonly RuleNode[];
}

/** The rules of a schema; `undefined` when there are none. Values are whole objects unless `isResource` is false. */
export function ruleTree(
  schema: JsonObject,
  fieldPaths: FieldPaths,
  isResource = true,
): RuleNode | undefined {
  if (!stringifyJson(schema).includes('"x-kubernetes-validations"')) return undefined;
  const declared = declareSchema(schema, "selfType", isResource);
  return declared === undefined ? undefined : build(schema, schema, declared, fieldPaths);
}

function build(
  own: JsonObject,
  node: JsonObject,
  declared: DeclaredType,
  fieldPaths: FieldPaths,
): RuleNode | undefined {
  const below = (name: "items" | "additionalProperties") => {
    const [child, at] = [own[name], node[name]];
    if (!isObject(child) || !isObject(at) || declared.items === undefined) return undefined;
    return build(child, at, declared.items, fieldPaths);
  };
  const items = below("items");
  const values = below("additionalProperties");
  const properties = new Map<string, RuleNode>();
  const [children, places] = [own.properties, node.properties];
  if (isObject(children) && isObject(places)) {
    for (const [name, child] of Object.entries(children)) {
      const place = places[name];
      if (!isObject(child) || !isObject(place)) continue;
      const made = buildProperty(name, child, place, declared, fieldPaths);
      if (made !== undefined) properties.set(name, made);
    }
  }
  const allOf = Array.isArray(own.allOf)
    ? own.allOf.filter(isObject).map((child) => build(child, node, declared, fieldPaths))
      .filter((child) => child !== undefined)
    : [];
  const rules = rulesOf(own).length === 0 ? [] : compileRules(
    own === node ? node : { ...node, "x-kubernetes-validations": own["x-kubernetes-validations"]! },
    declared,
    fieldPaths,
  );
  const empty = rules.length === 0 && items === undefined && values === undefined &&
    properties.size === 0 && allOf.length === 0;
  if (empty) return undefined;
  return {
    schema: node,
    declared,
    rules,
    usesOldSelf: rules.some(({ usesOldSelf }) => usesOldSelf),
    properties,
    allOf,
    ...(items === undefined ? {} : { items }),
    ...(values === undefined ? {} : { values }),
  };
}

function buildProperty(
  name: string,
  own: JsonObject,
  node: JsonObject,
  parent: DeclaredType,
  fieldPaths: FieldPaths,
): RuleNode | undefined {
  const escaped = escapeFieldName(name);
  const declared = escaped === undefined
    ? declareSchema(node, name, node["x-kubernetes-embedded-resource"] === true)
    : parent.fields?.get(escaped)?.declared;
  return declared === undefined ? undefined : build(own, node, declared, fieldPaths);
}

/** What belonged to a value before an update. */
interface Correlation {
  readonly current?: Correlated | undefined;
  readonly parent?: { readonly value: JsonValue; readonly before: Correlated } | undefined;
}

/** Thrown to end the evaluation of an object's rules. */
class Stopped {}

/**
 * The errors of the rules of a value. `warn` gets what is let off because it did not change;
 * unless `ratchets`, nothing is.
 */
export function evaluateRules(
  tree: RuleNode,
  value: JsonValue,
  field: string,
  old: JsonValue | undefined,
  warn: (text: string) => void,
  ratchets = true,
): FieldError[] {
  const evaluation = new Evaluation(warn);
  try {
    evaluation.visit(
      tree,
      value,
      field,
      old,
      old === undefined || !ratchets ? {} : { current: { old, schema: tree.schema } },
    );
  } catch (thrown) {
    if (!(thrown instanceof Stopped)) throw thrown;
  }
  return evaluation.errors;
}

class Evaluation {
  readonly errors: FieldError[] = [];
  #budget = BUDGET;

  constructor(readonly warn: (text: string) => void) {}

  visit(
    node: RuleNode,
    value: JsonValue,
    field: string,
    old: JsonValue | undefined,
    correlation: Correlation,
  ): void {
    if (value === null) return;
    if (node.rules.length > 0) this.#rules(node, value, field, old, correlation);
    for (const child of node.allOf) {
      this.visit(child, value, field, old, { parent: correlation.parent });
    }
    if (Array.isArray(value)) this.#list(node, value, field, old, correlation);
    else if (isObject(value)) this.#members(node, value, field, old, correlation);
  }

  #members(
    node: RuleNode,
    value: JsonObject,
    field: string,
    old: JsonValue | undefined,
    correlation: Correlation,
  ): void {
    const before = isObject(old) ? old : {};
    const child = (name: string): Correlation => {
      const { current, parent } = correlation;
      if (current === undefined) return correlation;
      if (parent === undefined && (name === "apiVersion" || name === "kind")) return {};
      return { current: memberOf(current, name), parent: { value, before: current } };
    };
    const was = (name: string) => Object.hasOwn(before, name) ? before[name] : undefined;
    if (node.values !== undefined) {
      for (const name of Object.keys(value).sort()) {
        this.visit(node.values, value[name]!, `${field}[${name}]`, was(name), child(name));
      }
    }
    for (const [name, property] of node.properties) {
      if (!Object.hasOwn(value, name)) continue;
      const at = field === "" ? name : `${field}.${name}`;
      this.visit(property, value[name]!, at, was(name), child(name));
    }
  }

  #list(
    { schema, items }: RuleNode,
    value: JsonValue[],
    field: string,
    old: JsonValue | undefined,
    correlation: Correlation,
  ): void {
    if (items === undefined) return;
    const keys = schema["x-kubernetes-list-map-keys"];
    const find = schema["x-kubernetes-list-type"] === "map" && Array.isArray(old)
      ? itemFinder(old, Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [])
      : () => undefined;
    const { current } = correlation;
    const match = current === undefined ? undefined : itemMatcher(current);
    value.forEach((item, index) => {
      const child: Correlation = current === undefined
        ? correlation
        : { current: match?.(item), parent: { value, before: current } };
      this.visit(items, item, `${field}[${index}]`, find(item), child);
    });
  }

  #rules(
    node: RuleNode,
    value: JsonValue,
    field: string,
    old: JsonValue | undefined,
    correlation: Correlation,
  ): void {
    const type = node.schema.type ?? "";
    const wrong = (detail: string) => void this.errors.push(invalid(field, type, detail));
    if (this.#budget <= 0) {
      wrong(OUT_OF_BUDGET);
      throw new Stopped();
    }
    const present = old !== undefined && old !== null;
    const self = lazily(() => node.declared.valueOf(value));
    const oldSelf = lazily(() => present ? node.declared.valueOf(old) : undefined);
    for (const compiled of node.rules) {
      const { rule, usesOldSelf } = compiled;
      if (compiled.error !== undefined) {
        wrong(`rule compile error: ${compiled.error}`);
        continue;
      }
      if (compiled.expression === undefined) continue;
      if (usesOldSelf && !present && rule.optionalOldSelf !== true) continue;
      const variables = () => [
        self(),
        !node.usesOldSelf
          ? undefined
          : rule.optionalOldSelf === true
          ? new Optional(oldSelf())
          : oldSelf(),
      ];
      const spent = { cost: 0 };
      let failure: EvaluationError | CostExceeded | undefined;
      let result: Value = null;
      try {
        result = compiled.expression.program.run(variables(), CALL_COST_MAX, spent);
      } catch (error) {
        if (!(error instanceof EvaluationError) && !(error instanceof CostExceeded)) throw error;
        failure = error;
      }
      if (spent.cost > this.#budget) {
        wrong(OUT_OF_BUDGET);
        throw new Stopped();
      }
      this.#budget -= spent.cost;
      if (failure !== undefined) this.#failed(compiled, failure, wrong);
      else if (result !== true) {
        this.#broken(node, compiled, value, field, correlation, variables);
      }
    }
  }

  #failed(
    { rule }: CompiledRule,
    failure: EvaluationError | CostExceeded,
    wrong: (detail: string) => void,
  ): void {
    const text = (rule.message === "" ? rule.rule : rule.message).trim();
    if (failure instanceof CostExceeded) {
      wrong(
        `'${failure.message}': no further validation rules will be run due to call cost exceeds ` +
          `limit for rule: ${text}`,
      );
      throw new Stopped();
    }
    if (failure.message.startsWith("no such overload")) {
      wrong(
        `'${failure.message}': call arguments did not match a supported operator, function or ` +
          `macro signature for rule: ${text}`,
      );
    } else wrong(`${failure.message} evaluating rule: ${text}`);
  }

  #broken(
    { schema }: RuleNode,
    compiled: CompiledRule,
    value: JsonValue,
    field: string,
    correlation: Correlation,
    variables: () => (Value | undefined)[],
  ): void {
    const { rule, fieldPath, usesOldSelf } = compiled;
    const at = fieldPath === undefined ? field : field === "" ? fieldPath : `${field}.${fieldPath}`;
    const add = (error: FieldError) => {
      if (!usesOldSelf && isUnchanged(value, correlation)) this.warn(printFieldError(error));
      else this.errors.push(error);
    };
    const message = this.#message(compiled, variables);
    if (typeof message === "object") {
      add(invalid(at, schema.type ?? "", message.stop));
      throw new Stopped();
    }
    const detail = message ??
      (rule.message === "" ? `failed rule: ${rule.rule.trim()}` : rule.message.trim());
    const omitted = schema.type === "object" || schema.type === "array";
    add(errorFor(rule.reason, at, value, omitted, detail));
  }

  /** The message that a rule's expression gives; `undefined` when it gives none. */
  #message(
    { message, rule }: CompiledRule,
    variables: () => (Value | undefined)[],
  ): string | undefined | { stop: string } {
    if (message === undefined) return undefined;
    const spent = { cost: 0 };
    let result: Value = null;
    let exceeded = false;
    try {
      result = message.program.run(variables(), CALL_COST_MAX, spent);
    } catch (error) {
      if (error instanceof CostExceeded) exceeded = true;
      else if (!(error instanceof EvaluationError)) throw error;
    }
    if (spent.cost > this.#budget) {
      return {
        stop: "messageExpression evaluation failed due to running out of cost budget, " +
          "no further validation rules will be run",
      };
    }
    if (exceeded) {
      return {
        stop: "no further validation rules will be run due to call cost exceeds limit for " +
          `messageExpression: ${JSON.stringify(rule.messageExpression)}`,
      };
    }
    this.#budget -= spent.cost;
    if (typeof result !== "string") return undefined;
    const text = result.trim();
    const usable = text !== "" && !text.includes("\n") &&
      new TextEncoder().encode(text).length <= MESSAGE_BYTES_MAX;
    return usable ? text : undefined;
  }
}

function isUnchanged(value: JsonValue, { current, parent }: Correlation): boolean {
  if (current !== undefined) return unchanged(value, current);
  return parent !== undefined && unchanged(parent.value, parent.before);
}

function errorFor(
  reason: string | undefined,
  field: string,
  value: JsonValue,
  omitted: boolean,
  detail: string,
): FieldError {
  switch (reason) {
    case "FieldValueForbidden":
      return forbiddenField(field, detail);
    case "FieldValueRequired":
      return required(field, detail);
    case "FieldValueDuplicate":
      return omitted
        ? { type: "FieldValueDuplicate", field, message: "Duplicate value" }
        : duplicate(field, value);
    default:
      return omitted
        ? { type: "FieldValueInvalid", field, message: `Invalid value: ${detail}` }
        : invalid(field, value, detail);
  }
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
