// PodDisruptionBudgets. Source: pkg/registry/policy/poddisruptionbudget and
// ValidatePodDisruptionBudget of pkg/apis/policy/validation.

import { type FieldError, invalid, notSupported } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { validateConditions } from "./condition_validation.ts";
import { nonNegative } from "./field_messages.ts";
import { nextGeneration, prepareStatusUpdate, startGeneration } from "./generation.ts";
import { goLabelSelector, goNullable, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { validateLabelSelector } from "./label_selector.ts";
import { type Part, restore, semanticEqual } from "./part.ts";
import { atMost100Percent, positiveIntOrPercent } from "./rolling_update_validation.ts";

const goSpec = goStruct(
  ["MinAvailable", goNullable],
  ["Selector", goLabelSelector],
  ["MaxUnavailable", goNullable],
  ["UnhealthyPodEvictionPolicy", goNullable],
);
const POLICIES = ["AlwaysAllow", "IfHealthyBudget"];

function validate({ spec = {} as Part }: KubeObject): FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(
      invalid(
        "spec",
        goValue(spec, goSpec),
        "minAvailable and maxUnavailable cannot be both set",
      ),
    );
  }
  for (const name of ["minAvailable", "maxUnavailable"]) {
    if (spec[name] === undefined) continue;
    errors.push(...positiveIntOrPercent(spec[name], `spec.${name}`));
    errors.push(...atMost100Percent(spec[name], `spec.${name}`));
  }
  errors.push(...validateLabelSelector(spec.selector, "spec.selector"));
  if (policy !== undefined && !POLICIES.includes(policy)) {
    errors.push(notSupported("spec.unhealthyPodEvictionPolicy", policy, POLICIES));
  }
  return errors;
}

function validateStatus({ status = {} as Part }: KubeObject): FieldError[] {
  const counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
  return [
    ...validateConditions(status.conditions, "status.conditions"),
    ...counts.flatMap((name) => nonNegative(`status.${name}`, status[name])),
  ];
}

const ZERO_STATUS = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
} as const;

/** `policy/poddisruptionbudgets`. */
export const podDisruptionBudget: KindBehaviour = {
  strategy: {
    allowUnconditionalUpdate: false,
    ownMetadataChecks: true,
    prepareForCreate(object) {
      object.status = { ...ZERO_STATUS };
      startGeneration(object);
    },
    prepareForUpdate(object, old) {
      restore(object, old, "status");
      nextGeneration(object, old, !semanticEqual(object.spec, old.spec));
    },
    validate,
    validateUpdate: validate,
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate: prepareStatusUpdate,
      validateUpdate: validateStatus,
      resetFields: { "f:spec": {} },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    object.spec?.minAvailable === undefined ? "N/A" : String(object.spec.minAvailable),
    object.spec?.maxUnavailable === undefined ? "N/A" : String(object.spec.maxUnavailable),
    object.status?.disruptionsAllowed ?? 0,
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
