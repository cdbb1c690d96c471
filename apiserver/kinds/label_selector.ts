// Checks of label selectors inside objects. What selects what is
// runtime/selector. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation.

import { type FieldError, forbiddenField, invalid, required } from "../../runtime/field/error.ts";
import { isValidLabelValue } from "../../runtime/names.ts";
import { FIELD_IMMUTABLE, text } from "./field_messages.ts";
import { invalids, labelsErrors, qualifiedNameErrors } from "./name_validation.ts";
import { goLabelSelector, goValue } from "./go_value.ts";
import { items, type Part, semanticEqual, strings } from "./part.ts";

/** Errors of a label's key. */
export function validateLabelName(key: string, field: string): FieldError[] {
  return qualifiedNameErrors(key, field);
}

/** Errors of a label selector. An absent one is fine. */
export function validateLabelSelector(
  selector: Part | null | undefined,
  field: string,
  options: { allowInvalidValues?: boolean } = {},
): FieldError[] {
  if (selector === undefined || selector === null) return [];
  const errors = labelsErrors(selector.matchLabels, `${field}.matchLabels`);
  items(selector.matchExpressions).forEach((expression, i) => {
    const path = `${field}.matchExpressions[${i}]`;
    errors.push(...validateRequirement(expression, path, options.allowInvalidValues === true));
  });
  return errors;
}

function validateRequirement(
  expression: Part,
  field: string,
  allowInvalidValues: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const operator = text(expression.operator);
  const values = strings(expression.values);
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0) {
      errors.push(
        required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
      );
    }
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0) {
      errors.push(
        forbiddenField(
          `${field}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        ),
      );
    }
  } else errors.push(invalid(`${field}.operator`, operator, "not a valid selector operator"));
  errors.push(...validateLabelName(text(expression.key), `${field}.key`));
  if (!allowInvalidValues) {
    values.forEach((value, i) => {
      errors.push(...invalids(value, `${field}.values[${i}]`, isValidLabelValue(value)));
    });
  }
  return errors;
}

/** An error about a whole selector, which prints it. */
export function invalidSelector(
  selector: unknown,
  detail: string,
  field = "spec.selector",
): FieldError {
  return invalid(field, goValue(selector, goLabelSelector), detail);
}

/** An error when the selector differs from the old one. */
export function immutableSelector(
  selector: unknown,
  old: unknown,
  field = "spec.selector",
): FieldError[] {
  return semanticEqual(selector, old) ? [] : [invalidSelector(selector, FIELD_IMMUTABLE, field)];
}
