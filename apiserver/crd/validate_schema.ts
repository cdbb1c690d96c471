// What a definition's schema may say at all, beside being structural: no
// unsupported keywords, consistent Kubernetes extensions. Expressions
// (x-kubernetes-validations) are checked here as far as their form goes.
// Source: apiextensions-apiserver apis/apiextensions/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import type { JsonObject } from "../../runtime/object.ts";
import { findField } from "../../runtime/definition_schema/field_path.ts";
import {
  childSchema,
  hasDefault,
  type JsonSchema,
  schemaList,
  schemaMap,
  textList,
  textOf,
} from "../../runtime/definition_schema/json_schema.ts";

/** What older definitions are let off. */
export interface SchemaOptions {
  readonly requireValidPropertyType: boolean;
  readonly requireAtomicSetType: boolean;
  readonly requireMapListKeysMapSetValidation: boolean;
}

/** Where in a resource a schema stands. */
interface Place {
  readonly isRoot: boolean;
  readonly insideMeta: boolean;
  /** Why defaults are forbidden here, if they are. */
  readonly noDefaults?: string;
}

const TYPES: readonly string[] = ["array", "boolean", "integer", "number", "object", "string"];
const META_FIELDS: ReadonlySet<string> = new Set(["metadata", "kind", "apiVersion"]);

/** The errors of a whole schema. */
export function schemaErrors(
  field: string,
  schema: JsonSchema,
  options: SchemaOptions,
): FieldError[] {
  const errors: FieldError[] = [];
  check(errors, schema, field, { isRoot: true, insideMeta: false }, options);
  return errors;
}

function check(
  errors: FieldError[],
  schema: JsonSchema,
  field: string,
  place: Place,
  options: SchemaOptions,
): void {
  checkKeywords(errors, schema, field, place, options);
  const inner = { ...place, isRoot: false };
  const below = (child: JsonSchema | undefined, at: string, where: Place = inner) => {
    if (child !== undefined) check(errors, child, field + at, where, options);
  };
  checkAdditionalProperties(errors, schema, field);
  below(
    childSchema(schema["additionalProperties"]),
    ".additionalProperties",
    place.insideMeta
      ? { ...inner, noDefaults: "inside additionalProperties applying to object metadata" }
      : inner,
  );
  for (const [name, child] of schemaMap(schema["properties"])) {
    below(child, `.properties[${name}]`, propertyPlace(schema, name, place));
  }
  below(childSchema(schema["not"]), ".not");
  for (const junctor of ["allOf", "oneOf", "anyOf"]) {
    schemaList(schema[junctor]).forEach((child, i) => below(child, `.${junctor}[${i}]`));
  }
  for (const [name, child] of schemaMap(schema["definitions"])) {
    below(child, `.definitions[${name}]`);
  }
  below(childSchema(schema["items"]), ".items");
  schemaList(schema["items"]).forEach((child, i) => below(child, `.items[${i}]`));
  for (const [name, child] of schemaMap(schema["dependencies"])) {
    below(child, `.dependencies[${name}]`);
  }
  checkExtensions(errors, schema, field, options);
  checkRules(errors, schema, field);
}

function propertyPlace(schema: JsonSchema, name: string, place: Place): Place {
  const { isRoot } = place;
  const inner = { ...place, isRoot: false };
  if (!(isRoot || schema["x-kubernetes-embedded-resource"] === true) || !META_FIELDS.has(name)) {
    return inner;
  }
  return {
    ...inner,
    insideMeta: true,
    ...(isRoot ? { noDefaults: `in top-level ${name}` } : {}),
  };
}

const UNSUPPORTED: readonly string[] = [
  "id",
  "additionalItems",
  "patternProperties",
  "definitions",
  "dependencies",
  "$ref",
];

