// Checks of conditions of the common kind (metav1.Condition). Source:
// ValidateConditions of k8s.io/apimachinery/pkg/apis/meta/v1/validation.

import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { byteLength } from "../../runtime/names.ts";
import { integer, text } from "./field_messages.ts";
import { validateLabelName } from "./label_selector.ts";
import { items, type Part } from "./part.ts";

const STATUSES = ["False", "True", "Unknown"];
const REASON_BYTES_MAX = 1024;
const MESSAGE_BYTES_MAX = 32 * 1024;
const REASON = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const REASON_MESSAGE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')";

/** Errors of a list of conditions. */
export function validateConditions(conditions: unknown, field: string): FieldError[] {
  const seen = new Set<string>();
  return items(conditions).flatMap((condition, i) => {
    const path = `${field}[${i}]`;
    const type = text(condition.type);
    const again = seen.has(type) ? [duplicate(`${path}.type`, type)] : [];
    seen.add(type);
    return [...again, ...validateCondition(condition, path)];
  });
}

function validateCondition(condition: Part, field: string): FieldError[] {
  const errors = validateLabelName(text(condition.type), `${field}.type`);
  const status = text(condition.status);
  if (!STATUSES.includes(status)) errors.push(notSupported(`${field}.status`, status, STATUSES));
  const generation = integer(condition.observedGeneration);
  if (generation < 0) {
    errors.push(
      invalid(
        `${field}.observedGeneration`,
        generation,
        "must be greater than or equal to zero",
      ),
    );
  }
  if (!condition.lastTransitionTime) errors.push(required(`${field}.lastTransitionTime`));
  const reason = text(condition.reason);
  if (reason === "") errors.push(required(`${field}.reason`));
  else if (!REASON.test(reason)) {
    errors.push(invalid(`${field}.reason`, reason, REASON_MESSAGE));
  }
  if (byteLength(reason) > REASON_BYTES_MAX) {
    errors.push(tooLong(`${field}.reason`, REASON_BYTES_MAX));
  }
  if (byteLength(text(condition.message)) > MESSAGE_BYTES_MAX) {
    errors.push(tooLong(`${field}.message`, MESSAGE_BYTES_MAX));
  }
  return errors;
}
