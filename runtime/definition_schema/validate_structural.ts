// Whether a schema is structural: every field has a type outside of the
// logical junctors, and inside of them nothing but value validation.
// Source: apiextensions-apiserver apiserver/schema validation.go, complete.go.

import { RE2JS } from "re2js";
import {
  type FieldError,
  forbiddenField,
  invalid,
  printFieldError,
  required,
} from "../field/error.ts";
import { equal } from "../object.ts";
import {
  childSchema,
  hasDefault,
  type JsonSchema,
  schemaHas,
  schemaList,
  schemaMap,
  textOf,
} from "./json_schema.ts";

const UNSUPPORTED: readonly [member: string, name: string][] = [
  ["id", "id"],
  ["$schema", "schema"],
  ["$ref", "$ref"],
  ["patternProperties", "patternProperties"],
  ["dependencies", "dependencies"],
  ["additionalItems", "additionalItems"],
  ["definitions", "definitions"],
];

/** Why a schema cannot be read as a structural one at all; such a schema has no structural errors. */
export function unstructurable(schema: JsonSchema): string | undefined {
  let why: string | undefined;
  schemaHas(schema, (inner) => {
    const unsupported = UNSUPPORTED.find(([member]) => isSet(inner, member));
    if (unsupported !== undefined) why = `OpenAPIV3Schema '${unsupported[1]}' is not supported`;
    else if (Array.isArray(inner["items"])) {
      why = "OpenAPIV3Schema 'items' must be a schema, but is an array";
    } else if (inner["x-kubernetes-preserve-unknown-fields"] === false) {
      why = "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
    }
    return why !== undefined;
  });
  return why;
}

type Level = "root" | "item" | "field";

/** The errors of a schema's structure, ordered by their texts. */
export function structuralErrors(field: string, schema: JsonSchema): FieldError[] {
  const errors: FieldError[] = [];
  checkInvariants(errors, schema, "root", field);
  checkCompleteness(errors, schema, schema, field, field);
  return errors
    .map((error) => ({ error, text: printFieldError(error) }))
    .sort((a, b) => a.text < b.text ? -1 : a.text > b.text ? 1 : 0)
    .map(({ error }) => error);
}

function checkInvariants(
  errors: FieldError[],
  schema: JsonSchema,
  level: Level,
  field: string,
): void {
  const items = childSchema(schema["items"]);
  if (schema["type"] === "array" && items === undefined) {
    errors.push(required(`${field}.items`, "must be specified"));
  }
  if (items !== undefined) checkInvariants(errors, items, "item", `${field}.items`);
  for (const [name, child] of schemaMap(schema["properties"])) {
    checkInvariants(errors, child, "field", `${field}.properties[${name}]`);
  }
  checkAdditional(errors, schema, level, field);
  checkExtensions(errors, schema, field);
  checkValueValidation(errors, schema, field, isIntOrString(schema));
  checkType(errors, schema, level, field);
  checkResourceFields(errors, schema, level, field);
}

function checkAdditional(
  errors: FieldError[],
  schema: JsonSchema,
  level: Level,
  field: string,
): void {
  const additional = schema["additionalProperties"];
  if (additional === undefined || additional === null) return;
  if (level === "root") {
    errors.push(forbiddenField(`${field}.additionalProperties`, "must not be used at the root"));
  }
  const child = childSchema(additional);
  if (child !== undefined) {
    checkInvariants(errors, child, "field", `${field}.additionalProperties`);
  }
}

function checkExtensions(errors: FieldError[], schema: JsonSchema, field: string): void {
  if (schema["x-kubernetes-int-or-string"] !== true) return;
  for (const name of ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"]) {
    if (schema[name] === true) {
      errors.push(
        invalid(`${field}.${name}`, true, "must be false if x-kubernetes-int-or-string is true"),
      );
    }
  }
}

