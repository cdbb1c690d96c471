// Checks of the conditions under which a device is bound to a claim, in
// slices and in allocations. Source: validateDeviceBindingParameters of
// pkg/apis/resource/validation.

import { duplicate, type FieldError, invalid } from "../../runtime/field/error.ts";
import { boundedList } from "./bounded_list.ts";
import { validateLabelName } from "./label_selector.ts";
import { type Part, strings, written } from "./part.ts";

const CONDITIONS_MAX = 4;

/** Errors of the conditions of success and of failure: both or neither, none twice. */
export function validateBinding(device: Part, field: string): FieldError[] {
  const binding = strings(device.bindingConditions);
  const failure = strings(device.bindingFailureConditions);
  const at = `${field}.bindingConditions`;
  const failureAt = `${field}.bindingFailureConditions`;
  const errors = [
    ...boundedList(binding, CONDITIONS_MAX, at, validateLabelName),
    ...boundedList(failure, CONDITIONS_MAX, failureAt, validateLabelName),
  ];
  binding.forEach((condition, i) => {
    if (binding.indexOf(condition) < i) errors.push(duplicate(`${at}[${i}]`, condition));
  });
  failure.forEach((condition, i) => {
    if (failure.indexOf(condition) < i) errors.push(duplicate(`${failureAt}[${i}]`, condition));
    if (binding.includes(condition)) {
      errors.push(
        invalid(
          `${failureAt}[${i}]`,
          condition,
          "bindingFailureConditions must not overlap with bindingConditions",
        ),
      );
    }
  });
  if (binding.length === 0 && failure.length > 0) {
    errors.push(
      invalid(
        at,
        written(device, "bindingConditions"),
        "bindingConditions are required to use bindingFailureConditions",
      ),
    );
  }
  if (failure.length === 0 && binding.length > 0) {
    errors.push(
      invalid(
        failureAt,
        written(device, "bindingFailureConditions"),
        "bindingFailureConditions are required to use bindingConditions",
      ),
    );
  }
  return errors;
}
