// Roles and bindings of the cluster and of namespaces. Whether somebody may
// grant what they grant is auth/escalation. Source: pkg/apis/rbac/validation
// and pkg/registry/rbac.

import type { FieldError } from "../../runtime/field/error.ts";
import { invalid, notSupported, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { isPathSegmentName, isPathSegmentPrefix } from "../../runtime/names.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { text } from "./field_messages.ts";
import { goString, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { validateLabelSelector } from "./label_selector.ts";
import { dnsSubdomainErrors, invalids } from "./name_validation.ts";
import { items, type Part, strings } from "./part.ts";

/** The group that roles and most subjects belong to. */
export const RBAC_GROUP = "rbac.authorization.k8s.io";

/** RBAC objects may have any name that can stand in a path, such as `system:node`. */
export function validateRbacName(name: string, prefix: boolean): string[] {
  return prefix ? isPathSegmentPrefix(name) : isPathSegmentName(name);
}

/** Errors of one rule of a role. */
export function validatePolicyRule(rule: Part, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (strings(rule.verbs).length === 0) {
    errors.push(required(`${field}.verbs`, "verbs must contain at least one value"));
  }
  const urls = strings(rule.nonResourceURLs);
  const groups = strings(rule.apiGroups);
  const resources = strings(rule.resources);
  if (urls.length > 0) {
    const path = `${field}.nonResourceURLs`;
    if (namespaced) {
      errors.push(invalid(path, urls, "namespaced rules cannot apply to non-resource URLs"));
    }
    if (groups.length > 0 || resources.length > 0 || strings(rule.resourceNames).length > 0) {
      errors.push(
        invalid(
          path,
          urls,
          "rules cannot apply to both regular resources and non-resource URLs",
        ),
      );
    }
    return errors;
  }
  if (groups.length === 0) {
    errors.push(
      required(`${field}.apiGroups`, "resource rules must supply at least one api group"),
    );
  }
  if (resources.length === 0) {
    errors.push(
      required(`${field}.resources`, "resource rules must supply at least one resource"),
    );
  }
  return errors;
}

function validateRole(object: KubeObject): FieldError[] {
  return items(object.rules).flatMap((rule, i) => validatePolicyRule(rule, true, `rules[${i}]`));
}

function validateClusterRole(object: KubeObject): FieldError[] {
  const errors = items(object.rules).flatMap((rule, i) =>
    validatePolicyRule(rule, false, `rules[${i}]`)
  );
  const aggregation: Part | undefined = object.aggregationRule;
  if (aggregation === undefined || aggregation === null) return errors;
  const selectors = items(aggregation.clusterRoleSelectors);
  const path = "aggregationRule.clusterRoleSelectors";
  if (selectors.length === 0) {
    errors.push(
      required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"),
    );
  }
  selectors.forEach((selector, i) => {
    const problems = validateLabelSelector(selector, `${path}[${i}]`);
    errors.push(...problems);
    // Converting it fails for the same reasons and leaves no selector to show.
    if (problems.length > 0) errors.push(invalid(`${path}[${i}]`, null, "invalid label selector."));
  });
  return errors;
}

const roleRefShape = goStruct(["APIGroup", "apiGroup", goString], ["Kind", goString], [
  "Name",
  goString,
]);

function validateBinding(
  object: KubeObject,
  kinds: readonly string[],
  namespaced: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const ref: Part = object.roleRef ?? {};
  if (text(ref.apiGroup) !== RBAC_GROUP) {
    errors.push(notSupported("roleRef.apiGroup", text(ref.apiGroup), [RBAC_GROUP]));
  }
  if (!kinds.includes(text(ref.kind))) {
    errors.push(notSupported("roleRef.kind", text(ref.kind), kinds));
  }
  const name = text(ref.name);
  if (name === "") errors.push(required("roleRef.name"));
  else errors.push(...invalids(name, "roleRef.name", validateRbacName(name, false)));
  items(object.subjects).forEach((subject, i) => {
    errors.push(...validateSubject(subject, namespaced, `subjects[${i}]`));
  });
  return errors;
}

function validateSubject(subject: Part, namespaced: boolean, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const name = text(subject.name);
  const group = text(subject.apiGroup);
  if (name === "") errors.push(required(`${field}.name`));
  switch (subject.kind) {
    case "ServiceAccount":
      if (name !== "") errors.push(...dnsSubdomainErrors(name, `${field}.name`));
      if (group !== "") errors.push(notSupported(`${field}.apiGroup`, group, [""]));
      if (!namespaced && text(subject.namespace) === "") {
        errors.push(required(`${field}.namespace`));
      }
      break;
    case "User":
    case "Group":
      if (group !== RBAC_GROUP) {
        errors.push(notSupported(`${field}.apiGroup`, group, [RBAC_GROUP]));
      }
      break;
    default:
      errors.push(
        notSupported(`${field}.kind`, text(subject.kind), ["ServiceAccount", "User", "Group"]),
      );
  }
  return errors;
}

function validateBindingUpdate(
  object: KubeObject,
  old: KubeObject,
  kinds: readonly string[],
  namespaced: boolean,
): FieldError[] {
  const errors = validateBinding(object, kinds, namespaced);
  const shown = goValue(object.roleRef, roleRefShape);
  if (JSON.stringify(shown) !== JSON.stringify(goValue(old.roleRef, roleRefShape))) {
    errors.push(invalid("roleRef", shown, "cannot change roleRef"));
  }
  return errors;
}

function setBindingDefaults(object: KubeObject): void {
  const ref: Part = object.roleRef ??= {};
  if (text(ref.apiGroup) === "") ref.apiGroup = RBAC_GROUP;
  for (const subject of items(object.subjects)) {
    if (text(subject.apiGroup) !== "") continue;
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup = RBAC_GROUP;
  }
}

function roleCells(object: KubeObject): (string | null)[] {
  return [object.metadata.name ?? "", object.metadata.creationTimestamp ?? null];
}

function bindingCells(object: KubeObject, now_ms: number): string[] {
  const names = (kind: string) =>
    items(object.subjects).filter((subject) => subject.kind === kind).map((subject) =>
      kind === "ServiceAccount" ? `${text(subject.namespace)}/${subject.name}` : subject.name
    ).join(", ");
  return [
    object.metadata.name ?? "",
    `${object.roleRef?.kind}/${object.roleRef?.name}`,
    age(object.metadata.creationTimestamp, now_ms),
    names("User"),
    names("Group"),
    names("ServiceAccount"),
  ];
}

function roleKind(validate: (object: KubeObject) => FieldError[]): KindBehaviour {
  return {
    strategy: {
      validateName: validateRbacName,
      validate,
      validateUpdate: validate,
      allowCreateOnUpdate: true,
      allowUnconditionalUpdate: true,
    },
    cells: roleCells,
  };
}

function bindingKind(kinds: readonly string[], namespaced: boolean): KindBehaviour {
  return {
    setDefaults: setBindingDefaults,
    strategy: {
      validateName: validateRbacName,
      validate: (object) => validateBinding(object, kinds, namespaced),
      validateUpdate: (object, old) => validateBindingUpdate(object, old, kinds, namespaced),
      allowCreateOnUpdate: true,
      allowUnconditionalUpdate: true,
    },
    cells: bindingCells,
  };
}

/** rbac.authorization.k8s.io roles. */
export const roles: KindBehaviour = roleKind(validateRole);
/** rbac.authorization.k8s.io clusterroles. */
export const clusterRoles: KindBehaviour = roleKind(validateClusterRole);
/** rbac.authorization.k8s.io rolebindings. */
export const roleBindings: KindBehaviour = bindingKind(["Role", "ClusterRole"], true);
/** rbac.authorization.k8s.io clusterrolebindings. */
export const clusterRoleBindings: KindBehaviour = bindingKind(["ClusterRole"], false);
