// Checks of Deployments. Source: ValidateDeployment and its relatives in
// pkg/apis/apps/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { integer, nonNegative } from "./field_messages.ts";
import { goInt, goPointer, goString, goStruct, goValue } from "./go_value.ts";
import { immutableSelector, invalidSelector } from "./label_selector.ts";
import type { Part } from "./part.ts";
import {
  isSelector,
  validateSelectedTemplate,
  validateWorkloadSelector,
} from "./pod_template_validation.ts";
import {
  atMost100Percent,
  intOrPercentValue,
  positiveIntOrPercent,
} from "./rolling_update_validation.ts";

const goRolling = goStruct(["MaxUnavailable", goInt], ["MaxSurge", goInt]);
const goStrategy = goStruct(["Type", goString], ["RollingUpdate", goPointer(() => goRolling)]);

function validateRolling(rolling: Part, field: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rolling;
  const errors = [
    ...positiveIntOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...positiveIntOrPercent(maxSurge, `${field}.maxSurge`),
  ];
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(
      invalid(`${field}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0"),
    );
  }
  return [...errors, ...atMost100Percent(maxUnavailable, `${field}.maxUnavailable`)];
}

function validateStrategy(strategy: Part, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  if (type === "Recreate") {
    return rollingUpdate
      ? [
        forbiddenField(
          `${field}.rollingUpdate`,
          "may not be specified when strategy `type` is 'Recreate'",
        ),
      ]
      : [];
  }
  if (type === "RollingUpdate") {
    return rollingUpdate
      ? validateRolling(rollingUpdate, `${field}.rollingUpdate`)
      : [required(`${field}.rollingUpdate`, "this should be defaulted and never be nil")];
  }
  return [notSupported(field, goValue(strategy, goStrategy), ["Recreate", "RollingUpdate"])];
}

function validateSelector(spec: Part): FieldError[] {
  const errors = validateWorkloadSelector(spec.selector, "deployment");
  if (isSelector(spec.selector)) {
    errors.push(...validateSelectedTemplate(spec, "ReplicaSet"));
  } else errors.push(invalidSelector(spec.selector, "invalid label selector"));
  return errors;
}

function validateSpec(spec: Part): FieldError[] {
  const errors = nonNegative("spec.replicas", spec.replicas);
  errors.push(...validateSelector(spec));
  errors.push(...validateStrategy(spec.strategy ?? {}, "spec.strategy"));
  errors.push(...nonNegative("spec.minReadySeconds", spec.minReadySeconds));
  errors.push(...nonNegative("spec.revisionHistoryLimit", spec.revisionHistoryLimit));
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined) {
    errors.push(...nonNegative("spec.progressDeadlineSeconds", deadline));
    if (deadline <= integer(spec.minReadySeconds)) {
      errors.push(
        invalid(
          "spec.progressDeadlineSeconds",
          deadline,
          "must be greater than minReadySeconds",
        ),
      );
    }
  }
  return errors;
}

/** Errors of a new Deployment. */
export function validateDeployment(object: KubeObject): FieldError[] {
  return validateSpec(object.spec ?? {});
}

/** Errors of a changed Deployment: its selector stays. */
export function validateDeploymentUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [
    ...validateSpec(object.spec ?? {}),
    ...immutableSelector(object.spec?.selector, old.spec?.selector),
  ];
}

function validateStatus(status: Part, field: string): FieldError[] {
  const counts = [
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "terminatingReplicas",
    "collisionCount",
  ];
  const errors = counts.flatMap((name) => nonNegative(`${field}.${name}`, status[name]));
  const above = (name: string, total: string, words: string) => {
    if (integer(status[name]) > integer(status[total])) {
      errors.push(
        invalid(`${field}.${name}`, integer(status[name]), `cannot be greater than ${words}`),
      );
    }
  };
  above("updatedReplicas", "replicas", "status.replicas");
  above("readyReplicas", "replicas", "status.replicas");
  above("availableReplicas", "replicas", "status.replicas");
  above("availableReplicas", "readyReplicas", "readyReplicas");
  return errors;
}

/** Errors of a changed status: collisions are never forgotten. */
export function validateDeploymentStatusUpdate(
  object: KubeObject,
  old: KubeObject,
): FieldError[] {
  const errors = validateStatus(object.status ?? {}, "status");
  const count = object.status?.collisionCount;
  const before = old.status?.collisionCount;
  if (before !== undefined && (count === undefined || count < before)) {
    errors.push(invalid("status.collisionCount", integer(count), "cannot be decremented"));
  }
  return errors;
}
