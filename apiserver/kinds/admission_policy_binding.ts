// Bindings of admission policies: which parameters a policy runs with, and
// what its failures do. Source: pkg/apis/admissionregistration/validation
// and pkg/registry/admissionregistration.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  required,
} from "../../runtime/field/error.ts";
import { isPathSegmentName } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { policyStrategy } from "./admission_policy.ts";
import {
  deletionErrors,
  setMatchResourcesDefaults,
  validateMatchResources,
} from "./admission_rule.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { oneOf, requiredOneOf, text } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import { validateLabelSelector } from "./label_selector.ts";
import { dnsSubdomainErrors, invalids } from "./name_validation.ts";
import { items, type Part, sortedEntries, strings } from "./part.ts";

const ACTIONS = ["Audit", "Deny", "Warn"];

function validateBinding(object: KubeObject, validating: boolean): FieldError[] {
  const spec: Part = object.spec ?? {};
  const name = text(spec.policyName);
  const errors = name === ""
    ? [required("spec.policyName")]
    : dnsSubdomainErrors(name, "spec.policyName");
  if (spec.paramRef) errors.push(...validateParamRef(spec.paramRef, "spec.paramRef"));
  if (spec.matchResources) {
    errors.push(...validateMatchResources(spec.matchResources, "spec.matchResources"));
    if (!validating) errors.push(...deletionErrors(spec.matchResources, "spec.matchResources"));
  }
  if (validating) errors.push(...validateActions(strings(spec.validationActions)));
  return errors;
}

function validateParamRef(ref: Part, field: string): FieldError[] {
  const name = text(ref.name);
  const errors: FieldError[] = [];
  const both = name !== "" && !!ref.selector;
  const exclusive = "name and selector are mutually exclusive";
  if (name !== "") {
    errors.push(...invalids(name, `${field}.name`, isPathSegmentName(name)));
    if (both) errors.push(forbiddenField(`${field}.name`, exclusive));
  }
  if (ref.selector) {
    errors.push(...validateLabelSelector(ref.selector, `${field}.selector`));
    if (both) errors.push(forbiddenField(`${field}.selector`, exclusive));
  }
  if (name === "" && !ref.selector) {
    errors.push(required(field, "one of name or selector must be specified"));
  }
  errors.push(
    ...requiredOneOf(`${field}.parameterNotFoundAction`, ref.parameterNotFoundAction, [
      "Deny",
      "Allow",
    ]),
  );
  return errors;
}

function validateActions(actions: string[]): FieldError[] {
  const field = "spec.validationActions";
  const errors: FieldError[] = [];
  actions.forEach((action, i) => {
    errors.push(...oneOf(`${field}[${i}]`, action, ACTIONS));
    if (actions.indexOf(action) < i) errors.push(duplicate(`${field}[${i}]`, action));
  });
  if (actions.includes("Deny") && actions.includes("Warn")) {
    errors.push(
      invalid(
        field,
        actions,
        "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
      ),
    );
  }
  if (actions.length === 0) {
    errors.push(required(field, "at least one validation action is required"));
  }
  return errors;
}

/** A label selector as Go's generated String method prints it. */
function formatGoSelector(selector: Part): string {
  const labels = sortedEntries(selector.matchLabels).map(([key, value]) => `${key}: ${value},`);
  const expressions = items(selector.matchExpressions).map(({ key, operator, values }) =>
    `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${
      strings(values).join(" ")
    }],},`
  );
  return `&LabelSelector{MatchLabels:map[string]string{${
    labels.join("")
  }},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}

function formatParamRef(ref: Part | undefined | null): string {
  if (!ref) return "<unset>";
  const prefix = text(ref.namespace) === "" ? "" : `${ref.namespace}/`;
  if (text(ref.name) !== "") return prefix + ref.name;
  return ref.selector ? prefix + formatGoSelector(ref.selector) : "<unset>";
}

/** admissionregistration.k8s.io validatingadmissionpolicybindings or mutatingadmissionpolicybindings. */
export function admissionPolicyBindings(validating: boolean): KindBehaviour {
  return {
    setDefaults(object) {
      setMatchResourcesDefaults(object.spec?.matchResources);
    },
    strategy: policyStrategy((object) => validateBinding(object, validating)),
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      text(object.spec?.policyName),
      formatParamRef(object.spec?.paramRef),
      age(object.metadata.creationTimestamp, now_ms),
    ],
  };
}