function checkKeywords(
  errors: FieldError[],
  schema: JsonSchema,
  field: string,
  place: Place,
  options: SchemaOptions,
): void {
  const type = textOf(schema["type"]);
  if (options.requireValidPropertyType && type !== "" && !TYPES.includes(type)) {
    errors.push(notSupported(`${field}.type`, type, TYPES));
  }
  if (hasDefault(schema) && place.noDefaults !== undefined) {
    errors.push(forbiddenField(`${field}.default`, `must not be set ${place.noDefaults}`));
  }
  for (const name of UNSUPPORTED) {
    const value = schema[name];
    if (value === undefined || value === null || value === "") continue;
    if (
      (name === "patternProperties" || name === "definitions") && schemaMap(value).length === 0
    ) continue;
    errors.push(forbiddenField(`${field}.${name}`, `${name} is not supported`));
  }
  if (type === "null") {
    errors.push(
      forbiddenField(
        `${field}.type`,
        "type cannot be set to null, use nullable as an alternative",
      ),
    );
  }
  if (schemaList(schema["items"]).length > 0) {
    errors.push(
      forbiddenField(`${field}.items`, "items must be a schema object and not an array"),
    );
  }
  if (place.insideMeta && schema["x-kubernetes-embedded-resource"] === true) {
    errors.push(
      forbiddenField(
        `${field}.x-kubernetes-embedded-resource`,
        "must not be used inside of resource meta",
      ),
    );
  }
  if (schema["uniqueItems"] === true) {
    errors.push(
      forbiddenField(
        `${field}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  }
}

function checkAdditionalProperties(
  errors: FieldError[],
  schema: JsonSchema,
  field: string,
): void {
  const additional = schema["additionalProperties"];
  if (additional === undefined || additional === null || additional === true) return;
  if (schemaMap(schema["properties"]).length > 0) {
    errors.push(
      forbiddenField(
        `${field}.additionalProperties`,
        "additionalProperties and properties are mutual exclusive",
      ),
    );
  }
}

/** The extension needs a type. */
function requireType(
  errors: FieldError[],
  schema: JsonSchema,
  field: string,
  type: string,
  extension: string,
): boolean {
  const actual = textOf(schema["type"]);
  if (actual === type) return true;
  const detail = `must be ${type} if ${extension} is specified`;
  const at = `${field}.type`;
  errors.push(actual === "" ? required(at, detail) : invalid(at, actual, detail));
  return false;
}

function checkExtensions(
  errors: FieldError[],
  schema: JsonSchema,
  field: string,
  options: SchemaOptions,
): void {
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    errors.push(
      invalid(
        `${field}.x-kubernetes-preserve-unknown-fields`,
        false,
        "must be true or undefined",
      ),
    );
  }
  const mapType = schema["x-kubernetes-map-type"];
  if (mapType !== undefined) {
    requireType(errors, schema, field, "object", "x-kubernetes-map-type");
    if (mapType !== "atomic" && mapType !== "granular") {
      errors.push(
        notSupported(`${field}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]),
      );
    }
  }
  const listType = schema["x-kubernetes-list-type"];
  if (listType !== undefined) {
    const isArray = requireType(errors, schema, field, "array", "x-kubernetes-list-type");
    if (isArray && options.requireAtomicSetType) checkSetItems(errors, schema, field);
    if (listType !== "atomic" && listType !== "set" && listType !== "map") {
      errors.push(
        notSupported(`${field}.x-kubernetes-list-type`, listType, ["atomic", "set", "map"]),
      );
    }
  }
  checkMapKeys(errors, schema, field);
  if (options.requireMapListKeysMapSetValidation) errors.push(...mapSetErrors(field, schema));
}

/** Items of sets that are no scalars must be owned as a whole. */
function checkSetItems(errors: FieldError[], schema: JsonSchema, field: string): void {
  const items = childSchema(schema["items"]);
  if (schema["x-kubernetes-list-type"] !== "set" || items === undefined) return;
  const detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const listType = items["x-kubernetes-list-type"];
  const at = `${field}.items`;
  if (items["type"] === "array" && listType !== undefined && listType !== "atomic") {
    errors.push(invalid(`${at}.x-kubernetes-list-type`, listType, detail));
  }
  if (items["type"] === "object" && items["x-kubernetes-map-type"] !== "atomic") {
    // Upstream quotes the list type here.
    errors.push(invalid(`${at}.x-kubernetes-map-type`, listType, detail));
  }
}

/** Whether set items break the rule of {@linkcode checkSetItems}: older definitions may. */
export function hasNonAtomicSet(schema: JsonSchema): boolean {
  const errors: FieldError[] = [];
  checkSetItems(errors, schema, "");
  return errors.length > 0;
}

