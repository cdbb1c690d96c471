// Nobody grants what they do not have: checks of writes to roles and
// bindings. Not a plugin of the real server, whose storage of roles does it
// after admission. Source: pkg/registry/rbac (policybased storage).

import { equal, type KubeObject } from "../../runtime/object.ts";
import type { UserInfo } from "../../runtime/user.ts";
import type { PolicyRule } from "../auth/policy_rule.ts";
import type { RoleReference } from "../auth/rbac_index.ts";
import { isPrivileged, type RbacAuthorizer } from "../auth/rbac_authorizer.ts";
import { compactRules, printRule, uncovered } from "../auth/rule_cover.ts";
import { notFound } from "../../runtime/status.ts";
import { RBAC_GROUP } from "../kinds/rbac.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./plugin.ts";
import { refuse } from "./refusal.ts";

const ROLES: ReadonlySet<string> = new Set([`${RBAC_GROUP}/roles`, `${RBAC_GROUP}/clusterroles`]);
const BINDINGS: ReadonlySet<string> = new Set([
  `${RBAC_GROUP}/rolebindings`,
  `${RBAC_GROUP}/clusterrolebindings`,
]);

/** The checks, by the roles that `rbac` knows. */
export function rbacEscalation(rbac: RbacAuthorizer): AdmissionPlugin {
  return {
    name: "RBACEscalation",
    handles: ({ target, operation, context }) =>
      (operation === "CREATE" || operation === "UPDATE") &&
      (ROLES.has(target.definition.storage) || BINDINGS.has(target.definition.storage)) &&
      !isPrivileged(context.user),
    validate: (attributes) =>
      ROLES.has(attributes.target.definition.storage)
        ? checkRole(rbac, attributes)
        : checkBinding(rbac, attributes),
  };
}

function checkRole(rbac: RbacAuthorizer, attributes: AdmissionAttributes): void {
  const { object, old } = attributes;
  if (isAllowed(rbac, attributes, "escalate", attributes.target.definition.resource)) return;
  // Whoever changes only metadata, as finalizers do, grants nothing.
  if (
    old !== undefined && equal(old["rules"] ?? null, object!["rules"] ?? null) &&
    equal(old["aggregationRule"] ?? null, object!["aggregationRule"] ?? null)
  ) return;
  const rules = rulesIn(object!);
  // Aggregation may come to grant everything.
  if (object!["aggregationRule"] !== undefined) {
    const everything: PolicyRule[] = [
      { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
      { nonResourceURLs: ["*"], verbs: ["*"] },
    ];
    const missing = escalation(rbac, attributes, everything);
    if (missing !== undefined) {
      throw refuse(
        attributes,
        `must have cluster-admin privileges to use an aggregationRule: ${missing}`,
      );
    }
  }
  const missing = escalation(rbac, attributes, rules);
  if (missing !== undefined) throw refuse(attributes, missing);
}

function checkBinding(rbac: RbacAuthorizer, attributes: AdmissionAttributes): void {
  const { object, old, target } = attributes;
  const { roleRef, subjects } = object!;
  if (
    old !== undefined && equal(old["roleRef"], roleRef) &&
    equal(old["subjects"] ?? null, subjects ?? null)
  ) return;
  const reference = roleRef as unknown as RoleReference;
  const resource = reference.kind === "ClusterRole" ? "clusterroles" : "roles";
  if (isAllowed(rbac, attributes, "bind", resource, reference.name)) return;
  const rules = rbac.rulesOf(reference, target.namespace);
  if ("error" in rules) {
    throw notFound({ group: RBAC_GROUP, resource: singular(resource) }, reference.name);
  }
  const missing = escalation(rbac, attributes, rules);
  if (missing !== undefined) throw refuse(attributes, missing);
}

// Roles that are missing are named as listers name them.
function singular(resource: string): string {
  return resource.slice(0, -1);
}

function isAllowed(
  rbac: RbacAuthorizer,
  { context, target, object }: AdmissionAttributes,
  verb: string,
  resource: string,
  name: string = target.name || object!.metadata.name || "",
): boolean {
  return rbac.authorize({
    user: context.user,
    verb,
    resourceRequest: true,
    group: RBAC_GROUP,
    version: "*",
    resource,
    subresource: "",
    namespace: target.namespace,
    name,
    path: "",
  }).allowed;
}

function rulesIn(object: KubeObject): readonly PolicyRule[] {
  return Array.isArray(object["rules"]) ? object["rules"] as unknown as PolicyRule[] : [];
}

/** What the user would grant without holding it. */
function escalation(
  rbac: RbacAuthorizer,
  { context, target }: AdmissionAttributes,
  wanted: readonly PolicyRule[],
): string | undefined {
  const { rules, error } = rbac.rules(context.user, target.namespace);
  const missing = uncovered(rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(printRule))].sort();
  const unresolved = error === "" ? "" : `; resolution errors: [${error}]`;
  return `${describe(context.user)} is attempting to grant RBAC permissions not currently held:\n` +
    `${lines.join("\n")}${unresolved}`;
}

function describe({ name, groups }: UserInfo): string {
  return `user ${JSON.stringify(name)} (groups=[${
    groups.map((group) => JSON.stringify(group)).join(" ")
  }])`;
}
