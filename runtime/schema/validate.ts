// Validation of custom resources against their schema: keywords, embedded
// objects, lists that are sets or maps, and rules, in the order and with the
// texts of apiextensions-apiserver. Built-in kinds are validated by code.

import { type FieldError, invalid } from "../field/error.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { checkEmbedded, type MetadataCheck } from "./_embedded.ts";
import { checkListTypes } from "./_list_types.ts";
import { hasRules, runRules } from "./_rules.ts";
import type { SchemaNode } from "./node.ts";
import { keywordsOf, schemaOf } from "./_structurals.ts";

export type { MetadataCheck } from "./_embedded.ts";

/** How {@linkcode validateValue} goes about it. */
export interface ValidateOptions {
  /** Checks the metadata of embedded objects. Without it they are not looked at. */
  readonly metadata?: MetadataCheck;
  /** Evaluates the rules of the whole value, in the place of the validators that nodes carry. */
  readonly rules?: RuleCheck;
}

/** Evaluates rules; `old` is the value before an update. */
export type RuleCheck = (
  value: JsonValue,
  field: string,
  old: JsonValue | undefined,
) => FieldError[];

/** Errors of these kinds leave an object too broken for rules to look at. */
const BLOCKING: ReadonlySet<string> = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);

const NOT_CHECKED = invalid(
  "",
  null,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
);

/**
 * Everything wrong with a value. `field` is the way to it (`""` for a whole
 * object); with `old`, the value before an update, parts that did not change
 * are not found wrong again.
 */
export function validateValue(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  old?: JsonValue,
  options: ValidateOptions = {},
): FieldError[] {
  const errors = validateKeywords(node, value, field, old);
  errors.push(...checkEmbedded(node, value, field, options.metadata));
  if (old === undefined || checkListTypes(node, old, field).length === 0) {
    errors.push(...checkListTypes(node, value, field));
  }
  return withRules(errors, node, options.rules, value, field, old);
}

/**
 * What a write of the status alone may be told: keywords of the status, as if
 * it were a value of its own, then lists and rules of the whole object.
 */
export function validateStatus(
  node: SchemaNode,
  object: JsonObject,
  old: JsonObject,
  options: ValidateOptions = {},
): FieldError[] {
  const status = node.fields?.get("status")?.node;
  const errors = status === undefined || object.status === undefined
    ? []
    : validateKeywords(status, object.status, "status", old.status);
  if (checkListTypes(node, old, "").length === 0) errors.push(...checkListTypes(node, object, ""));
  return withRules(errors, node, options.rules, object, "", old);
}

/** The errors and those of the rules, unless the errors keep rules from being looked at. */
function withRules(
  errors: FieldError[],
  node: SchemaNode,
  rules: RuleCheck | undefined,
  value: JsonValue,
  field: string,
  old: JsonValue | undefined,
): FieldError[] {
  if (rules === undefined && !hasRules(node)) return errors;
  if (errors.some(({ type }) => BLOCKING.has(type))) errors.push(NOT_CHECKED);
  else if (rules !== undefined) errors.push(...rules(value, field, old));
  else errors.push(...runRules(node, value, field, old));
  return errors;
}

/** What the OpenAPI keywords alone find wrong with a value. */
export function validateKeywords(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  old?: JsonValue,
): FieldError[] {
  const [keywords, schema] = [keywordsOf(node), schemaOf(node)];
  if (keywords === undefined || schema === undefined) return [];
  const before = old === undefined ? undefined : { old, schema };
  const { findings } = keywords.check(value, "", before);
  if (findings === undefined) return [];
  return findings.map(({ error }) => ({ ...error, field: fieldBelow(field, error.field) }));
}

/** Ways inside a map at the root start with a dot. */
function fieldBelow(field: string, inside: string): string {
  const path = inside.replace(/^\./, "");
  return path === "" ? field : field === "" ? path : `${field}.${path}`;
}

/** What embedded objects in a value lack; part of {@linkcode validateValue}. */
export function validateEmbedded(
  node: SchemaNode,
  value: JsonValue,
  field: string,
  metadata: MetadataCheck,
): FieldError[] {
  return checkEmbedded(node, value, field, metadata);
}
