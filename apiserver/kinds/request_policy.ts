// How much of a shared device's capacity one request may ask for. Source:
// validateRequestPolicy of pkg/apis/resource/validation.

import { type FieldError, forbiddenField, invalid, required } from "../../runtime/field/error.ts";
import { Quantity } from "../../runtime/quantity.ts";
import { boundedSet } from "./bounded_list.ts";
import { text } from "./field_messages.ts";
import { type Part, strings } from "./part.ts";

const VALUES_MAX = 10;

/** Errors of a request policy for a capacity of that size. */
export function requestPolicyErrors(capacity: string, policy: Part, field: string): FieldError[] {
  const values = strings(policy.validValues);
  if (values.length > 0 && policy.validRange) {
    return [
      forbiddenField(
        field,
        'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time',
      ),
    ];
  }
  const kind = values.length > 0 ? "validValues" : policy.validRange ? "validRange" : undefined;
  if (kind === undefined) return [];
  const fallback = text(policy.default);
  if (fallback === "") {
    return [required(`${field}.default`, `required when ${kind} is defined`)];
  }
  const path = `${field}.${kind}`;
  return kind === "validValues"
    ? valuesErrors(values, fallback, capacity, path)
    : rangeErrors(policy.validRange, fallback, capacity, path);
}

function exceeds(a: string, b: string): boolean {
  return Quantity.parse(a).compare(Quantity.parse(b)) > 0;
}

function valuesErrors(
  values: string[],
  fallback: string,
  capacity: string,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (let i = 1; i < values.length; i++) {
    if (exceeds(values[i - 1]!, values[i]!)) {
      errors.push(
        invalid(`${field}[${i}]`, values[i], "values must be sorted in ascending order"),
      );
    }
  }
  errors.push(
    ...boundedSet(
      values,
      VALUES_MAX,
      field,
      (value, at) =>
        exceeds(value, capacity)
          ? [invalid(at, value, `option is larger than capacity value: ${capacity}`)]
          : [],
      (value) => Quantity.parse(value).value().toString(),
    ),
  );
  const known = values.some((value) => Quantity.parse(value).equals(Quantity.parse(fallback)));
  if (!known) {
    errors.push(
      invalid(field, fallback, "default value is not valid according to the requestPolicy"),
    );
  }
  return errors;
}

function rangeErrors(
  range: Part,
  fallback: string,
  capacity: string,
  field: string,
): FieldError[] {
  const min = text(range.min);
  const max = text(range.max);
  if (min === "") return [required(`${field}.min`, "required when validRange is defined")];
  const errors: FieldError[] = [];
  if (exceeds(min, capacity)) {
    errors.push(invalid(`${field}.min`, min, `min is larger than capacity value: ${capacity}`));
  }
  if (exceeds(min, fallback)) {
    errors.push(invalid(`${field}.default`, fallback, `default is less than min: ${min}`));
  }
  if (max !== "") {
    if (exceeds(min, max)) {
      errors.push(invalid(`${field}.max`, min, `min is larger than max: ${max}`));
    }
    if (exceeds(max, capacity)) {
      errors.push(invalid(`${field}.max`, max, `max is larger than capacity value: ${capacity}`));
    }
    if (exceeds(fallback, max)) {
      errors.push(invalid(`${field}.default`, fallback, `default is more than max: ${max}`));
    }
  }
  return [...errors, ...stepErrors(range, fallback, capacity, field)];
}

function stepErrors(
  range: Part,
  fallback: string,
  capacity: string,
  field: string,
): FieldError[] {
  const amount = text(range.step);
  if (amount === "") return [];
  const path = `${field}.step`;
  const step = Quantity.parse(amount);
  const min = Quantity.parse(text(range.min));
  if (step.sign <= 0) return [invalid(path, amount, "must be greater than zero")];
  const errors: FieldError[] = [];
  const added = min.add(step);
  if (added.compare(Quantity.parse(capacity)) > 0) {
    errors.push(
      invalid(
        path,
        amount,
        `one step ${added.toString()} is larger than capacity value: ${capacity}`,
      ),
    );
  }
  for (const value of [fallback, text(range.max)]) {
    if (value === "") continue;
    if ((Quantity.parse(value).value() - min.value()) % step.value() !== 0n) {
      errors.push(
        invalid(
          path,
          value,
          `value is not a multiple of a given step (${amount}) from (${min.toString()})`,
        ),
      );
    }
  }
  return errors;
}
