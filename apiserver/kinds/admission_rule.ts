// Checks that webhook configurations and admission policies share: rules,
// match conditions and match resources. Source:
// pkg/apis/admissionregistration/validation.

import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
} from "../../runtime/field/error.ts";
import { isPathSegmentName } from "../../runtime/names.ts";
import { type ExpressionCheck, expressionErrors, type ExpressionUse } from "./expression_check.ts";
import { oneOf, requiredOneOf, text } from "./field_messages.ts";
import { validateLabelSelector } from "./label_selector.ts";
import { invalids, qualifiedNameErrors } from "./name_validation.ts";
import { items, type Part, strings } from "./part.ts";

/** Values of failurePolicy. */
export const FAILURE_POLICIES = ["Fail", "Ignore"];
/** Values of matchPolicy. */
export const MATCH_POLICIES = ["Equivalent", "Exact"];
/** Values of reinvocationPolicy. */
export const REINVOCATION_POLICIES = ["IfNeeded", "Never"];
const OPERATIONS = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const SCOPES = ["*", "Cluster", "Namespaced"];
const MATCH_CONDITIONS_MAX = 64;

/** Fills in the defaults of a rule. */
export function setRuleDefaults(rule: Part): void {
  rule.scope ??= "*";
}

/** Fills in the defaults of match resources, if there are any. */
export function setMatchResourcesDefaults(resources: Part | undefined | null): void {
  if (resources === undefined || resources === null) return;
  resources.matchPolicy ??= "Equivalent";
  resources.namespaceSelector ??= {};
  resources.objectSelector ??= {};
  for (
    const rule of [...items(resources.resourceRules), ...items(resources.excludeResourceRules)]
  ) {
    setRuleDefaults(rule);
  }
}

/** Errors of a rule with its operations. */
export function validateRule(rule: Part, field: string): FieldError[] {
  const operations = strings(rule.operations);
  const path = `${field}.operations`;
  const errors: FieldError[] = [];
  if (operations.length === 0) errors.push(required(path));
  errors.push(...wildcardErrors(operations, path, "operations"));
  operations.forEach((operation, i) => {
    if (!OPERATIONS.includes(operation)) {
      errors.push(notSupported(`${path}[${i}]`, operation, OPERATIONS));
    }
  });
  const groups = strings(rule.apiGroups);
  if (groups.length === 0) errors.push(required(`${field}.apiGroups`));
  errors.push(...wildcardErrors(groups, `${field}.apiGroups`, "API groups"));
  const versions = strings(rule.apiVersions);
  if (versions.length === 0) errors.push(required(`${field}.apiVersions`));
  errors.push(...wildcardErrors(versions, `${field}.apiVersions`, "API versions"));
  versions.forEach((version, i) => {
    if (version === "") errors.push(required(`${field}.apiVersions[${i}]`));
  });
  errors.push(...validateResources(strings(rule.resources), `${field}.resources`));
  if (rule.scope !== undefined && rule.scope !== null) {
    errors.push(...oneOf(`${field}.scope`, rule.scope, SCOPES));
  }
  return errors;
}

function wildcardErrors(values: string[], field: string, others: string): FieldError[] {
  return values.length > 1 && values.includes("*")
    ? [invalid(field, values, `if '*' is present, must not specify other ${others}`)]
    : [];
}

function validateResources(resources: string[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (resources.length === 0) errors.push(required(field));
  const allSubresourcesOf = new Set<string>();
  const ofAllResources = new Set<string>();
  let plain = false;
  resources.forEach((resource, i) => {
    const path = `${field}[${i}]`;
    if (resource === "") return void errors.push(required(path));
    const slash = resource.indexOf("/");
    if (slash < 0) {
      // As upstream: only the last one without a slash counts.
      plain = resource !== "*";
      return;
    }
    const parent = resource.slice(0, slash);
    const sub = resource.slice(slash + 1);
    const refuse = (pattern: string) =>
      errors.push(
        invalid(path, resource, `if '${pattern}' is present, must not specify ${resource}`),
      );
    if (allSubresourcesOf.has(parent)) refuse(`${parent}/*`);
    if (ofAllResources.has(sub)) refuse(`*/${sub}`);
    if (sub === "*") allSubresourcesOf.add(parent);
    if (parent === "*") ofAllResources.add(sub);
  });
  if (resources.length > 1 && resources.includes("*/*")) {
    errors.push(
      invalid(field, resources, "if '*/*' is present, must not specify other resources"),
    );
  }
  if (resources.includes("*") && plain) {
    errors.push(
      invalid(
        field,
        resources,
        "if '*' is present, must not specify other resources without subresources",
      ),
    );
  }
  return errors;
}

/** Errors of match resources, which have been defaulted. */
export function validateMatchResources(resources: Part, field: string): FieldError[] {
  const errors = requiredOneOf(`${field}.matchPolicy`, resources.matchPolicy, MATCH_POLICIES);
  for (const member of ["namespaceSelector", "objectSelector"]) {
    if (!resources[member]) errors.push(required(`${field}.${member}`));
    else errors.push(...validateLabelSelector(resources[member], `${field}.${member}`));
  }
  for (const member of ["resourceRules", "excludeResourceRules"]) {
    items(resources[member]).forEach((rule, i) => {
      errors.push(...validateNamedRule(rule, `${field}.${member}[${i}]`));
    });
  }
  return errors;
}

function validateNamedRule(rule: Part, field: string): FieldError[] {
  const names = strings(rule.resourceNames);
  const errors = names.flatMap((name, i) => {
    const path = `${field}.resourceNames[${i}]`;
    const wrong = invalids(name, path, isPathSegmentName(name));
    return names.indexOf(name) < i ? [...wrong, duplicate(path, name)] : wrong;
  });
  return [...errors, ...validateRule(rule, field)];
}

/** Errors of match conditions. Those whose expression the old object had are not compiled again. */
export function validateMatchConditions(
  conditions: Part[],
  check: ExpressionCheck,
  use: Pick<ExpressionUse, "hasParams">,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (conditions.length > MATCH_CONDITIONS_MAX) {
    errors.push(tooMany(field, conditions.length, MATCH_CONDITIONS_MAX));
  }
  const names = new Set<string>();
  conditions.forEach((condition, i) => {
    const path = `${field}[${i}]`;
    const name = text(condition.name);
    const expression = text(condition.expression).trim();
    if (expression === "") errors.push(required(`${path}.expression`));
    else {
      errors.push(
        ...expressionErrors(
          check,
          expression,
          { result: "bool", hasAuthorizer: true, ...use },
          `${path}.expression`,
        ),
      );
    }
    if (name === "") errors.push(required(`${path}.name`));
    else {
      errors.push(...qualifiedNameErrors(name, `${path}.name`));
      if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
      names.add(name);
    }
  });
  return errors;
}

/** Deletions cannot be mutated. */
export function deletionErrors(resources: Part | undefined | null, field: string): FieldError[] {
  return items(resources?.resourceRules)
    .filter((rule) => strings(rule.operations).includes("DELETE"))
    .map(() =>
      notSupported(`${field}.resourceRules.operations`, "DELETE", [
        "*",
        "CONNECT",
        "CREATE",
        "UPDATE",
      ])
    );
}
