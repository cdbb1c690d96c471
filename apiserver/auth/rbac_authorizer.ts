// Decides by the roles and bindings in the store. Source:
// plugin/pkg/auth/authorizer/rbac/rbac.go and, for the administrators'
// group, k8s.io/apiserver authorization/authorizerfactory.

import type { Store } from "../../runtime/store/types.ts";
import type { UserInfo } from "../../runtime/user.ts";
import { type PolicyRule, ruleAllows } from "./policy_rule.ts";
import { describeBinding, RbacIndex, type RoleReference } from "./rbac_index.ts";
import type { AuthorizationAttributes, Authorizer, Decision, RuleList } from "./types.ts";

/** Whoever is in this group may everything. */
export const PRIVILEGED_GROUP = "system:masters";
const NODES_GROUP = "system:nodes";
const NODE_PREFIX = "system:node:";
const NODE_ROLE: RoleReference = { kind: "ClusterRole", name: "system:node" };

/** Whether the user may everything. */
export function isPrivileged(user: UserInfo): boolean {
  return user.groups.includes(PRIVILEGED_GROUP);
}

/** Authorization by role, as in a cluster with `--authorization-mode=Node,RBAC`. */
export class RbacAuthorizer implements Authorizer {
  readonly #index: RbacIndex;

  /** By the roles in that store. */
  constructor(store: Store) {
    this.#index = new RbacIndex(store);
  }

  /** Whether the user may. */
  authorize(attributes: AuthorizationAttributes): Decision {
    const { user, namespace } = attributes;
    if (isPrivileged(user)) return { allowed: true, reason: "" };
    if (isNode(user) && this.#nodeMay(attributes)) return { allowed: true, reason: "" };
    const errors = new Set<string>();
    for (const applied of this.#index.bindingsOf(user, namespace)) {
      const rules = this.rulesOf(applied.binding["roleRef"] as unknown as RoleReference, namespace);
      if ("error" in rules) errors.add(rules.error);
      else if (rules.some((rule) => ruleAllows(rule, attributes))) {
        return { allowed: true, reason: `RBAC: allowed by ${describeBinding(applied)}` };
      }
    }
    return { allowed: false, reason: errors.size === 0 ? "" : `RBAC: ${aggregate(errors)}` };
  }

  /** What the user may in the namespace (and cluster-wide). */
  rules(user: UserInfo, namespace: string): RuleList {
    const found: PolicyRule[] = [];
    const errors = new Set<string>();
    for (const { binding } of this.#index.bindingsOf(user, namespace)) {
      const rules = this.rulesOf(binding["roleRef"] as unknown as RoleReference, namespace);
      if ("error" in rules) errors.add(rules.error);
      else found.push(...rules);
    }
    return { rules: found, error: errors.size === 0 ? "" : aggregate(errors) };
  }

  /** The rules of a role, or why there are none. */
  rulesOf(
    reference: RoleReference,
    namespace: string,
  ): readonly PolicyRule[] | { readonly error: string } {
    return this.#index.rulesOf(reference, namespace);
  }

  // Nodes may what their role says; which of the objects are theirs is not looked at.
  #nodeMay(attributes: AuthorizationAttributes): boolean {
    const rules = this.rulesOf(NODE_ROLE, "");
    return !("error" in rules) && rules.some((rule) => ruleAllows(rule, attributes));
  }
}

function isNode(user: UserInfo): boolean {
  return user.name.startsWith(NODE_PREFIX) && user.groups.includes(NODES_GROUP);
}

/** Several errors as one (util/errors Aggregate). */
function aggregate(errors: ReadonlySet<string>): string {
  const all = [...errors];
  return all.length === 1 ? all[0]! : `[${all.join(", ")}]`;
}
