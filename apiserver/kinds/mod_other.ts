// The kinds of all groups that mod_core.ts does not list, and services and
// endpoints of the core group, by `group/resource`. What each does is in its
// own file.

import type { KindBehaviour } from "./behaviour.ts";
import { leases } from "./lease.ts";
import { priorityClasses } from "./priority_class.ts";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "./rbac.ts";

/** Behaviour by `group/resource`; the core group is empty, as in `/services`. */
export const otherKinds: Readonly<Record<string, KindBehaviour>> = {
  "coordination.k8s.io/leases": leases,
  "rbac.authorization.k8s.io/clusterrolebindings": clusterRoleBindings,
  "rbac.authorization.k8s.io/clusterroles": clusterRoles,
  "rbac.authorization.k8s.io/rolebindings": roleBindings,
  "rbac.authorization.k8s.io/roles": roles,
  "scheduling.k8s.io/priorityclasses": priorityClasses,
};
