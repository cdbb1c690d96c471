// Checks of StatefulSets. Source: ValidateStatefulSet and its relatives in
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
import { goInt, goNullable, goString, goStruct, goValue } from "./go_value.ts";
import { dnsLabelErrors } from "./name_validation.ts";
import { type Part, semanticEqual } from "./part.ts";
import {
  isSelector,
  validatePodTemplateSpec,
  validateReplicaTemplate,
  validateSelected,
  validateWorkloadSelector,
} from "./pod_template_validation.ts";

const goRolling = goStruct(["Partition", goInt], ["MaxUnavailable", goNullable]);
const goStrategy = goStruct(["Type", goString], ["RollingUpdate", goNullable]);
const RETENTIONS = ["Retain", "Delete"];

function validateStrategy(strategy: Part, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  if (!type) return [required(field)];
  if (type === "OnDelete") {
    return rollingUpdate
      ? [
        invalid(
          `${field}.rollingUpdate`,
          goValue(rollingUpdate, goRolling),
          "only allowed for updateStrategy 'RollingUpdate'",
        ),
      ]
      : [];
  }
  if (type === "RollingUpdate") {
    return nonNegative(`${field}.rollingUpdate.partition`, rollingUpdate?.partition);
  }
  return [
    invalid(field, goValue(strategy, goStrategy), "must be 'RollingUpdate' or 'OnDelete'"),
  ];
}

function validateSpec(spec: Part): FieldError[] {
  const errors: FieldError[] = [];
  const management = spec.podManagementPolicy;
  if (!management) errors.push(required("spec.podManagementPolicy"));
  else if (management !== "OrderedReady" && management !== "Parallel") {
    errors.push(
      invalid("spec.podManagementPolicy", management, "must be 'OrderedReady' or 'Parallel'"),
    );
  }
  errors.push(...validateStrategy(spec.updateStrategy ?? {}, "spec.updateStrategy"));
  for (const name of ["whenDeleted", "whenScaled"]) {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[name];
    if (value !== undefined && !RETENTIONS.includes(value)) {
      errors.push(
        notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, RETENTIONS),
      );
    }
  }
  errors.push(
    ...nonNegative("spec.replicas", spec.replicas),
    ...nonNegative("spec.minReadySeconds", spec.minReadySeconds),
    ...nonNegative("spec.ordinals.start", spec.ordinals?.start),
  );
  errors.push(...validateWorkloadSelector(spec.selector, "statefulset"));
  if (spec.serviceName) errors.push(...dnsLabelErrors(spec.serviceName, "spec.serviceName"));
  if (isSelector(spec.selector)) {
    errors.push(
      ...validateSelected(spec.selector, spec.template),
      ...validatePodTemplateSpec(spec.template, "spec.template"),
    );
  } else errors.push(invalid("spec.selector", spec.selector, ""));
  return [
    ...errors,
    ...validateReplicaTemplate(spec.template?.spec ?? {}, "spec.template.spec", "StatefulSet"),
  ];
}

/** Errors of a new StatefulSet. */
export function validateStatefulSet(object: KubeObject): FieldError[] {
  return validateSpec(object.spec ?? {});
}

const MUTABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];

/** Errors of a changed StatefulSet: little of the spec may change. */
export function validateStatefulSetUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateSpec(object.spec ?? {});
  const spec: Part = { ...object.spec };
  const before: Part = { ...old.spec };
  for (const name of MUTABLE) {
    delete spec[name];
    delete before[name];
  }
  if (!semanticEqual(spec, before)) {
    errors.push(
      forbiddenField(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    );
  }
  return errors;
}

/** Errors of a StatefulSet's status. */
export function validateStatefulSetStatus(status: Part): FieldError[] {
  const errors = [
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "collisionCount",
  ].flatMap((name) => nonNegative(`status.${name}`, status[name]));
  const above = (name: string, total: string) => {
    if (integer(status[name]) > integer(status[total])) {
      errors.push(
        invalid(`status.${name}`, integer(status[name]), `cannot be greater than status.${total}`),
      );
    }
  };
  above("readyReplicas", "replicas");
  above("currentReplicas", "replicas");
  above("updatedReplicas", "replicas");
  above("availableReplicas", "replicas");
  above("availableReplicas", "readyReplicas");
  return errors;
}
