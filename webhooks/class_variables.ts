// Variables of a Cluster's topology: filled in and checked by the schemas
// that its ClusterClass defines. Source: Cluster API's topology variables.

import { evaluateRules, type FieldPaths, ruleTree } from "../runtime/cel/rules/mod.ts";
import { type FieldError, invalid, required, typeInvalid } from "../runtime/field/error.ts";
import { goJson } from "../runtime/go_text.ts";
import { clone, type JsonObject, type JsonValue } from "../runtime/object.ts";
import { applyDefaults } from "../runtime/schema/defaults.ts";
import type { SchemaNode } from "../runtime/schema/node.ts";
import { prune } from "../runtime/schema/prune.ts";
import { compileStructural } from "../runtime/schema/structural.ts";
import { validateKeywords } from "../runtime/schema/validate.ts";
import type { ClusterVariable, StatusVariable, Topology } from "./class_types.ts";
import { showingWhole } from "./variable_errors.ts";

/** Scalars have no defaults of their own: values stand in an object under this name. */
const WRAPPED = "variableValue";
const samePath: FieldPaths = (_schema, path) => path.replace(/^\./, "");

/** Fills in the variables of a topology and checks them. The topology may be changed; answers what is wrong. */
export function defaultAndValidateVariables(
  topology: Topology,
  old: Topology | undefined,
  definitions: readonly StatusVariable[],
): FieldError[] {
  const errors = defaultTopologyVariables(topology, definitions);
  return errors.length > 0 ? errors : validateTopologyVariables(topology, old, definitions);
}

interface VariableList {
  values: readonly ClusterVariable[] | undefined;
  readonly path: string;
  /** Of the whole Cluster: all that are required must be there. */
  readonly global: boolean;
  set(values: readonly ClusterVariable[]): void;
}

/** Every list of variables in a topology. */
function listsOf(topology: Topology): VariableList[] {
  const overridesOf = (holder: Changeable, path: string): VariableList => ({
    values: holder.variables?.overrides,
    path: `${path}.variables.overrides`,
    global: false,
    set: (values) => {
      holder.variables = { ...holder.variables, overrides: values };
    },
  });
  const path = "spec.topology";
  const { controlPlane, workers } = topology;
  return [
    {
      values: topology.variables,
      path: `${path}.variables`,
      global: true,
      set: (values) => {
        (topology as { variables?: readonly ClusterVariable[] }).variables = values;
      },
    },
    ...(controlPlane === undefined ? [] : [overridesOf(controlPlane, `${path}.controlPlane`)]),
    ...(workers?.machineDeployments ?? []).map((one) =>
      overridesOf(one, `${path}.workers.machineDeployments[${one.name}]`)
    ),
  ];
}

interface Changeable {
  variables?: { readonly overrides?: readonly ClusterVariable[] };
}

/** Fills in defaults; answers why that cannot be done. */
export function defaultTopologyVariables(
  topology: Topology,
  definitions: readonly StatusVariable[],
): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of listsOf(topology)) {
    const { values = [], path, global } = list;
    const problems = checkLists(values, definitions, path);
    if (problems.length > 0) return problems;
    const present = new Set(values.map(({ name }) => name));
    const missing = global ? definitions.filter(({ name }) => !present.has(name)) : [];
    const names = [...values.map(({ name }) => name), ...missing.map(({ name }) => name)];
    const defaulted: ClusterVariable[] = [];
    for (const name of names) {
      const schema = schemaOf(definitions, name);
      const given = values.find((one) => one.name === name);
      // The server takes a null for none at all.
      const value = given === undefined ? undefined : given.value ?? null;
      if (schema === undefined) {
        errors.push(invalid(key(path, name), rawOf(value), "variable is not defined"));
        continue;
      }
      if (value === undefined && schema.default === undefined) continue;
      const wrapped: JsonObject = value === undefined ? {} : { [WRAPPED]: clone(value) };
      applyDefaults(nodeOf(schema), wrapped);
      defaulted.push({ name, value: wrapped[WRAPPED] ?? null });
    }
    if (errors.length === 0 && defaulted.length > 0) list.set(defaulted);
  }
  return errors;
}

