// Admission policies written in CEL. Their bindings are in
// admission_policy_binding.ts; carrying them out is admission's business. Source: pkg/apis/admissionregistration/validation
// and pkg/registry/admissionregistration.

import { duplicate, type FieldError, invalid, required } from "../../runtime/field/error.ts";
import { isDNS1035Label, isDNS1123Subdomain } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Strategy } from "../definition.ts";
import {
  deletionErrors,
  FAILURE_POLICIES,
  REINVOCATION_POLICIES,
  setMatchResourcesDefaults,
  validateMatchConditions,
  validateMatchResources,
} from "./admission_rule.ts";
import type { KindBehaviour } from "./behaviour.ts";
import {
  type ExpressionCheck,
  expressionErrors,
  type ExpressionResult,
  type ExpressionUse,
  type ExpressionVariable,
} from "./expression_check.ts";
import { oneOf, requiredOneOf, text } from "./field_messages.ts";
import { nextGeneration } from "./generation.ts";
import { age } from "./human_duration.ts";
import { qualifiedNameErrors } from "./name_validation.ts";
import { items, type Part, restore, semanticEqual } from "./part.ts";
import { validateConditions } from "./condition_validation.ts";
import { resetMetadataForStatus } from "./status_metadata.ts";

const AUDIT_ANNOTATIONS_MAX = 20;
const AUDIT_EXPRESSION_BYTES_MAX = 5 * 1024;
const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const RESERVED = new Set(
  ("true false null in as break const continue else for function if import let loop package " +
    "namespace return var void while").split(" "),
);

/** One policy being checked: its name, what its expressions may use, and how they are compiled. */
interface Policy {
  readonly name: string;
  readonly spec: Part;
  readonly check: ExpressionCheck;
}

function useOf(
  { spec }: Policy,
  result: ExpressionResult,
  variables = variablesOf(spec),
): ExpressionUse {
  return {
    result,
    hasParams: !!spec.paramKind,
    hasAuthorizer: result !== "string",
    ...(items(spec.variables).length === 0 ? {} : { variables }),
  };
}

function variablesOf(spec: Part): ExpressionVariable[] {
  return items(spec.variables).map(({ name, expression }) => ({
    name: text(name),
    expression: text(expression),
  }));
}

/** What both kinds of policies have. Errors of what follows come between the two parts. */
function validateCommon(policy: Policy, old: KubeObject | undefined): FieldError[] {
  const { spec, check } = policy;
  const errors = oneOf("spec.failurePolicy", spec.failurePolicy ?? "", FAILURE_POLICIES);
  if (spec.paramKind) errors.push(...validateParamKind(spec.paramKind));
  if (!spec.matchConstraints) errors.push(required("spec.matchConstraints"));
  else {
    errors.push(...validateMatchResources(spec.matchConstraints, "spec.matchConstraints"));
    if (items(spec.matchConstraints.resourceRules).length === 0) {
      errors.push(required("spec.matchConstraints.resourceRules"));
    }
  }
  const same = old !== undefined && semanticEqual(spec.paramKind, old.spec?.paramKind) &&
    semanticEqual(spec.matchConditions, old.spec?.matchConditions);
  if (!same) {
    errors.push(
      ...validateMatchConditions(
        items(spec.matchConditions),
        check,
        { hasParams: !!spec.paramKind },
        "spec.matchConditions",
      ),
    );
  }
  return errors;
}

function validateVariables(policy: Policy): FieldError[] {
  const variables = variablesOf(policy.spec);
  return variables.flatMap(({ name, expression }, i) => {
    const field = `spec.variables[${i}]`;
    const errors: FieldError[] = [];
    if (name.trim() === "") errors.push(required(`${field}.name`, "name is not specified"));
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name)) {
      errors.push(invalid(`${field}.name`, name, "must be a valid CEL identifier"));
    }
    if (expression.trim() === "") {
      errors.push(required(`${field}.expression`, "expression is not specified"));
    } else {
      const use = useOf(policy, "any", variables.slice(0, i));
      errors.push(...expressionErrors(policy.check, expression, use, `${field}.expression`));
    }
    return errors;
  });
}

