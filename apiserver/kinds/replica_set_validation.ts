// Checks of ReplicaSets. Source: ValidateReplicaSetSpec of
// pkg/apis/apps/validation, which speaks of deployments where it means
// ReplicaSets.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { immutable, nonNegative } from "./field_messages.ts";
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
  else errors.push(invalid("spec.selector", spec.selector, "invalid label selector"));
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
    ...immutable("spec.selector", object.spec?.selector, old.spec?.selector),
  ];
}