const TYPE_REQUIRED: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function checkType(errors: FieldError[], schema: JsonSchema, level: Level, field: string): void {
  const type = textOf(schema["type"]);
  const at = `${field}.type`;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  if (embedded && type !== "object") {
    const detail = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === "" ? required(at, detail) : invalid(at, type, detail));
  } else if (
    type === "" && schema["x-kubernetes-int-or-string"] !== true &&
    schema["x-kubernetes-preserve-unknown-fields"] !== true
  ) {
    errors.push(required(at, TYPE_REQUIRED[level]));
  }
  if (embedded && schema["additionalProperties"] !== undefined) {
    errors.push(
      forbiddenField(
        `${field}.additionalProperties`,
        "must not be used if x-kubernetes-embedded-resource is set",
      ),
    );
  }
  if (level === "root" && type !== "" && type !== "object") {
    errors.push(invalid(at, type, "must be object at the root"));
  }
}

function checkResourceFields(
  errors: FieldError[],
  schema: JsonSchema,
  level: Level,
  field: string,
): void {
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const isResource = level === "root" || embedded;
  const properties = childSchema(schema["properties"]) ?? {};
  for (const name of ["kind", "apiVersion"]) {
    const child = childSchema(properties[name]);
    if (child === undefined || !isResource || child["type"] === "string") continue;
    errors.push(
      invalid(`${field}.properties[${name}].type`, textOf(child["type"]), "must be string"),
    );
  }
  const metadata = childSchema(properties["metadata"]);
  if (metadata !== undefined) {
    checkMetadata(errors, metadata, isResource, level, `${field}.properties[metadata]`);
  }
  if (
    embedded && schema["x-kubernetes-preserve-unknown-fields"] !== true &&
    Object.keys(properties).length === 0
  ) {
    errors.push(
      required(
        `${field}.properties`,
        "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
      ),
    );
  }
}

