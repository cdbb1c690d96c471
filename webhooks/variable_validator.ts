// The schema of a variable, compiled once: it fills in defaults, and says what
// is wrong with a value. Source: Cluster API's validation of cluster variables.

import { evaluateRules, ruleTree } from "../runtime/cel/rules/mod.ts";
import { fieldPathOf } from "../runtime/definition_schema/rule_errors.ts";
import { type FieldError, invalid } from "../runtime/field/error.ts";
import { goJson } from "../runtime/go_text.ts";
import { clone, type JsonObject, type JsonValue } from "../runtime/object.ts";
import { applyDefaults } from "../runtime/schema/defaults.ts";
import type { SchemaNode } from "../runtime/schema/node.ts";
import { prune } from "../runtime/schema/prune.ts";
import { compileStructural } from "../runtime/schema/structural.ts";
import { validateKeywords } from "../runtime/schema/validate.ts";
import { showingWhole } from "./variable_errors.ts";

/** Scalars have no defaults of their own: values stand in an object under this name. */
const WRAPPED = "variableValue";

/** Compiled schemas; a ClusterClass that is stored is not changed, but replaced. */
const COMPILED = new WeakMap<JsonObject, VariableValidator>();

/** Judges the values of a variable. */
export class VariableValidator {
  readonly #schema: JsonObject;
  readonly #node: SchemaNode;
  readonly #wrapped: SchemaNode;
  readonly #rules: ReturnType<typeof ruleTree>;

  /** Of a schema that is structural. */
  constructor(schema: JsonObject) {
    const wrapped: JsonObject = { type: "object", properties: { [WRAPPED]: schema } };
    this.#schema = schema;
    this.#node = compileStructural(schema);
    this.#wrapped = compileStructural(wrapped);
    this.#rules = ruleTree(wrapped, fieldPathOf, false);
  }

  /** That of a schema which nobody changes any more. */
  static of(schema: JsonObject): VariableValidator {
    let validator = COMPILED.get(schema);
    if (validator === undefined) COMPILED.set(schema, validator = new VariableValidator(schema));
    return validator;
  }

  /** The value with its defaults, or the default where there is no value; `undefined` without either. */
  withDefaults(value: JsonValue | undefined): JsonValue | undefined {
    if (value === undefined && this.#schema.default === undefined) return undefined;
    const wrapped: JsonObject = value === undefined ? {} : { [WRAPPED]: clone(value) };
    applyDefaults(this.#wrapped, wrapped);
    return wrapped[WRAPPED] ?? null;
  }

  /** What is wrong with the value of the variable `name` at `path`. */
  validate(
    name: string,
    value: JsonValue,
    old: JsonValue | undefined,
    path: string,
  ): FieldError[] {
    const raw = goJson(value);
    const { type } = this.#schema;
    if (value === null && typeof type === "string") {
      return [invalid(`${path}.value`, raw, `must be of type ${type}: "null"`)];
    }
    const errors = validateKeywords(this.#node, value, `${path}.value`);
    if (errors.length > 0) return errors.map((error) => showingWhole(error, raw));
    const wrapped = { [WRAPPED]: value };
    const unknown = prune(this.#wrapped, clone(wrapped)).map((field) =>
      field.replace(`${WRAPPED}.`, "")
    ).join(",");
    if (unknown !== "") {
      return [invalid(
        path,
        raw,
        `failed validation: "${unknown}" field(s) are not specified in the variable schema of variable "${name}"`,
      )];
    }
    if (this.#rules === undefined) return [];
    const before = old === undefined ? undefined : { [WRAPPED]: old };
    return evaluateRules(this.#rules, wrapped, "", before, () => {}, false).map((error) =>
      showingWhole({ ...error, field: `${path}.value${error.field.slice(WRAPPED.length)}` }, raw)
    );
  }
}
