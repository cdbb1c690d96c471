// What the root of a definition's schema may hold. With a status subresource
// it is less. Source: apiextensions-apiserver apis/apiextensions/validation,
// validateCustomResourceDefinitionValidation.

import { type FieldError, forbiddenField, invalid } from "../../runtime/field/error.ts";
import type { JsonSchema } from "../../runtime/definition_schema/json_schema.ts";

/** Go's names of what is allowed beside a status subresource, in upstream's order. */
const ALLOWED: readonly string[] = [
  "Description",
  "Type",
  "Format",
  "Title",
  "Maximum",
  "ExclusiveMaximum",
  "Minimum",
  "ExclusiveMinimum",
  "MaxLength",
  "MinLength",
  "Pattern",
  "MaxItems",
  "MinItems",
  "UniqueItems",
  "MultipleOf",
  "Required",
  "Items",
  "Properties",
  "ExternalDocs",
  "Example",
  "XPreserveUnknownFields",
  "XValidations",
];

/** The Go name of a JSON member: `x-kubernetes-validations` is `XValidations`. */
function goName(member: string): string {
  return member.replace(/^x-kubernetes-/, "x-").split("-")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
}

function isZero(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === "" || value === 0;
}

/** The errors of a schema's root. */
export function rootErrors(schema: JsonSchema, hasStatus: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (hasStatus) {
    const wrong = Object.keys(schema).find((member) =>
      !isZero(schema[member]) && !ALLOWED.includes(goName(member))
    );
    if (schema["type"] !== undefined && schema["type"] !== "object") {
      errors.push(
        invalid(
          `${field}.type`,
          schema["type"],
          'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
        ),
      );
    } else if (wrong !== undefined) {
      errors.push(
        invalid(
          field,
          schema,
          `only [${
            ALLOWED.join(" ")
          }] fields are allowed at the root of the schema if the status subresource is enabled`,
        ),
      );
    }
  }
  if (schema["nullable"] === true) {
    errors.push(forbiddenField(`${field}.nullable`, "nullable cannot be true at the root"));
  }
  return errors;
}
