// What is wrong with the validation rules of a definition's schema: they do
// not compile, may cost too much, or look back where nothing can be looked
// back at. Source: apiextensions-apiserver apis/apiextensions/validation.

import { type FieldError, forbiddenField, invalid } from "../field/error.ts";
import { GoStruct } from "../go_text.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { escapeFieldName } from "../cel/field_names.ts";
import { type DeclaredType, declareSchema } from "../cel/schema_types.ts";
import { type CompiledRule, compileRules, type Rule } from "../cel/rules/mod.ts";
import { childSchema, type JsonSchema, schemaMap } from "./json_schema.ts";
import { findField } from "./field_path.ts";

const EXPRESSION_COST_MAX = 10_000_000;
const SCHEMA_COST_MAX = 100_000_000;
const COST_MAX = 18446744073709551615;
const REQUEST_BYTES_MAX = 3 * 1024 * 1024;
const BLAMED_MAX = 4;

/** What older definitions are let off, and how errors are worded. */
export interface RuleOptions {
  /** The schema is what it was: expensive rules are not found wrong again. */
  readonly unchanged?: boolean;
  /** The cost of what is told to be too high in all; `rule` by default. */
  readonly totalOf?: string;
  /** The schema is that of a whole resource, with apiVersion, kind and metadata; so it is by default. */
  readonly isResource?: boolean;
  /** What is told of rules that look back too far: the items instead of the list that they are in. */
  readonly tellsItems?: boolean;
}

/** The errors of all rules; nothing of schemas in which something else is wrong. */
export function ruleErrors(
  field: string,
  schema: JsonSchema,
  schemaErrors: readonly FieldError[],
  options: RuleOptions = {},
): FieldError[] {
  const check = new RuleCheck(schemaErrors, options);
  check.visit(schema, field, {
    declared: lazyType(() => declareSchema(schema, "selfType", options.isResource ?? true)),
    cardinality: 1,
    withinRules: false,
  });
  return [...check.errors, ...check.totalErrors(field)];
}

/** Where a schema stands among others. */
interface Place {
  readonly declared: () => DeclaredType | undefined;
  /** How often values of the schema may stand in an object; `undefined` without a limit. */
  readonly cardinality: number | undefined;
  readonly withinRules: boolean;
  /** Where old and new values stop belonging together. */
  readonly uncorrelatable?: string | undefined;
}

function lazyType(make: () => DeclaredType | undefined): () => DeclaredType | undefined {
  let made: { type: DeclaredType | undefined } | undefined;
  return () => (made ??= { type: make() }).type;
}

class RuleCheck {
  readonly errors: FieldError[] = [];
  #total = 0;
  #blamed: { field: string; cost: number }[] = [];

  constructor(readonly schemaErrors: readonly FieldError[], readonly options: RuleOptions) {}

  visit(schema: JsonSchema, field: string, place: Place): void {
    const withinRules = place.withinRules || hasRules(schema);
    const child = (
      at: JsonSchema,
      name: string,
      declared: (parent: DeclaredType) => DeclaredType | undefined,
    ): Place => ({
      withinRules,
      cardinality: cardinalityBelow(schema, place.cardinality),
      uncorrelatable: place.uncorrelatable ??
        (name === "items" && schema["x-kubernetes-list-type"] !== "map"
          ? field + (this.options.tellsItems === true ? ".items" : "")
          : undefined),
      declared: lazyType(() => {
        const parent = place.declared();
        return (parent === undefined ? undefined : declared(parent)) ??
          declareSchema(at, "selfType", at["x-kubernetes-embedded-resource"] === true);
      }),
    });
    const values = childSchema(schema["additionalProperties"]);
    if (values !== undefined) {
      const at = `${field}.additionalProperties`;
      this.visit(values, at, child(values, "additionalProperties", ({ items }) => items));
    }
    for (const [name, property] of schemaMap(schema["properties"])) {
      const escaped = escapeFieldName(name);
      const declared = ({ fields }: DeclaredType) =>
        escaped === undefined ? undefined : fields?.get(escaped)?.declared;
      this.visit(property, `${field}.properties[${name}]`, child(property, name, declared));
    }
    const items = childSchema(schema["items"]);
    if (items !== undefined) {
      this.visit(items, `${field}.items`, child(items, "items", (parent) => parent.items));
    }
    if (hasRules(schema) && !this.#isWrong(field)) this.#rules(schema, field, place);
  }

  #isWrong(field: string): boolean {
    return this.schemaErrors.some((error) => error.field.startsWith(field));
  }

