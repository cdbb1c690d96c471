// Checks of single fields that many kinds share: unchanged, one of some, a
// port, not negative. Names are in name_validation.ts. Source: the small
// Validate… functions of k8s.io/apimachinery/pkg/api/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isValidPortName, isValidPortNum } from "../../runtime/names.ts";
import { invalids } from "./name_validation.ts";
import { isEmpty, semanticEqual } from "./part.ts";

/** What the real server says of a change to a field that never changes. */
export const FIELD_IMMUTABLE = "field is immutable";

/** An error when the value differs from the old one. `shown` is what the error prints, when that is not the value itself. */
export function immutable(
  field: string,
  value: unknown,
  old: unknown,
  shown: unknown = value,
): FieldError[] {
  return semanticEqual(value, old) ? [] : [invalid(field, shown, FIELD_IMMUTABLE)];
}

/** An error when the value is none of the known ones. */
export function oneOf(
  field: string,
  value: unknown,
  known: readonly string[],
): FieldError[] {
  return known.includes(value as string) ? [] : [notSupported(field, value, known)];
}

/** Errors of a value that must be given and be one of the known ones. */
export function requiredOneOf(
  field: string,
  value: unknown,
  known: readonly string[],
): FieldError[] {
  return isEmpty(value) ? [required(field)] : oneOf(field, value, known);
}

/** Errors of a number that should be a port. */
export function portNumber(field: string, value: number): FieldError[] {
  return invalids(value, field, isValidPortNum(value));
}

/** Errors of a port given by number or name. */
export function portNumberOrName(field: string, value: unknown): FieldError[] {
  return typeof value === "string"
    ? invalids(value, field, isValidPortName(value))
    : portNumber(field, (value as number | undefined) ?? 0);
}

/** An error when the number is negative. */
export function nonNegative(field: string, value: unknown): FieldError[] {
  return isNumber(value) && value < 0
    ? [invalid(field, value, "must be greater than or equal to 0")]
    : [];
}

/** Whether a member is a number; large ones are bigints. */
export function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** An error for a field that may not be given. */
export function absent(field: string, value: unknown, why: string): FieldError[] {
  return value === undefined || value === null ? [] : [forbiddenField(field, why)];
}

/** The string value of a member; Go's zero value when it is absent. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The numeric value of a member; Go's zero value when it is absent. */
export function integer(value: unknown): number {
  return isNumber(value) ? Number(value) : 0;
}
