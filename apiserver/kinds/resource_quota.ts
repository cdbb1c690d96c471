// ResourceQuotas. Source: pkg/registry/core/resourcequota,
// ValidateResourceQuota and printResourceQuota.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { FIELD_IMMUTABLE, text } from "./field_messages.ts";
import { goList, goNullable, goString, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { items, type Part, restore, sortedEntries, strings, written } from "./part.ts";
import { roundResources } from "../../runtime/quota/resource_list.ts";
import {
  isStandardQuotaResource,
  validateQuotaResourceName,
  validateResourceQuantity,
} from "./resource_requirements_validation.ts";

const SCOPES = new Set([
  "Terminating",
  "NotTerminating",
  "BestEffort",
  "NotBestEffort",
  "PriorityClass",
  "CrossNamespacePodAffinity",
  "VolumeAttributesClass",
]);
const EXISTS_ONLY = new Set([
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
]);
const CONFLICTS = [["BestEffort", "NotBestEffort"], ["NotTerminating", "Terminating"]] as const;

const COMPUTE = new Set([
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);

/** Which resources a scope can narrow. */
function isScopeFor(scope: string, resource: string): boolean {
  switch (scope) {
    case "Terminating":
    case "NotTerminating":
    case "NotBestEffort":
    case "PriorityClass":
    case "CrossNamespacePodAffinity":
      return resource === "pods" || COMPUTE.has(resource);
    case "BestEffort":
      return resource === "pods";
    case "VolumeAttributesClass":
      return resource === "persistentvolumeclaims" || resource === "requests.storage";
    default:
      return true;
  }
}

function setDefaults(object: KubeObject): void {
  roundResources(object.spec?.hard);
  roundResources(object.status?.hard);
  roundResources(object.status?.used);
}

function validateAmounts(list: unknown, field: string): FieldError[] {
  return sortedEntries(list).flatMap(([name, amount]) => [
    ...validateQuotaResourceName(name, `${field}[${name}]`),
    ...validateResourceQuantity(name, amount, `${field}[${name}]`),
  ]);
}

function conflicting(scopes: ReadonlySet<string>): number {
  return CONFLICTS.filter(([a, b]) => scopes.has(a) && scopes.has(b)).length;
}

function standardHard(spec: Part): string[] {
  return sortedEntries(spec.hard).map(([name]) => name).filter(isStandardQuotaResource);
}

function validateScopes(spec: Part): FieldError[] {
  const scopes = strings(spec.scopes);
  const bad = (message: string) => invalid("spec.scopes", scopes, message);
  const errors: FieldError[] = [];
  for (const scope of scopes) {
    if (!SCOPES.has(scope)) errors.push(bad("unsupported scope"));
    for (const name of standardHard(spec)) {
      if (!isScopeFor(scope, name)) errors.push(bad("unsupported scope applied to resource"));
    }
  }
  for (let i = conflicting(new Set(scopes)); i > 0; i--) errors.push(bad("conflicting scopes"));
  return errors;
}

const goSelector = goStruct([
  "MatchExpressions",
  goList(() => goStruct(["ScopeName", goString], ["Operator", goString], ["Values", goNullable])),
]);

function validateScopeSelector(spec: Part): FieldError[] {
  const field = "spec.scopeSelector.matchExpressions";
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const requirement of items(spec.scopeSelector?.matchExpressions)) {
    const scope = text(requirement.scopeName);
    const operator = text(requirement.operator);
    const values = strings(requirement.values);
    if (!SCOPES.has(scope)) errors.push(invalid(`${field}.scopeName`, scope, "unsupported scope"));
    for (const name of standardHard(spec)) {
      if (!isScopeFor(scope, name)) {
        errors.push(
          invalid(
            field,
            goValue(spec.scopeSelector, goSelector),
            "unsupported scope applied to resource",
          ),
        );
      }
    }
    if (EXISTS_ONLY.has(scope) && operator !== "Exists") {
      errors.push(
        invalid(
          `${field}.operator`,
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      );
    }
    errors.push(...validateOperator(operator, values, field));
    seen.add(scope);
  }
  for (let i = conflicting(seen); i > 0; i--) {
    errors.push(invalid(field, spec.scopes, "conflicting scopes"));
  }
  return errors;
}

function validateOperator(
  operator: string,
  values: readonly string[],
  field: string,
): FieldError[] {
  if (operator === "In" || operator === "NotIn") {
    return values.length > 0 ? [] : [
      required(
        `${field}.values`,
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ),
    ];
  }
  if (operator === "Exists" || operator === "DoesNotExist") {
    return values.length === 0 ? [] : [
      invalid(
        `${field}.values`,
        values,
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      ),
    ];
  }
  return [invalid(`${field}.operator`, operator, "not a valid selector operator")];
}

function validateSpec(spec: Part): FieldError[] {
  return [
    ...validateAmounts(spec.hard, "spec.hard"),
    ...validateScopes(spec),
    ...validateScopeSelector(spec),
  ];
}

function validateStatus({ status }: KubeObject): FieldError[] {
  return [
    ...validateAmounts(status?.hard, "status.hard"),
    ...validateAmounts(status?.used, "status.used"),
  ];
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validateSpec(object.spec ?? {});
  const scopes = new Set(strings(object.spec?.scopes));
  const before = new Set(strings(old.spec?.scopes));
  if (scopes.size !== before.size || [...scopes].some((scope) => !before.has(scope))) {
    errors.push(invalid("spec.scopes", written(object.spec, "scopes"), FIELD_IMMUTABLE));
  }
  return errors;
}

/** `used/hard` of the resources, those that limit and the others apart. */
function usageCells({ status }: KubeObject): [string, string] {
  const usage = sortedEntries(status?.hard).map(([name, hard]): [boolean, string] => [
    name.startsWith("limits."),
    `${name}: ${status?.used?.[name] ?? "0"}/${hard}`,
  ]);
  const join = (limits: boolean) =>
    usage.filter(([isLimit]) => isLimit === limits).map(([, cell]) => cell).join(", ");
  return [join(false), join(true)];
}

/** `resourcequotas`. */
export const resourceQuota: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate: (object) => void (object.status = {}),
    prepareForUpdate: (object, old) => restore(object, old, "status"),
    validate: (object) => validateSpec(object.spec ?? {}),
    validateUpdate,
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: validateStatus,
      resetFields: { "f:spec": {} },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    ...usageCells(object),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
