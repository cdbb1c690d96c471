// What is wrong with the variables that a ClusterClass defines: their names,
// and schemas that values could not be judged by. Source: Cluster API's
// validation of ClusterClass variables.

import { type FieldError, invalid, required } from "../runtime/field/error.ts";
import { goQuote } from "../runtime/go_text.ts";
import { type JsonSchema, schemaHas } from "../runtime/definition_schema/json_schema.ts";
import { ruleErrors } from "../runtime/definition_schema/rule_errors.ts";
import { defaultsErrors } from "../runtime/definition_schema/validate_defaults.ts";
import {
  structuralErrors,
  unstructurable,
} from "../runtime/definition_schema/validate_structural.ts";
import type { ClusterClassSpec } from "./class_types.ts";
import { validateTemplateMetadata } from "./template_metadata.ts";
import { schemaFormErrors, schemaValueErrors } from "./variable_schema.ts";

type Variable = NonNullable<ClusterClassSpec["variables"]>[number];

/** Schemas are structural only at objects: they stand in one under this name. */
const WRAPPED = "variableSchema";

/** What is wrong with `spec.variables`; `old` are the variables before an update. */
export function validateClassVariables(
  variables: readonly Variable[],
  old: readonly Variable[] = [],
): FieldError[] {
  const names = variables.map(({ name }) => name);
  const twice = names.filter((name, i) => names.indexOf(name) < i);
  return [
    ...twice.map((name) =>
      invalid(
        `spec.variables[${name}].name`,
        name,
        `variable name must be unique. Variable with name ${
          goQuote(name)
        } is defined more than once`,
      )
    ),
    ...variables.flatMap((variable) => {
      const path = `spec.variables[${variable.name}]`;
      return [
        ...validateName(variable.name, `${path}.name`),
        ...validateTemplateMetadata(
          variable.deprecatedV1Beta1Metadata,
          `${path}.deprecatedV1Beta1Metadata`,
        ),
        ...validateSchema(
          variable.schema.openAPIV3Schema,
          old.find(({ name }) => name === variable.name)?.schema.openAPIV3Schema,
          `${path}.schema.openAPIV3Schema`,
        ),
      ];
    }),
  ];
}

function validateName(name: string, path: string): FieldError[] {
  return [
    ...(name ? [] : [required(path, "variable name must be defined")]),
    ...(name === "builtin" ? [invalid(path, name, '"builtin" is a reserved variable name')] : []),
    ...(name.includes(".") ? [invalid(path, name, 'variable name cannot contain "."')] : []),
  ];
}

function validateSchema(
  schema: JsonSchema,
  old: JsonSchema | undefined,
  path: string,
): FieldError[] {
  const wrapped: JsonSchema = { type: "object", properties: { [WRAPPED]: schema } };
  const why = unstructurable(wrapped);
  if (why !== undefined) return [invalid(path, "", why)];
  const structural = structuralErrors(path, wrapped);
  if (structural.length > 0) {
    return structural.map((error) => ({
      ...error,
      field: error.field.replace(`${path}.properties[${WRAPPED}]`, path),
    }));
  }
  const defaults = defaultsErrors(path, schema, { requirePruned: true, isResource: false });
  if (defaults.length > 0) return defaults;
  const form = schemaFormErrors(schema, path);
  const rules = ruleErrors(path, schema, form, {
    isResource: false,
    tellsItems: true,
    totalOf: "rule & messageExpression",
    unchanged: old !== undefined && sameRules(old, schema),
  });
  if (form.length + rules.length > 0) return [...form, ...rules];
  return schemaValueErrors(schema, path);
}

/** Whether each rule of a schema was there before. */
function sameRules(old: JsonSchema, schema: JsonSchema): boolean {
  const before = new Set(rulesOf(old));
  return rulesOf(schema).every((rule) => before.has(rule));
}

function rulesOf(schema: JsonSchema): string[] {
  const rules: string[] = [];
  schemaHas(schema, (inner) => {
    const own = inner["x-kubernetes-validations"];
    if (Array.isArray(own)) rules.push(...own.map((rule) => JSON.stringify(rule)));
    return false;
  });
  return rules;
}