/** What is wrong with the variables of a topology. */
export function validateTopologyVariables(
  topology: Topology,
  old: Topology | undefined,
  definitions: readonly StatusVariable[],
): FieldError[] {
  const before = old === undefined ? [] : listsOf(old);
  return listsOf(topology).flatMap(({ values = [], path, global }) => {
    const problems = checkLists(values, definitions, path);
    if (problems.length > 0) return problems;
    const former = before.find((list) => list.path === path)?.values ?? [];
    return [
      ...(global ? missingVariables(values, definitions, path) : []),
      ...values.flatMap(({ name, value }) => {
        const schema = schemaOf(definitions, name);
        if (schema === undefined) {
          return [invalid(key(path, name), rawOf(value), "variable is not defined")];
        }
        const oldValue = former.find((one) => one.name === name)?.value;
        return validateVariable({ name, value: value ?? null }, oldValue, schema, key(path, name));
      }),
    ];
  });
}

/** What is wrong with one variable's value at `path`. */
export function validateVariable(
  { name, value }: ClusterVariable,
  old: JsonValue | undefined,
  schema: JsonObject,
  path: string,
): FieldError[] {
  const raw = goJson(value);
  if (value === null && schema.nullable !== true) {
    return [invalid(`${path}.value`, raw, `must be of type ${schema.type}: "null"`)];
  }
  const errors = validateKeywords(compileStructural(schema), value, `${path}.value`);
  if (errors.length > 0) return errors.map((error) => showingWhole(error, raw));
  const node = nodeOf(schema);
  const wrapped = { [WRAPPED]: clone(value) };
  const unknown = prune(node, clone(wrapped)).map((field) => field.replace(`${WRAPPED}.`, ""));
  if (unknown.length > 0) {
    return [
      invalid(
        path,
        raw,
        `failed validation: "${
          unknown.join(",")
        }" field(s) are not specified in the variable schema of variable "${name}"`,
      ),
    ];
  }
  const tree = ruleTree(wrappedSchema(schema), samePath, false);
  if (tree === undefined) return [];
  const before = old === undefined ? undefined : { [WRAPPED]: old };
  return evaluateRules(tree, wrapped, "", before, () => {}, false).map((error) =>
    showingWhole({ ...error, field: `${path}.value${error.field.slice(WRAPPED.length)}` }, raw)
  );
}

function missingVariables(
  values: readonly ClusterVariable[],
  definitions: readonly StatusVariable[],
  path: string,
): FieldError[] {
  return definitions.filter(({ name, definitions: [first] }) =>
    first?.required === true && !values.some((one) => one.name === name)
  ).map(({ name }) => required(path, `required variable "${name}" must be set`));
}

/** Lists that nothing can be said about: names twice, definitions that disagree. */
function checkLists(
  values: readonly ClusterVariable[],
  definitions: readonly StatusVariable[],
  path: string,
): FieldError[] {
  const bad = definitions.filter(({ definitionsConflict, definitions }) =>
    definitionsConflict === true || definitions.length === 0
  );
  if (bad.length > 0) {
    const all = definitions.map(({ name }) => `Name: ${name}`).join(",");
    const why = bad.map(({ name, definitions }) =>
      `variable "${name}" has ${
        definitions.length === 0 ? "no definitions" : "conflicting definitions"
      }`
    );
    return [
      typeInvalid(
        path,
        `[${all}]`,
        `variable definitions in the ClusterClass not valid: ${
          why.length === 1 ? why[0] : `[${why.join(", ")}]`
        }`,
      ),
    ];
  }
  const names = values.map(({ name }) => name);
  return values.filter(({ name }, i) => names.indexOf(name) < i).map(({ name, value }) =>
    invalid(key(path, name), rawOf(value), `variable "${name}" is set more than once`)
  );
}

/** A value in JSON; nothing for null. */
function rawOf(value: JsonValue | undefined): string {
  return value === undefined || value === null ? "" : goJson(value);
}

function schemaOf(definitions: readonly StatusVariable[], name: string): JsonObject | undefined {
  return definitions.find((one) => one.name === name)?.definitions[0]?.schema.openAPIV3Schema;
}

function key(path: string, name: string): string {
  return `${path}[${name}]`;
}

function wrappedSchema(schema: JsonObject): JsonObject {
  return { type: "object", properties: { [WRAPPED]: schema } };
}

function nodeOf(schema: JsonObject): SchemaNode {
  return compileStructural(wrappedSchema(schema));
}
