// Checks of ReplicaSets. Source: ValidateReplicaSetSpec of
// pkg/apis/apps/validation, which speaks of deployments where it means
// ReplicaSets.

import type { FieldError } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { nonNegative } from "./field_messages.ts";
import { immutableSelector, invalidSelector } from "./label_selector.ts";
import type { Part } from "./part.ts";
import {
  isSelector,
  validateSelectedTemplate,
  validateWorkloadSelector,
} from "./pod_template_validation.ts";

function validateSpec(spec: Part): FieldError[] {
  const errors = [
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...validateWorkloadSelector(spec.selector, "deployment"),
  ];
  if (isSelector(spec.selector)) errors.push(...validateSelectedTemplate(spec, "ReplicaSet"));
  else errors.push(invalidSelector(spec.selector, "invalid label selector"));
  return errors;
}

/** Errors of a new ReplicaSet. */
export function validateReplicaSet(object: KubeObject): FieldError[] {
  return validateSpec(object.spec ?? {});
}

/** Errors of a changed ReplicaSet: its selector stays. */
export function validateReplicaSetUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  return [
    ...validateSpec(object.spec ?? {}),
    ...immutableSelector(object.spec?.selector, old.spec?.selector),
  ];
}
