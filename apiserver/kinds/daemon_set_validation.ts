// Checks of DaemonSets. Source: ValidateDaemonSet and its relatives in
// pkg/apis/apps/validation.

import { type FieldError, invalid, notSupported, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { integer, nonNegative } from "./field_messages.ts";
import { goNullable, goPointer, goString, goStruct, goValue } from "./go_value.ts";
import { immutableSelector, invalidSelector, validateLabelSelector } from "./label_selector.ts";
import { isEmpty, type Part } from "./part.ts";
import {
  validatePodTemplateSpec,
  validateReplicaTemplate,
  validateSelected,
} from "./pod_template_validation.ts";
import {
  atMost100Percent,
  intOrPercentValue,
  positiveIntOrPercent,
} from "./rolling_update_validation.ts";

const goRolling = goStruct(["MaxUnavailable", goNullable], ["MaxSurge", goNullable]);
const goStrategy = goStruct(["Type", goString], ["RollingUpdate", goPointer(() => goRolling)]);

function validateRolling(rolling: Part, field: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rolling;
  const errors = [
    ...positiveIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...positiveIntOrPercent(maxSurge, `${field}.maxSurge`),
    ...atMost100Percent(maxUnavailable, `${field}.maxUnavailable`),
    ...atMost100Percent(maxSurge, `${field}.maxSurge`),
  ];
  const missing = intOrPercentValue(maxUnavailable);
  const surge = intOrPercentValue(maxSurge);
  if (missing !== 0 && surge !== 0) {
    errors.push(
      invalid(`${field}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"),
    );
  }
  if (missing === 0 && surge === 0) {
    errors.push(required(`${field}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  }
  return errors;
}

function validateStrategy(strategy: Part, field: string): FieldError[] {
  if (strategy.type === "OnDelete") return [];
  if (strategy.type === "RollingUpdate") {
    return strategy.rollingUpdate
      ? validateRolling(strategy.rollingUpdate, `${field}.rollingUpdate`)
      : [required(`${field}.rollingUpdate`)];
  }
  return [notSupported(field, goValue(strategy, goStrategy), ["RollingUpdate", "OnDelete"])];
}

function validateSpec(spec: Part): FieldError[] {
  const { selector } = spec;
  const errors = validateLabelSelector(selector, "spec.selector");
  const matched = validateSelected(selector, spec.template);
  if (selector && isEmpty(selector.matchLabels) && isEmpty(selector.matchExpressions)) {
    errors.push(
      invalidSelector(selector, "empty selector is invalid for daemonset"),
    );
  }
  return [
    ...errors,
    ...matched,
    ...validatePodTemplateSpec(spec.template, "spec.template"),
    ...validateReplicaTemplate(spec.template?.spec ?? {}, "spec.template.spec", "DaemonSet"),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy"),
    ...nonNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
  ];
}

/** Errors of a new DaemonSet. */
export function validateDaemonSet(object: KubeObject): FieldError[] {
  return validateSpec(object.spec ?? {});
}

/** Errors of a changed DaemonSet: its selector stays. */
export function validateDaemonSetUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [
    ...immutableSelector(object.spec?.selector, old.spec?.selector),
    ...validateSpec(object.spec ?? {}),
  ];
}

/** Errors of a DaemonSet's status. */
function validateDaemonSetStatus(status: Part): FieldError[] {
  return [
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
  ].flatMap((name) => nonNegative(`status.${name}`, status[name]));
}

/** Errors of a changed status: collisions are never forgotten. */
export function validateDaemonSetStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateDaemonSetStatus(object.status ?? {});
  const count = object.status?.collisionCount;
  const before = old.status?.collisionCount;
  if (before !== undefined && (count === undefined || count < before)) {
    errors.push(invalid("status.collisionCount", integer(count), "cannot be decremented"));
  }
  return errors;
}
