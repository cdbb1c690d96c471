// What is wrong in the schema of a variable beside its structure: keywords
// that exclude each other, rules out of form, examples and listed values that
// the schema itself does not allow. Source: Cluster API's validation of
// ClusterClass variables.

import { evaluateRules, ruleTree } from "../runtime/cel/rules/mod.ts";
import {
  childSchema,
  type JsonSchema,
  schemaList,
  schemaMap,
  textOf,
} from "../runtime/definition_schema/json_schema.ts";
import { findField } from "../runtime/definition_schema/field_path.ts";
import { fieldPathOf } from "../runtime/definition_schema/rule_errors.ts";
import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../runtime/field/error.ts";
import type { JsonValue } from "../runtime/object.ts";
import { compileStructural } from "../runtime/schema/structural.ts";
import { validateKeywords } from "../runtime/schema/validate.ts";
import { type TemplateMetadata, validateTemplateMetadata } from "./template_metadata.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const REASONS = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];
const MESSAGE_LENGTH_MAX = 2048;

/** What is wrong with a schema before its rules are compiled. */
export function schemaFormErrors(schema: JsonSchema, path: string): FieldError[] {
  const type = textOf(schema["type"]);
  if (type !== "" && !TYPES.includes(type)) return [notSupported(`${path}.type`, type, TYPES)];
  return [
    ...validateTemplateMetadata(
      childSchema(schema["x-metadata"]) as TemplateMetadata | undefined,
      `${path}.x-metadata`,
    ),
    ...listedValues(schema, path).flatMap(([field, value]) =>
      validateKeywords(compileStructural(schema), value, field)
    ),
    ...(childSchema(schema["additionalProperties"]) !== undefined &&
        schemaMap(schema["properties"]).length > 0
      ? [forbiddenField(path, "additionalProperties and properties are mutually exclusive")]
      : []),
    ...below(schema, path, true).flatMap(([child, at]) => schemaFormErrors(child, at)),
    ...schemaList(schema["x-kubernetes-validations"]).flatMap((rule, i) =>
      ruleFormErrors(schema, rule, `${path}.x-kubernetes-validations[${i}]`)
    ),
  ];
}

/** What rules find wrong with examples and listed values. */
export function schemaValueErrors(schema: JsonSchema, path: string): FieldError[] {
  const inner = below(schema, path, false).flatMap(([child, at]) => schemaValueErrors(child, at));
  const tree = schemaList(schema["x-kubernetes-validations"]).length === 0
    ? undefined
    : ruleTree(schema, fieldPathOf, false);
  if (tree === undefined) return inner;
  return [
    ...inner,
    ...listedValues(schema, path).flatMap(([field, value]) =>
      evaluateRules(tree, value, field, undefined, () => {})
    ),
  ];
}

/** The example and the listed values of a schema, with where they stand. */
function listedValues(schema: JsonSchema, path: string): [string, JsonValue][] {
  const { example, enum: listed } = schema;
  const values = Array.isArray(listed) ? listed : [];
  return [
    ...(example === undefined || example === null
      ? []
      : [[`${path}.example`, example] as [string, JsonValue]]),
    ...values.flatMap((value, i): [string, JsonValue][] =>
      value === null ? [] : [[`${path}.enum[${i}]`, value]]
    ),
  ];
}

/** The schemas right below one; `all` with those that only judge. */
function below(schema: JsonSchema, path: string, all: boolean): [JsonSchema, string][] {
  const one = (name: string): [JsonSchema, string][] => {
    const child = childSchema(schema[name]);
    return child === undefined ? [] : [[child, `${path}.${name}`]];
  };
  const several = (name: string) =>
    schemaList(schema[name]).map((child, i): [JsonSchema, string] => [
      child,
      `${path}.${name}[${i}]`,
    ]);
  return [
    ...one("additionalProperties"),
    ...schemaMap(schema["properties"]).map(([name, child]): [JsonSchema, string] => [
      child,
      `${path}.properties[${name}]`,
    ]),
    ...one("items"),
    ...(all ? [...one("not"), ...several("allOf"), ...several("oneOf"), ...several("anyOf")] : []),
  ];
}

function ruleFormErrors(schema: JsonSchema, rule: JsonSchema, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const text = textOf(rule["rule"]).trim();
  const message = textOf(rule["message"]);
  if (text === "") errors.push(required(`${at}.rule`, "rule is not specified"));
  else if (message !== "" && message.trim() === "") {
    errors.push(invalid(`${at}.message`, message, "message must be non-empty if specified"));
  } else if (message.length > MESSAGE_LENGTH_MAX) {
    errors.push(invalid(
      `${at}.message`,
      `${message.slice(0, 10)}...`,
      `message must have a maximum length of ${MESSAGE_LENGTH_MAX} characters`,
    ));
  } else if (hasBreaks(message.trim())) {
    errors.push(invalid(`${at}.message`, message, "message must not contain line breaks"));
  } else if (hasBreaks(text) && message.trim() === "") {
    errors.push(
      required(`${at}.message`, "message must be specified if rule contains line breaks"),
    );
  }
  const expression = textOf(rule["messageExpression"]);
  if (expression !== "" && expression.trim() === "") {
    errors.push(
      required(`${at}.messageExpression`, "messageExpression must be non-empty if specified"),
    );
  }
  const reason = textOf(rule["reason"]);
  if (reason !== "" && !REASONS.includes(reason)) {
    errors.push(notSupported(`${at}.reason`, reason, REASONS));
  }
  return [...errors, ...fieldPathErrors(schema, textOf(rule["fieldPath"]), `${at}.fieldPath`)];
}

function fieldPathErrors(schema: JsonSchema, path: string, at: string): FieldError[] {
  if (path === "") return [];
  const { error } = findField(schema, path);
  return [
    ...(path.trim() === "" ? [invalid(at, path, "fieldPath must be non-empty if specified")] : []),
    ...(hasBreaks(path) ? [invalid(at, path, "fieldPath must not contain line breaks")] : []),
    ...(error === undefined ? [] : [invalid(at, path, `fieldPath must be a valid path: ${error}`)]),
  ];
}

function hasBreaks(text: string): boolean {
  return /[\n\r]/.test(text);
}
