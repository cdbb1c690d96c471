// Checks of node selectors and of node and pod affinity. Source:
// ValidateNodeSelector, validateNodeAffinity and validatePodAffinity of
// pkg/apis/core/validation.

import { type FieldError, forbiddenField, invalid, required } from "../../runtime/field/error.ts";
import { isDNS1123Subdomain, isValidLabelValue } from "../../runtime/names.ts";
import { integer, text } from "./field_messages.ts";
import { validateLabelName, validateLabelSelector } from "./label_selector.ts";
import { validateMatchLabelKeys } from "./match_label_keys.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { items, type Part, strings } from "./part.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

function validateExpression(
  expression: Part,
  field: string,
  allowInvalidValues: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const values = strings(expression.values);
  switch (expression.operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) {
        errors.push(
          required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
        );
      }
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        errors.push(
          forbiddenField(
            `${field}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
      }
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) {
        errors.push(
          required(
            `${field}.values`,
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
          ),
        );
      }
      break;
    default:
      errors.push(
        invalid(`${field}.operator`, text(expression.operator), "not a valid selector operator"),
      );
  }
  errors.push(...validateLabelName(text(expression.key), `${field}.key`));
  if (!allowInvalidValues) {
    values.forEach((value, i) => {
      errors.push(...invalids(value, `${field}.values[${i}]`, isValidLabelValue(value)));
    });
  }
  return errors;
}

function validateFieldExpression(expression: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const values = strings(expression.values);
  if (expression.operator === "In" || expression.operator === "NotIn") {
    if (values.length !== 1) {
      errors.push(
        required(
          `${field}.values`,
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
      );
    }
  } else {
    errors.push(
      invalid(`${field}.operator`, text(expression.operator), "not a valid selector operator"),
    );
  }
  if (expression.key !== "metadata.name") {
    errors.push(
      invalid(`${field}.key`, text(expression.key), "not a valid field selector key"),
    );
  } else {
    values.forEach((value, i) => {
      errors.push(...invalids(value, `${field}.values[${i}]`, isDNS1123Subdomain(value)));
    });
  }
  return errors;
}

function validateTerm(term: Part, field: string, allowInvalidValues: boolean): FieldError[] {
  return [
    ...items(term?.matchExpressions).flatMap((expression, i) =>
      validateExpression(expression, `${field}.matchExpressions[${i}]`, allowInvalidValues)
    ),
    ...items(term?.matchFields).flatMap((expression, i) =>
      validateFieldExpression(expression, `${field}.matchFields[${i}]`)
    ),
  ];
}

/** Errors of a node selector: it needs a term. */
export function validateNodeSelector(selector: Part, field: string): FieldError[] {
  const terms = items(selector.nodeSelectorTerms);
  const path = `${field}.nodeSelectorTerms`;
  if (terms.length === 0) {
    return [required(path, "must have at least one node selector term")];
  }
  return terms.flatMap((term, i) => validateTerm(term, `${path}[${i}]`, false));
}

function validateWeight(weight: unknown, field: string): FieldError[] {
  const value = integer(weight);
  return value <= 0 || value > 100
    ? [invalid(`${field}.weight`, value, "must be in the range 1-100")]
    : [];
}

function validateNodeAffinity(affinity: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (affinity[REQUIRED]) {
    errors.push(...validateNodeSelector(affinity[REQUIRED], `${field}.${REQUIRED}`));
  }
  items(affinity[PREFERRED]).forEach((term, i) => {
    const path = `${field}.${PREFERRED}[${i}]`;
    errors.push(...validateWeight(term.weight, path));
    errors.push(...validateTerm(term.preference, `${path}.preference`, true));
  });
  return errors;
}

function validatePodTerm(term: Part, field: string): FieldError[] {
  const errors = [
    ...validateLabelSelector(term.labelSelector, `${field}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${field}.namespaceSelector`),
  ];
  for (const name of strings(term.namespaces)) {
    errors.push(...dnsLabelErrors(name, `${field}.namespace`));
  }
  errors.push(...validateMatchLabelKeys(term, field));
  const key = text(term.topologyKey);
  if (key === "") errors.push(required(`${field}.topologyKey`, "can not be empty"));
  errors.push(...validateLabelName(key, `${field}.topologyKey`));
  return errors;
}

function validatePodAffinity(affinity: Part, field: string): FieldError[] {
  const errors = items(affinity[REQUIRED]).flatMap((term, i) =>
    validatePodTerm(term, `${field}.${REQUIRED}[${i}]`)
  );
  items(affinity[PREFERRED]).forEach((term, i) => {
    const path = `${field}.${PREFERRED}[${i}]`;
    errors.push(...validateWeight(term.weight, path));
    errors.push(...validatePodTerm(term.podAffinityTerm ?? {}, `${path}.podAffinityTerm`));
  });
  return errors;
}

/** Errors of a pod's affinity. */
export function validateAffinity(affinity: Part | undefined, field: string): FieldError[] {
  if (!affinity) return [];
  const errors: FieldError[] = [];
  if (affinity.nodeAffinity) {
    errors.push(...validateNodeAffinity(affinity.nodeAffinity, `${field}.nodeAffinity`));
  }
  for (const name of ["podAffinity", "podAntiAffinity"]) {
    if (affinity[name]) errors.push(...validatePodAffinity(affinity[name], `${field}.${name}`));
  }
  return errors;
}
