// Variables of a Cluster's topology: filled in and checked by the schemas
// that its ClusterClass defines. Source: Cluster API's topology variables.

import { type FieldError, invalid, required, typeInvalid } from "../runtime/field/error.ts";
import { goJson } from "../runtime/go_text.ts";
import type { JsonValue } from "../runtime/object.ts";
import type { ClusterVariable, StatusVariable, Topology } from "./class_types.ts";
import { VariableValidator } from "./variable_validator.ts";

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
      const validator = validatorOf(definitions, name);
      const given = values.find((one) => one.name === name);
      // The server takes a null for none at all.
      const value = given === undefined ? undefined : given.value ?? null;
      if (validator === undefined) {
        errors.push(invalid(key(path, name), rawOf(value), "variable is not defined"));
        continue;
      }
      const filled = validator.withDefaults(value);
      if (filled !== undefined) defaulted.push({ name, value: filled });
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
        const validator = validatorOf(definitions, name);
        if (validator === undefined) {
          return [invalid(key(path, name), rawOf(value), "variable is not defined")];
        }
        const before = former.find((one) => one.name === name)?.value;
        return validator.validate(name, value ?? null, before, key(path, name));
      }),
    ];
  });
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

function validatorOf(
  definitions: readonly StatusVariable[],
  name: string,
): VariableValidator | undefined {
  const schema = definitions.find((one) => one.name === name)?.definitions[0]?.schema;
  return schema === undefined ? undefined : VariableValidator.of(schema.openAPIV3Schema);
}

function key(path: string, name: string): string {
  return `${path}[${name}]`;
}