function validateParamKind(kind: Part): FieldError[] {
  const errors: FieldError[] = [];
  const apiVersion = text(kind.apiVersion);
  const field = "spec.paramKind.apiVersion";
  const parts = apiVersion.split("/");
  if (apiVersion === "") errors.push(required(field));
  else if (parts.length > 2) {
    errors.push(
      invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`),
    );
  } else {
    const [group = "", version = ""] = parts.length === 1 ? ["", parts[0]] : parts;
    const groupProblems = group === "" ? [] : isDNS1123Subdomain(group);
    if (groupProblems.length > 0) errors.push(invalid(field, group, groupProblems.join(",")));
    if (version === "") errors.push(invalid(field, apiVersion, "version must be specified"));
    else {
      const problems = isDNS1035Label(version);
      if (problems.length > 0) errors.push(invalid(field, version, problems.join(",")));
    }
  }
  const name = text(kind.kind);
  const problems = isDNS1035Label(name.toLowerCase());
  if (name === "") errors.push(required("spec.paramKind.kind"));
  else if (problems.length > 0) {
    errors.push(
      invalid(
        "spec.paramKind.kind",
        name,
        `may have mixed case, but should otherwise match: ${problems.join(",")}`,
      ),
    );
  }
  return errors;
}

// --- ValidatingAdmissionPolicy

function validateValidating(
  object: KubeObject,
  old: KubeObject | undefined,
  check: ExpressionCheck,
): FieldError[] {
  const spec: Part = object.spec ?? {};
  const policy: Policy = { name: object.metadata.name ?? "", spec, check };
  const errors = [...validateCommon(policy, old), ...validateVariables(policy)];
  const validations = items(spec.validations);
  const annotations = items(spec.auditAnnotations);
  if (validations.length === 0 && annotations.length === 0) {
    const why = "validations or auditAnnotations must contain at least one item";
    return [...errors, required("spec.validations", why), required("spec.auditAnnotations", why)];
  }
  validations.forEach((validation, i) =>
    errors.push(...validateValidation(policy, validation, `spec.validations[${i}]`))
  );
  if (annotations.length > AUDIT_ANNOTATIONS_MAX) {
    errors.push(
      invalid(
        "spec.auditAnnotations",
        annotations.map(({ key, valueExpression }) => ({
          Key: text(key),
          ValueExpression: text(valueExpression),
        })),
        `must not have more than ${AUDIT_ANNOTATIONS_MAX} auditAnnotations`,
      ),
    );
  }
  const keys = new Set<string>();
  annotations.forEach((annotation, i) => {
    const field = `spec.auditAnnotations[${i}]`;
    const key = text(annotation.key);
    errors.push(...validateAuditAnnotation(policy, annotation, field));
    if (keys.has(key)) errors.push(duplicate(`${field}.key`, key));
    keys.add(key);
  });
  return errors;
}

function validateValidation(policy: Policy, validation: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const expression = text(validation.expression);
  const message = text(validation.message);
  const messageExpression = text(validation.messageExpression);
  if (expression.trim() === "") {
    errors.push(required(`${field}.expression`, "expression is not specified"));
  } else {
    errors.push(
      ...expressionErrors(
        policy.check,
        expression,
        useOf(policy, "bool"),
        `${field}.expression`,
      ),
    );
  }
  const path = `${field}.messageExpression`;
  if (messageExpression !== "" && messageExpression.trim() === "") {
    errors.push(invalid(path, messageExpression, "must be non-empty if specified"));
  } else if (messageExpression !== "") {
    errors.push(
      ...expressionErrors(policy.check, messageExpression, useOf(policy, "string"), path),
    );
  }
  if (message !== "" && message.trim() === "") {
    errors.push(invalid(`${field}.message`, message, "must be non-empty if specified"));
  } else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalid(`${field}.message`, message, "must not contain line breaks"));
  }
  if (validation.reason !== undefined && validation.reason !== null) {
    errors.push(...oneOf(`${field}.reason`, validation.reason, REASONS));
  }
  return errors;
}

function validateAuditAnnotation(policy: Policy, annotation: Part, field: string): FieldError[] {
  const key = text(annotation.key);
  const shown = text(annotation.valueExpression);
  const expression = shown.trim();
  const path = `${field}.valueExpression`;
  const errors = policy.name === ""
    ? [invalid(`${field}.key`, key, "requires metadata.name be non-empty")]
    : qualifiedNameErrors(`${policy.name}/${key}`, `${field}.key`);
  if (expression === "") errors.push(required(path, "valueExpression is not specified"));
  else if (expression.length > AUDIT_EXPRESSION_BYTES_MAX) {
    errors.push(
      required(path, `must not exceed ${AUDIT_EXPRESSION_BYTES_MAX} bytes in length`),
    );
  } else {
    const use = useOf(policy, "stringOrNull");
    errors.push(...expressionErrors(policy.check, expression, use, path, shown));
  }
  return errors;
}

function validateStatus(object: KubeObject): FieldError[] {
  const status: Part = object.status ?? {};
  const warnings = items(status.typeChecking?.expressionWarnings).flatMap((warning, i) => {
    const field = `status.typeChecking.expressionWarnings[${i}]`;
    const errors: FieldError[] = [];
    if (text(warning.warning) === "") errors.push(required(`${field}.warning`));
    if (text(warning.fieldRef).trim() === "") errors.push(required(`${field}.fieldRef`));
    return errors;
  });
  return [...warnings, ...validateConditions(status.conditions, "status.conditions")];
}

/** What policies and their bindings do beside validation: every change of the spec makes a new generation. */
export function policyStrategy(
  validate: (object: KubeObject, old?: KubeObject) => FieldError[],
): Strategy {
  return {
    prepareForCreate(object) {
      object.metadata.generation = 1;
    },
    prepareForUpdate: (object, old) =>
      nextGeneration(object, old, !semanticEqual(object.spec, old.spec)),
    validate: (object) => validate(object),
    validateUpdate: validate,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: false,
  };
}

function formatParamKind(kind: Part | undefined | null): string {
  return kind ? `${text(kind.apiVersion)}/${text(kind.kind)}` : "<unset>";
}

/** admissionregistration.k8s.io validatingadmissionpolicies. */
export function validatingAdmissionPolicies(check: ExpressionCheck): KindBehaviour {
  const strategy = policyStrategy((object, old) => validateValidating(object, old, check));
  return {
    setDefaults(object) {
      const spec: Part = object.spec ??= {};
      spec.failurePolicy ??= "Fail";
      setMatchResourcesDefaults(spec.matchConstraints);
    },
    strategy: {
      ...strategy,
      prepareForCreate(object, context) {
        strategy.prepareForCreate?.(object, context);
        object.status = {};
      },
      prepareForUpdate(object, old, context) {
        restore(object, old, "status");
        strategy.prepareForUpdate?.(object, old, context);
      },
      resetFields: { "f:status": {} },
    },
    subresources: {
      status: {
        prepareForUpdate(object, old) {
          restore(object, old, "spec");
          resetMetadataForStatus(object, old);
        },
        validateUpdate: validateStatus,
        resetFields: { "f:metadata": {}, "f:spec": {} },
        allowUnconditionalUpdate: false,
      },
    },
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      items(object.spec?.validations).length,
      formatParamKind(object.spec?.paramKind),
      age(object.metadata.creationTimestamp, now_ms),
    ],
  };
}

// --- MutatingAdmissionPolicy

function validateMutating(
  object: KubeObject,
  old: KubeObject | undefined,
  check: ExpressionCheck,
): FieldError[] {
  const spec: Part = object.spec ?? {};
  const policy: Policy = { name: object.metadata.name ?? "", spec, check };
  const errors = validateCommon(policy, old);
  errors.push(...deletionErrors(spec.matchConstraints, "spec.matchConstraints"));
  errors.push(...validateVariables(policy));
  const mutations = items(spec.mutations);
  if (mutations.length === 0) {
    errors.push(required("spec.mutations", "mutations must contain at least one item"));
  }
  mutations.forEach((mutation, i) =>
    errors.push(...validateMutation(policy, mutation, `spec.mutations[${i}]`))
  );
  errors.push(
    ...requiredOneOf("spec.reinvocationPolicy", spec.reinvocationPolicy, REINVOCATION_POLICIES),
  );
  return errors;
}

const MUTATIONS: readonly (readonly [string, string, ExpressionResult])[] = [
  ["ApplyConfiguration", "applyConfiguration", "object"],
  ["JSONPatch", "jsonPatch", "patches"],
];

function validateMutation(policy: Policy, mutation: Part, field: string): FieldError[] {
  const type = text(mutation.patchType);
  const own = MUTATIONS.find(([name]) => name === type);
  if (own === undefined) {
    return requiredOneOf(`${field}.patchType`, mutation.patchType, MUTATIONS.map(([name]) => name));
  }
  const [, member, result] = own;
  const errors: FieldError[] = [];
  if (!mutation[member]) {
    errors.push(required(`${field}.${member}`, `must be specified when patchType is ${type}`));
  } else {
    const expression = text(mutation[member].expression).trim();
    const path = `${field}.${member}.expression`;
    if (expression === "") errors.push(required(path));
    else errors.push(...expressionErrors(policy.check, expression, useOf(policy, result), path));
  }
  for (const [, other] of MUTATIONS) {
    if (other !== member && mutation[other]) {
      errors.push(
        invalid(
          `${field}.${other}`,
          `{${other}}`,
          `must not be specified when patchType is ${type}`,
        ),
      );
    }
  }
  return errors;
}

/** admissionregistration.k8s.io mutatingadmissionpolicies. */
export function mutatingAdmissionPolicies(check: ExpressionCheck): KindBehaviour {
  return {
    setDefaults(object) {
      const spec: Part = object.spec ??= {};
      spec.failurePolicy ??= "Fail";
      setMatchResourcesDefaults(spec.matchConstraints);
    },
    strategy: policyStrategy((object, old) => validateMutating(object, old, check)),
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      items(object.spec?.mutations).length,
      formatParamKind(object.spec?.paramKind),
      age(object.metadata.creationTimestamp, now_ms),
    ],
  };
}
