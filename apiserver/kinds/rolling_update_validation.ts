// Checks of how many pods a rollout may miss or add: numbers or percentages.
// Source: ValidatePositiveIntOrPercent and IsNotMoreThan100Percent of
// pkg/apis/apps/validation.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import { intValue, percentOf } from "../../runtime/int_or_string.ts";
import { isValidPercent } from "../../runtime/names.ts";
import { nonNegative } from "./field_messages.ts";
import { invalids } from "./name_validation.ts";

/** Errors of a number that is none below zero, or of a percentage. */
export function positiveIntOrPercent(value: unknown, field: string): FieldError[] {
  return typeof value === "string"
    ? invalids(value, field, isValidPercent(value))
    : nonNegative(field, value);
}

function validPercent(value: unknown): number | undefined {
  return typeof value === "string" && isValidPercent(value).length === 0
    ? percentOf(value)
    : undefined;
}

/** An error when the percentage is above a hundred. */
export function atMost100Percent(value: unknown, field: string): FieldError[] {
  const percent = validPercent(value);
  return percent !== undefined && percent > 100
    ? [invalid(field, value, "must not be greater than 100%")]
    : [];
}

/** The number, or what stands before the percent sign. */
export function intOrPercentValue(value: unknown): number {
  return validPercent(value) ?? intValue((value ?? 0) as number | string);
}
