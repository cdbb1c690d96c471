// Checks of tolerations, taints, scheduling gates and topology spread
// constraints. Source: ValidateTolerations, validateNodeTaints,
// validateSchedulingGates and validateTopologySpreadConstraints.

import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isValidLabelValue } from "../../runtime/names.ts";
import { integer, text } from "./field_messages.ts";
import { goNullable, goString, goStruct, goValue } from "./go_value.ts";
import { validateLabelName, validateLabelSelector } from "./label_selector.ts";
import { validateMatchLabelKeys } from "./match_label_keys.ts";
import { qualifiedNameErrors } from "./name_validation.ts";
import { items, type Part } from "./part.ts";

const OPERATORS = ["Equal", "Exists"];
const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Errors of a pod's tolerations. */
export function validateTolerations(tolerations: unknown, field: string): FieldError[] {
  return items(tolerations).flatMap((toleration, i) =>
    validateToleration(toleration, `${field}[${i}]`)
  );
}

function validateToleration(toleration: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const { key = "", operator = "", value = "", effect = "" } = toleration;
  if (key !== "") errors.push(...validateLabelName(key, `${field}.key`));
  else if (operator !== "Exists") {
    errors.push(
      invalid(
        `${field}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (toleration.tolerationSeconds !== undefined && effect !== "NoExecute") {
    errors.push(
      invalid(
        `${field}.effect`,
        effect,
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      ),
    );
  }
  if (operator === "" || operator === "Equal") {
    const messages = isValidLabelValue(value);
    if (messages.length > 0) {
      errors.push(invalid(`${field}.operator`, value, messages.join(";")));
    }
  } else if (operator === "Exists") {
    if (value !== "") {
      errors.push(
        invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'"),
      );
    }
  } else {
    const known = operator === "Lt" || operator === "Gt" ? [...OPERATORS, "Lt", "Gt"] : OPERATORS;
    errors.push(notSupported(`${field}.operator`, operator, known));
  }
  if (effect !== "" && !EFFECTS.includes(effect)) {
    errors.push(notSupported(`${field}.effect`, effect, EFFECTS));
  }
  return errors;
}

const goTaint = goStruct(
  ["Key", goString],
  ["Value", goString],
  ["Effect", goString],
  ["TimeAdded", goNullable],
);

/** Errors of a node's taints. */
export function validateTaints(taints: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  items(taints).forEach((taint, i) => {
    const path = `${field}[${i}]`;
    const { key = "", value = "", effect = "" } = taint;
    errors.push(...validateLabelName(key, `${path}.key`));
    const messages = isValidLabelValue(value);
    if (messages.length > 0) errors.push(invalid(`${path}.value`, value, messages.join(";")));
    if (effect === "") errors.push(required(`${path}.effect`));
    else if (!EFFECTS.includes(effect)) {
      errors.push(notSupported(`${path}.effect`, effect, EFFECTS));
    }
    if (seen.has(`${effect}/${key}`)) {
      const error = duplicate(path, goValue(taint, goTaint));
      errors.push({
        ...error,
        message: `${error.message}: taints must be unique by key and effect pair`,
      });
    }
    seen.add(`${effect}/${key}`);
  });
  return errors;
}

/** Errors of a pod's scheduling gates. */
export function validateSchedulingGates(gates: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  items(gates).forEach(({ name = "" }, i) => {
    errors.push(...qualifiedNameErrors(name, `${field}[${i}]`));
    if (seen.has(name)) errors.push(duplicate(`${field}[${i}]`, name));
    seen.add(name);
  });
  return errors;
}

const ACTIONS = ["DoNotSchedule", "ScheduleAnyway"];
const POLICIES = ["Honor", "Ignore"];

/** Errors of a pod's topology spread constraints. */
export function validateTopologySpread(constraints: unknown, field: string): FieldError[] {
  const list = items(constraints);
  return list.flatMap((constraint, i) =>
    validateConstraint(constraint, list.slice(i + 1), `${field}[${i}]`)
  );
}

function validateConstraint(
  constraint: Part,
  rest: readonly Part[],
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const { topologyKey = "", whenUnsatisfiable = "" } = constraint;
  const skew = integer(constraint.maxSkew);
  if (skew <= 0) errors.push(invalid(`${field}.maxSkew`, skew, "must be greater than zero"));
  if (topologyKey === "") errors.push(required(`${field}.topologyKey`, "can not be empty"));
  if (!ACTIONS.includes(whenUnsatisfiable)) {
    errors.push(notSupported(`${field}.whenUnsatisfiable`, whenUnsatisfiable, ACTIONS));
  }
  const again = rest.some((other) =>
    text(other.topologyKey) === topologyKey && text(other.whenUnsatisfiable) === whenUnsatisfiable
  );
  if (again) {
    errors.push(
      duplicate(
        `${field}.{topologyKey, whenUnsatisfiable}`,
        `{${topologyKey}, ${whenUnsatisfiable}}`,
      ),
    );
  }
  errors.push(...validateMinDomains(constraint, `${field}.minDomains`));
  for (const name of ["nodeAffinityPolicy", "nodeTaintsPolicy"]) {
    if (constraint[name] !== undefined && !POLICIES.includes(constraint[name])) {
      errors.push(notSupported(`${field}.${name}`, constraint[name], POLICIES));
    }
  }
  errors.push(...validateMatchLabelKeys(constraint, field));
  errors.push(...validateLabelSelector(constraint.labelSelector, `${field}.labelSelector`));
  return errors;
}

function validateMinDomains(constraint: Part, field: string): FieldError[] {
  const { minDomains, whenUnsatisfiable = "" } = constraint;
  if (minDomains === undefined) return [];
  const errors: FieldError[] = [];
  if (minDomains <= 0) errors.push(invalid(field, minDomains, "must be greater than zero"));
  if (whenUnsatisfiable !== "DoNotSchedule") {
    errors.push(
      invalid(
        field,
        minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
      ),
    );
  }
  return errors;
}