function checkMetadata(
  errors: FieldError[],
  metadata: JsonSchema,
  isResource: boolean,
  level: Level,
  field: string,
): void {
  if (isResource && metadata["type"] !== "object") {
    errors.push(invalid(`${field}.type`, textOf(metadata["type"]), "must be object"));
  }
  if (level !== "root") return;
  const { type: _type, default: _default, properties, ...rest } = metadata;
  const named = Object.keys(childSchema(properties) ?? {});
  const other = named.some((name) => name !== "name" && name !== "generateName");
  if (other || Object.values(rest).some((value) => value !== undefined)) {
    errors.push(
      forbiddenField(
        field,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
  }
}

const INT_OR_STRING: JsonSchema[] = [{ type: "integer" }, { type: "string" }];

/** Where the customary `anyOf: [integer, string]` stands, which is let pass. */
interface IntOrString {
  readonly anyOf: boolean;
  readonly firstAllOf: boolean;
}

function isIntOrString(schema: JsonSchema): IntOrString {
  return {
    anyOf: equal(schema["anyOf"], INT_OR_STRING),
    firstAllOf: equal(schemaList(schema["allOf"])[0]?.["anyOf"], INT_OR_STRING),
  };
}

function checkValueValidation(
  errors: FieldError[],
  schema: JsonSchema,
  field: string,
  skip: IntOrString,
): void {
  if (!skip.anyOf) {
    schemaList(schema["anyOf"]).forEach((child, i) =>
      checkNested(errors, child, `${field}.anyOf[${i}]`)
    );
  }
  schemaList(schema["allOf"]).forEach((child, i) =>
    checkNested(errors, child, `${field}.allOf[${i}]`, skip.firstAllOf && i === 0)
  );
  schemaList(schema["oneOf"]).forEach((child, i) =>
    checkNested(errors, child, `${field}.oneOf[${i}]`)
  );
  const not = childSchema(schema["not"]);
  if (not !== undefined) checkNested(errors, not, `${field}.not`);
  checkPattern(errors, textOf(schema["pattern"]), field);
}

function checkPattern(errors: FieldError[], pattern: string, field: string): void {
  if (pattern === "") return;
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    errors.push(
      invalid(
        `${field}.pattern`,
        pattern,
        `must be a valid regular expression, but isn't: ${why}`,
      ),
    );
  }
}

const EMPTY = "must be empty to be structural";
const UNDEFINED = "must be undefined to be structural";
const FALSE = "must be false to be structural";
/** What may not stand inside of a junctor, in the order of upstream's checks. */
const FORBIDDEN: readonly [name: string, detail: string][] = [
  ["title", EMPTY],
  ["description", EMPTY],
  ["nullable", FALSE],
  ["x-kubernetes-preserve-unknown-fields", FALSE],
  ["x-kubernetes-embedded-resource", FALSE],
  ["x-kubernetes-int-or-string", FALSE],
  ["x-kubernetes-list-map-keys", EMPTY],
  ["x-kubernetes-list-type", UNDEFINED],
  ["x-kubernetes-map-type", UNDEFINED],
  ["x-kubernetes-validations", EMPTY],
];

function isSet(schema: JsonSchema, name: string): boolean {
  const value = schema[name];
  if (value === undefined || value === null || value === false || value === "") return false;
  return !(Array.isArray(value) && value.length === 0);
}

function checkNested(
  errors: FieldError[],
  schema: JsonSchema,
  field: string,
  skipAnyOf = false,
): void {
  checkValueValidation(errors, schema, field, { anyOf: skipAnyOf, firstAllOf: false });
  const items = childSchema(schema["items"]);
  if (items !== undefined) checkNested(errors, items, `${field}.items`);
  for (const [name, child] of schemaMap(schema["properties"])) {
    checkNested(errors, child, `${field}.properties[${name}]`);
  }
  if (isSet(schema, "type")) errors.push(forbiddenField(`${field}.type`, EMPTY));
  if (schema["additionalProperties"] !== undefined) {
    errors.push(forbiddenField(`${field}.additionalProperties`, UNDEFINED));
  }
  if (hasDefault(schema)) errors.push(forbiddenField(`${field}.default`, UNDEFINED));
  for (const [name, detail] of FORBIDDEN) {
    if (isSet(schema, name)) errors.push(forbiddenField(`${field}.${name}`, detail));
  }
  if (childSchema(schema["properties"])?.["metadata"] !== undefined) {
    errors.push(
      forbiddenField(
        `${field}.properties[metadata]`,
        "must not be specified in a nested context",
      ),
    );
  }
}

/** Whatever a junctor speaks of must be specified outside of it. */
function checkCompleteness(
  errors: FieldError[],
  validation: JsonSchema,
  schema: JsonSchema,
  field: string,
  from: string,
): void {
  const not = childSchema(validation["not"]);
  if (not !== undefined) checkSpecified(errors, not, schema, field, `${from}.not`);
  for (const junctor of ["allOf", "anyOf", "oneOf"]) {
    schemaList(validation[junctor]).forEach((child, i) =>
      checkSpecified(errors, child, schema, field, `${from}.${junctor}[${i}]`)
    );
  }
}

function checkSpecified(
  errors: FieldError[],
  validation: JsonSchema,
  schema: JsonSchema | undefined,
  field: string,
  from: string,
): void {
  if (schema === undefined) {
    errors.push(required(field, `because it is defined in ${from}`));
    return;
  }
  checkCompleteness(errors, validation, schema, field, from);
  const items = childSchema(validation["items"]);
  if (items !== undefined) {
    checkSpecified(errors, items, childSchema(schema["items"]), `${field}.items`, `${from}.items`);
  }
  const properties = childSchema(schema["properties"]) ?? {};
  for (const [name, child] of schemaMap(validation["properties"])) {
    const at = `.properties[${name}]`;
    checkSpecified(errors, child, childSchema(properties[name]), field + at, from + at);
  }
}
