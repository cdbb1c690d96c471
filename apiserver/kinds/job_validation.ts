// Checks of Jobs. Source: ValidateJob and its relatives in
// pkg/apis/batch/validation.

import { type FieldError, invalid, notSupported, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { validateFailurePolicy, validateSuccessPolicy } from "./job_policy_validation.ts";
import { domainPrefixedPath } from "./domain_prefixed_path.ts";
import { immutable, nonNegative, text } from "./field_messages.ts";
import { goTypes } from "./go_types.ts";
import { goValue } from "./go_value.ts";
import { immutableSelector, invalidSelector, validateLabelSelector } from "./label_selector.ts";
import { byteLength, isDNS1123Label } from "../../runtime/names.ts";
import { clone } from "../../runtime/object.ts";
import { isEmpty, items, type Part, semanticEqual } from "./part.ts";
import { goPodSpec, goPodTemplateSpec } from "./pod_go_shapes.ts";
import {
  selectsLabels,
  validatePodTemplateSpec,
  validateSelected,
} from "./pod_template_validation.ts";

const INDEXED_PARALLELISM_MAX = 100_000;
const INDEXED_COMPLETIONS_MAX_WITH_BACKOFF = 100_000;
const INDEXED_FAILED_MAX = 10_000;
const MANAGED_BY_MAX = 63;

const CONTROLLER_UID = "batch.kubernetes.io/controller-uid";

/** Errors of a selector that the server should have made. */
function validateGenerated(object: KubeObject): FieldError[] {
  const { manualSelector, selector, template } = object.spec ?? {};
  if (manualSelector === true || !selector) return [];
  const { uid = "", name = "" } = object.metadata;
  const labels: Record<string, string> = template?.metadata?.labels ?? {};
  const errors: FieldError[] = [];
  const expect = (key: string, value: string) => {
    const field = `spec.template.metadata.labels[${key}]`;
    const given = labels[key];
    if (given === undefined) errors.push(required(field, `must be '${value}'`));
    else if (given !== value) {
      errors.push(invalid(field, labels, `must be '${value}'`));
    }
  };
  expect("controller-uid", uid);
  expect("job-name", name);
  expect(CONTROLLER_UID, uid);
  expect("batch.kubernetes.io/job-name", name);
  const generated = {
    "controller-uid": uid,
    "job-name": name,
    [CONTROLLER_UID]: uid,
    "batch.kubernetes.io/job-name": name,
  };
  if (selectsLabels(selector, generated) === false) {
    errors.push(invalidSelector(selector, "`selector` not auto-generated"));
  }
  return errors;
}

/** Errors of the spec of a job, or of the jobs that a cron job makes. */
export function validateJobSpec(spec: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (
    const name of [
      "parallelism",
      "completions",
      "activeDeadlineSeconds",
      "backoffLimit",
      "ttlSecondsAfterFinished",
      "backoffLimitPerIndex",
      "maxFailedIndexes",
    ]
  ) errors.push(...nonNegative(`${field}.${name}`, spec[name]));
  if (spec.maxFailedIndexes !== undefined) {
    if (spec.backoffLimitPerIndex === undefined) {
      errors.push(
        required(`${field}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"),
      );
    }
  }
  if (spec.managedBy !== undefined) {
    errors.push(...domainPrefixedPath(spec.managedBy, `${field}.managedBy`));
    if (byteLength(spec.managedBy) > MANAGED_BY_MAX) {
      errors.push({
        type: "FieldValueTooLong",
        field: `${field}.managedBy`,
        message: `Too long: may not be more than ${MANAGED_BY_MAX} bytes`,
      });
    }
  }
  errors.push(...validateCompletionMode(spec, field));
  if (spec.podFailurePolicy) {
    errors.push(...validateFailurePolicy(spec, `${field}.podFailurePolicy`));
  }
  if (spec.successPolicy) {
    errors.push(...validateSuccessPolicy(spec, `${field}.successPolicy`));
  }
  errors.push(...validateReplacement(spec, `${field}.podReplacementPolicy`));
  errors.push(...validatePodTemplateSpec(spec.template, `${field}.template`));
  return [...errors, ...validateRestartPolicy(spec, `${field}.template.spec.restartPolicy`)];
}

function validateCompletionMode(spec: Part, field: string): FieldError[] {
  const mode = spec.completionMode;
  const errors: FieldError[] = [];
  if (mode !== undefined && mode !== "NonIndexed" && mode !== "Indexed") {
    errors.push(notSupported(`${field}.completionMode`, mode, ["NonIndexed", "Indexed"]));
  }
  if (mode === "Indexed") return [...errors, ...validateIndexed(spec, field)];
  if (mode !== undefined && mode !== "NonIndexed") return errors;
  const needsIndex = (name: string) => {
    if (spec[name] !== undefined) {
      errors.push(
        invalid(`${field}.${name}`, spec[name], "requires indexed completion mode"),
      );
    }
  };
  needsIndex("backoffLimitPerIndex");
  needsIndex("maxFailedIndexes");
  return errors;
}

function validateIndexed(spec: Part, field: string): FieldError[] {
  const { completions, parallelism, maxFailedIndexes: failed, backoffLimitPerIndex } = spec;
  if (completions === undefined) {
    return [
      required(`${field}.completions`, "when completion mode is Indexed"),
    ];
  }
  const errors: FieldError[] = [];
  const tooHigh = (name: string, value: number | undefined, max: number, when: string) => {
    if (value !== undefined && value > max) {
      errors.push(
        invalid(`${field}.${name}`, value, `must be less than or equal to ${max}${when}`),
      );
    }
  };
  tooHigh(
    "parallelism",
    parallelism,
    INDEXED_PARALLELISM_MAX,
    " when completion mode is Indexed",
  );
  if (failed !== undefined && failed > completions) {
    errors.push(
      invalid(`${field}.maxFailedIndexes`, failed, "must be less than or equal to completions"),
    );
  }
  if (failed !== undefined && failed > INDEXED_PARALLELISM_MAX) {
    tooHigh("maxFailedIndexes", failed, INDEXED_PARALLELISM_MAX, "");
  }
  if (backoffLimitPerIndex !== undefined && completions > INDEXED_COMPLETIONS_MAX_WITH_BACKOFF) {
    const when =
      ` when completions are above ${INDEXED_COMPLETIONS_MAX_WITH_BACKOFF} and used with backoff limit per index`;
    if (failed === undefined) {
      errors.push(
        required(
          `${field}.maxFailedIndexes`,
          `must be specified when completions is above ${INDEXED_COMPLETIONS_MAX_WITH_BACKOFF}`,
        ),
      );
    }
    tooHigh("parallelism", parallelism, INDEXED_FAILED_MAX, when);
    tooHigh("maxFailedIndexes", failed, INDEXED_FAILED_MAX, when);
  }
  return errors;
}

function validateRestartPolicy(spec: Part, field: string): FieldError[] {
  const policy = text(spec.template?.spec?.restartPolicy);
  if (policy === "" || policy === "Always") {
    return [required(field, 'valid values: "OnFailure", "Never"')];
  }
  if (policy !== "OnFailure" && policy !== "Never") {
    return [notSupported(field, policy, ["OnFailure", "Never"])];
  }
  return spec.podFailurePolicy && policy !== "Never"
    ? [invalid(field, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : [];
}

function validateReplacement(
  { podReplacementPolicy: policy, podFailurePolicy }: Part,
  field: string,
): FieldError[] {
  if (policy === undefined) return [];
  if (podFailurePolicy) {
    return policy === "Failed" ? [] : [notSupported(field, policy, ["Failed"])];
  }
  const known = ["Failed", "TerminatingOrFailed"];
  return known.includes(policy) ? [] : [notSupported(field, policy, known)];
}

function validateWithSelector(object: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const errors = validateJobSpec(spec, "spec");
  if (!spec.selector) errors.push(required("spec.selector"));
  else errors.push(...validateLabelSelector(spec.selector, "spec.selector"));
  return [...errors, ...validateSelected(spec.selector, spec.template)];
}

/** Errors of a new Job. */
export function validateJob(object: KubeObject): FieldError[] {
  return [
    ...validateGenerated(object),
    ...validateWithSelector(object),
    ...validateHostnames(object),
  ];
}

/** The pods of an indexed job are named after it and their index, which has to make a hostname. */
function validateHostnames({ metadata, spec }: KubeObject): FieldError[] {
  const { completionMode, completions } = spec ?? {};
  if (completionMode !== "Indexed" || !(completions > 0)) return [];
  const name = text(metadata.name);
  const last = `${name}-${completions - 1}`;
  return isDNS1123Label(last).length === 0 ? [] : [
    invalid("metadata.name", name, `will not able to create pod with invalid DNS label: ${last}`),
  ];
}

/** While a suspended job runs nothing, where its pods may run and what they ask for can still change. */
function mutableTemplate({ spec, status }: KubeObject): boolean {
  if (spec?.suspend !== true || (status?.active ?? 0) !== 0) return false;
  return status?.startTime === undefined ||
    items(status.conditions).some((c) => c.type === "Suspended" && c.status === "True");
}

const SCHEDULING = ["nodeSelector", "tolerations", "schedulingGates"];

function validateTemplateChange(object: KubeObject, old: KubeObject): FieldError[] {
  const template: Part = object.spec?.template ?? {};
  const before: Part = clone(old.spec?.template ?? {});
  if (mutableTemplate(old)) {
    const spec: Part = before.spec ??= {};
    const changed: Part = template.spec ?? {};
    for (const name of SCHEDULING) spec[name] = changed[name];
    if (changed.affinity?.nodeAffinity) {
      spec.affinity = { ...spec.affinity, nodeAffinity: changed.affinity.nodeAffinity };
    } else if (spec.affinity) {
      delete spec.affinity.nodeAffinity;
      if (isEmpty(spec.affinity) && changed.affinity === undefined) delete spec.affinity;
    }
    for (const list of ["containers", "initContainers"]) {
      const now = items(changed[list]);
      if (now.length !== items(spec[list]).length) continue;
      items(spec[list]).forEach((container, i) => {
        if (container.name === now[i]?.name) container.resources = now[i]?.resources;
      });
    }
    // The rest of the template's metadata is not looked at.
    return semanticEqual(changed, spec)
      ? []
      : [invalid("spec.template.spec", goPodSpec(changed), "field is immutable")];
  }
  return semanticEqual(template, before)
    ? []
    : [invalid("spec.template", goPodTemplateSpec(template), "field is immutable")];
}

function validateCompletions(spec: Part, before: Part): FieldError[] {
  const field = "spec.completions";
  if (semanticEqual(spec.completions, before.completions)) return [];
  if (spec.completionMode !== "Indexed") {
    return [invalid(field, spec.completions ?? null, "field is immutable")];
  }
  // An elastic indexed job changes both numbers together.
  return spec.completions !== undefined && spec.completions !== spec.parallelism
    ? [
      invalid(
        field,
        spec.completions,
        `can only be modified in tandem with spec.parallelism`,
      ),
    ]
    : [];
}

const policies = goTypes({
  podFailurePolicy: "Rules:[FailureRule]",
  FailureRule: "Action:s OnExitCodes:*ExitCodes OnPodConditions:[Condition]",
  ExitCodes: "ContainerName:n Operator:s Values:n",
  Condition: "Type:s Status:s",
  successPolicy: "Rules:[SuccessRule]",
  SuccessRule: "SucceededIndexes:n SucceededCount:n",
});

function immutablePolicy(name: string, spec: Part, before: Part): FieldError[] {
  const value = spec[name];
  const shown = value === undefined ? null : goValue(value, policies(name));
  return immutable(`spec.${name}`, value, before[name], shown);
}

/** Errors of a changed Job. */
export function validateJobUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const before: Part = old.spec ?? {};
  return [
    // Upstream checks the job both as a new one and as a changed one.
    ...validateJob(object),
    ...validateWithSelector(object),
    ...validateCompletions(spec, before),
    ...immutableSelector(spec.selector, before.selector),
    ...validateTemplateChange(object, old),
    ...immutable("spec.completionMode", spec.completionMode, before.completionMode),
    ...immutablePolicy("podFailurePolicy", spec, before),
    ...immutable(
      "spec.backoffLimitPerIndex",
      spec.backoffLimitPerIndex,
      before.backoffLimitPerIndex,
    ),
    ...immutable("spec.managedBy", spec.managedBy, before.managedBy),
    ...immutablePolicy("successPolicy", spec, before),
  ];
}
