// Validation errors that name a field, with the texts of
// k8s.io/apimachinery/pkg/util/validation/field. A list of them becomes an
// Invalid status (`invalid`).

import { goJson, goNumber, goQuote } from "../go_text.ts";
import { type StatusCause, StatusError } from "../status.ts";

/** What kind of error, as it stands in `causes[].reason`. */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "InternalError"
  | "FieldValueTypeInvalid";

/** One field's error. `message` is the cause's message: the type's words, the bad value, the detail. */
export interface FieldError {
  /** What kind of error. */
  readonly type: FieldErrorType;
  /** `spec.containers[0].name`; `""` prints as `<nil>`. */
  readonly field: string;
  /** As in a cause, without the field. */
  readonly message: string;
}

/** A value as Go prints it in field errors: strings quoted, objects and lists as JSON, `null` for nothing. */
export function printValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return goQuote(value);
    case "number":
    case "bigint":
      return goNumber(value);
    default:
      return goJson(value);
  }
}

function make(
  type: FieldErrorType,
  field: string,
  words: string,
  value: string | undefined,
  detail: string,
): FieldError {
  const message = value === undefined
    ? (detail === "" ? words : `${words}: ${detail}`)
    : (detail === "" ? `${words}: ${value}` : `${words}: ${value}: ${detail}`);
  return { type, field, message };
}

/** The value must be given. */
export function required(field: string, detail = ""): FieldError {
  return make("FieldValueRequired", field, "Required value", undefined, detail);
}

/** The value is wrong. */
export function invalid(
  field: string,
  value: unknown,
  detail: string,
): FieldError {
  return make(
    "FieldValueInvalid",
    field,
    "Invalid value",
    printValue(value),
    detail,
  );
}

/** The value is of the wrong type. */
export function typeInvalid(
  field: string,
  value: unknown,
  detail: string,
): FieldError {
  return make(
    "FieldValueTypeInvalid",
    field,
    "Invalid value",
    printValue(value),
    detail,
  );
}

/** The value stands twice. */
export function duplicate(field: string, value: unknown): FieldError {
  return make(
    "FieldValueDuplicate",
    field,
    "Duplicate value",
    printValue(value),
    "",
  );
}

/** The value refers to something that is not there. */
export function notFoundField(field: string, value: unknown): FieldError {
  return make("FieldValueNotFound", field, "Not found", printValue(value), "");
}

/** The value is none of the known ones. They are printed in the order given. */
export function notSupported(
  field: string,
  value: unknown,
  valid: readonly string[],
): FieldError {
  const list = valid.map((v) => goQuote(v)).join(", ");
  return make(
    "FieldValueNotSupported",
    field,
    "Unsupported value",
    printValue(value),
    valid.length === 0 ? "" : `supported values: ${list}`,
  );
}

/** The value may not be given here. */
export function forbiddenField(field: string, detail: string): FieldError {
  return make("FieldValueForbidden", field, "Forbidden", undefined, detail);
}

/** The value is longer than `max` bytes. */
export function tooLong(field: string, max: number): FieldError {
  return make(
    "FieldValueTooLong",
    field,
    "Too long",
    undefined,
    max < 0 ? "value is too long" : `may not be more than ${max} ${max === 1 ? "byte" : "bytes"}`,
  );
}

/** The list has more than `max` items. */
export function tooMany(
  field: string,
  actual: number,
  max: number,
): FieldError {
  const items = max === 1 ? "item" : "items";
  return make(
    "FieldValueTooMany",
    field,
    "Too many",
    String(actual),
    max < 0 ? "has too many items" : `must have at most ${max} ${items}`,
  );
}

/** Something went wrong while the field was looked at. */
export function internalFieldError(field: string, message: string): FieldError {
  return make("InternalError", field, "Internal error", undefined, message);
}

/** How a field error prints in a `Status` message. */
export function printFieldError(error: FieldError): string {
  return `${error.field === "" ? "<nil>" : error.field}: ${error.message}`;
}

/** 422: the object `kind.group` named `name` is invalid for these reasons. Equal errors are printed once. */
export function invalidObject(
  gk: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const printed = [...new Set(errors.map(printFieldError))];
  const list = printed.length === 1 ? printed[0] : `[${printed.join(", ")}]`;
  const causes: StatusCause[] = errors.map(({ type, message, field }) => ({
    reason: type,
    message,
    field: field === "" ? "<nil>" : field,
  }));
  const qualified = gk.group === "" ? gk.kind : `${gk.kind}.${gk.group}`;
  return new StatusError(
    422,
    "Invalid",
    `${qualified} "${name}" is invalid: ${list ?? ""}`,
    {
      ...(name === "" ? {} : { name }),
      ...(gk.group === "" ? {} : { group: gk.group }),
      ...(gk.kind === "" ? {} : { kind: gk.kind }),
      ...(causes.length === 0 ? {} : { causes }),
    },
  );
}
