// Checks of pod templates, alone and in the kinds that run pods. Source:
// ValidatePodTemplateSpec and its callers in pkg/apis/core and pkg/apis/apps
// validation. Errors of a template's labels are named without `metadata`, as
// upstream does.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { invalidSelector, validateLabelSelector } from "./label_selector.ts";
import { annotationsErrors, labelsErrors } from "./name_validation.ts";
import { isEmpty, type Part, written } from "./part.ts";
import { validatePodAnnotations, validateProfilesMatch } from "./pod_annotations_validation.ts";
import { IN_TEMPLATE, validatePodSpec } from "./pod_spec_validation.ts";

/** Errors of a template. */
export function validatePodTemplateSpec(template: Part | undefined, field: string): FieldError[] {
  const metadata: Part = template?.metadata ?? {};
  const spec: Part = template?.spec ?? {};
  const errors = [
    ...labelsErrors(metadata.labels, `${field}.labels`),
    ...annotationsErrors(metadata.annotations, `${field}.annotations`),
    ...validatePodAnnotations(metadata.annotations, spec, `${field}.annotations`),
    ...validatePodSpec(spec, `${field}.spec`, IN_TEMPLATE),
    ...validateProfilesMatch(metadata.annotations, spec, `${field}.spec`),
  ];
  if (!isEmpty(spec.ephemeralContainers)) {
    errors.push(
      forbiddenField(
        `${field}.spec.ephemeralContainers`,
        "ephemeral containers not allowed in pod template",
      ),
    );
  }
  return errors;
}

/** Errors of what only makes sense in pods that end, for kinds whose pods never do. */
export function validateReplicaTemplate(
  spec: Part,
  field: string,
  kind = "ReplicationController",
): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.restartPolicy !== "Always") {
    errors.push(notSupported(`${field}.restartPolicy`, spec.restartPolicy ?? "", ["Always"]));
  }
  if (spec.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenField(
        `${field}.activeDeadlineSeconds`,
        `activeDeadlineSeconds in ${kind} is not Supported`,
      ),
    );
  }
  return errors;
}

/** Whether a selector selects these labels; `undefined` when it cannot be compiled. */
export function selectsLabels(
  selector: Part | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean | undefined {
  try {
    return compileLabelSelector(selector).matches(labels);
  } catch {
    // What is wrong with it has been said where the selector stands.
    return undefined;
  }
}

/** Errors of a workload's selector: given, good, and not selecting everything. */
export function validateWorkloadSelector(selector: Part | undefined, kind: string): FieldError[] {
  if (!selector) return [required("spec.selector")];
  const errors = validateLabelSelector(selector, "spec.selector");
  if (isEmptySelector(selector)) {
    errors.push(
      invalidSelector(selector, `empty selector is invalid for ${kind}`),
    );
  }
  return errors;
}

function isEmptySelector(selector: Part | undefined): boolean {
  return Boolean(selector) && isEmpty(selector?.matchLabels) &&
    isEmpty(selector?.matchExpressions);
}

/** Whether the selector can be compiled. */
export function isSelector(selector: Part | undefined): boolean {
  return selectsLabels(selector, {}) !== undefined;
}

/** An error when the selector does not select what the template makes. One that selects everything, or cannot be compiled, has been refused already. */
export function validateSelected(
  selector: Part | undefined,
  template: Part | undefined,
): FieldError[] {
  const labels = template?.metadata?.labels;
  return isEmptySelector(selector) || selectsLabels(selector, labels) !== false ? [] : [
    invalid(
      "spec.template.metadata.labels",
      written(template?.metadata, "labels"),
      "`selector` does not match template `labels`",
    ),
  ];
}

/** Errors of a template whose pods never end, with its selector. `kind` is named where such pods may not have a deadline. */
export function validateSelectedTemplate(spec: Part, kind: string): FieldError[] {
  return [
    ...validateSelected(spec.selector, spec.template),
    ...validatePodTemplateSpec(spec.template, "spec.template"),
    ...validateReplicaTemplate(spec.template?.spec ?? {}, "spec.template.spec", kind),
  ];
}