  #rules(schema: JsonSchema, field: string, place: Place): void {
    const declared = place.declared();
    const at = `${field}.x-kubernetes-validations`;
    if (declared === undefined) {
      this.errors.push({
        type: "InternalError",
        field: at,
        message: "Internal error: internal error: failed to construct type information for " +
          "x-kubernetes-validations rules: unable to convert structural schema to CEL declarations",
      });
      return;
    }
    const times = place.cardinality ?? Math.floor(REQUEST_BYTES_MAX / (declared.jsonMin + 1));
    compileRules(schema, declared, fieldPathOf).forEach((compiled, index) =>
      this.#rule(compiled, `${at}[${index}]`, times, place)
    );
  }

  #rule(
    compiled: CompiledRule,
    at: string,
    times: number,
    place: Place,
  ): void {
    const { rule, expression, message } = compiled;
    this.#cost(`${at}.rule`, "estimated rule cost", (expression?.costMax ?? 0) * times);
    if (compiled.error !== undefined) {
      this.errors.push(invalid(`${at}.rule`, goRule(rule), compiled.error));
    }
    if (compiled.messageError !== undefined) {
      this.errors.push(invalid(`${at}.messageExpression`, goRule(rule), compiled.messageError));
    } else if (message !== undefined) {
      this.#cost(`${at}.messageExpression`, "estimated messageExpression cost", message.costMax);
    }
    if (compiled.usesOldSelf) {
      if (place.uncorrelatable === undefined) return;
      this.errors.push(
        invalid(
          `${at}.rule`,
          rule.rule,
          "oldSelf cannot be used on the uncorrelatable portion of the schema within " +
            place.uncorrelatable,
        ),
      );
    } else if (rule.optionalOldSelf !== undefined) {
      this.errors.push(
        invalid(
          `${at}.optionalOldSelf`,
          rule.optionalOldSelf,
          "may not be set if oldSelf is not used in rule",
        ),
      );
    }
  }

  #cost(field: string, name: string, estimated: number): void {
    const cost = Math.min(estimated, COST_MAX);
    if (this.options.unchanged !== true && cost > EXPRESSION_COST_MAX) {
      this.errors.push(forbiddenField(field, costMessage(name, cost, EXPRESSION_COST_MAX)));
    }
    this.#total = Math.min(this.#total + cost, COST_MAX);
    if (cost < SCHEMA_COST_MAX / 100) return;
    this.#blamed.push({ field, cost });
    this.#blamed.sort((a, b) => b.cost - a.cost);
    this.#blamed.length = Math.min(this.#blamed.length, BLAMED_MAX);
  }

  /** The errors of all rules together. */
  totalErrors(field: string): FieldError[] {
    if (this.#total <= SCHEMA_COST_MAX) return [];
    const { totalOf = "rule" } = this.options;
    const name =
      `x-kubernetes-validations estimated ${totalOf} cost total for entire OpenAPIv3 schema`;
    return [
      ...this.#blamed.map((blamed) =>
        forbiddenField(
          blamed.field,
          `contributed to estimated ${totalOf} cost total exceeding cost limit for entire OpenAPIv3 schema`,
        )
      ),
      forbiddenField(field, costMessage(name, this.#total, SCHEMA_COST_MAX)),
    ];
  }
}

function hasRules(schema: JsonSchema): boolean {
  const rules = schema["x-kubernetes-validations"];
  return Array.isArray(rules) && rules.length > 0;
}

/** The normal form of a rule's field path. */
export function fieldPathOf(schema: JsonObject, path: string): string | undefined {
  return findField(schema, path).path;
}

/** A rule as Go prints its internal form. */
function goRule(rule: Rule): GoStruct {
  return Object.assign(new GoStruct(), {
    Rule: rule.rule,
    Message: rule.message,
    MessageExpression: rule.messageExpression,
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath,
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  });
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" ? Math.max(0, value) : undefined;
}

/** How often values of a child may stand in an object. */
function cardinalityBelow(schema: JsonSchema, own: number | undefined): number | undefined {
  if (own === undefined) return undefined;
  let most: number | undefined = 1;
  if (schema["type"] === "array") most = count(schema["maxItems"]);
  else if (schema["type"] === "object" && schema["additionalProperties"] !== undefined) {
    most = count(schema["maxProperties"]);
  }
  return most === undefined ? undefined : own * most;
}

function costMessage(name: string, cost: number, max: number): string {
  const factor = cost / max;
  let times = `${factor.toFixed(1)}x`;
  if (factor > 100) times = "more than 100x";
  else if (factor < 1.5) times = `${factor.toFixed(6)}x`;
  return `${name} exceeds budget by factor of ${times} (try simplifying the rule, or adding ` +
    "maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
}