function checkMapKeys(errors: FieldError[], schema: JsonSchema, field: string): void {
  const listType = schema["x-kubernetes-list-type"];
  const keys = textList(schema["x-kubernetes-list-map-keys"]);
  const typeField = `${field}.x-kubernetes-list-type`;
  const keysField = `${field}.x-kubernetes-list-map-keys`;
  if (keys.length > 0) {
    const detail = "must be map if x-kubernetes-list-map-keys is non-empty";
    if (listType === undefined) errors.push(required(typeField, detail));
    else if (listType !== "map") errors.push(invalid(typeField, listType, detail));
  }
  if (listType !== "map") return;
  if (keys.length === 0) {
    errors.push(required(keysField, "must not be empty if x-kubernetes-list-type is map"));
  }
  const items = schema["items"];
  if (items === undefined || items === null) {
    errors.push(
      required(`${field}.items`, "must have a schema if x-kubernetes-list-type is map"),
    );
    return;
  }
  const item = childSchema(items);
  if (item === undefined) {
    errors.push(
      invalid(
        `${field}.items`,
        items,
        "must only have a single schema if x-kubernetes-list-type is map",
      ),
    );
    return;
  }
  if (item["type"] !== "object") {
    errors.push(
      invalid(
        `${field}.items.type`,
        textOf(item["type"]),
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
    return;
  }
  checkKeyProperties(errors, field, keys, item);
}

function checkKeyProperties(
  errors: FieldError[],
  field: string,
  keys: readonly string[],
  item: JsonObject,
): void {
  const keysField = `${field}.x-kubernetes-list-map-keys`;
  const properties = childSchema(item["properties"]) ?? {};
  const seen = new Set<string>();
  for (const key of keys) {
    const property = childSchema(properties[key]);
    if (property === undefined) {
      errors.push(invalid(keysField, keys, "entries must all be names of item properties"));
    } else if (property["type"] === "array" || property["type"] === "object") {
      errors.push(
        invalid(
          `${field}.items.properties[${key}].type`,
          textOf(item["type"]),
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    }
    if (seen.has(key)) errors.push(invalid(keysField, keys, "must not contain duplicate entries"));
    seen.add(key);
  }
}

/** Keys and items must never be null or missing. */
export function mapSetErrors(field: string, schema: JsonSchema): FieldError[] {
  const items = childSchema(schema["items"]);
  const listType = schema["x-kubernetes-list-type"];
  if (items === undefined || (listType !== "set" && listType !== "map")) return [];
  const errors: FieldError[] = [];
  if (items["nullable"] === true) {
    errors.push(
      forbiddenField(
        `${field}.items.nullable`,
        `cannot be nullable when x-kubernetes-list-type is ${listType}`,
      ),
    );
  }
  if (listType === "set") return errors;
  const mandatory = textList(items["required"]);
  const properties = childSchema(items["properties"]) ?? {};
  for (const key of textList(schema["x-kubernetes-list-map-keys"])) {
    const property = childSchema(properties[key]);
    if (property === undefined) continue;
    const at = `${field}.items.properties[${key}]`;
    if (!mandatory.includes(key) && !hasDefault(property)) {
      errors.push(
        required(
          `${at}.default`,
          "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
        ),
      );
    }
    if (property["nullable"] === true) {
      errors.push(
        forbiddenField(
          `${at}.nullable`,
          "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
        ),
      );
    }
  }
  return errors;
}

const REASONS: readonly string[] = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];

/** The form of validation rules; what they say is compiled elsewhere. */
function checkRules(errors: FieldError[], schema: JsonSchema, field: string): void {
  schemaList(schema["x-kubernetes-validations"]).forEach((rule, i) => {
    const at = `${field}.x-kubernetes-validations[${i}]`;
    const text = textOf(rule["rule"]).trim();
    const message = textOf(rule["message"]);
    const breaks = (value: string) => /[\n\r]/.test(value);
    if (text === "") errors.push(required(`${at}.rule`, "rule is not specified"));
    else if (message !== "" && message.trim() === "") {
      errors.push(invalid(`${at}.message`, message, "must be non-empty if specified"));
    } else if (breaks(message.trim())) {
      errors.push(invalid(`${at}.message`, message, "must not contain line breaks"));
    } else if (breaks(text) && message.trim() === "") {
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
    const reason = rule["reason"];
    if (typeof reason === "string" && !REASONS.includes(reason)) {
      errors.push(notSupported(`${at}.reason`, reason, REASONS));
    }
    const path = textOf(rule["fieldPath"]);
    if (path !== "" && path.trim() === "") {
      errors.push(invalid(`${at}.fieldPath`, path, "must be non-empty if specified"));
    }
    if (breaks(path)) {
      errors.push(invalid(`${at}.fieldPath`, path, "must not contain line breaks"));
    }
    if (path !== "" && findField(schema, path).error !== undefined) {
      errors.push(invalid(`${at}.fieldPath`, path, "must be a valid path"));
    }
  });
}
