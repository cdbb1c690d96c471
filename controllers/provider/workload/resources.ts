// The resources of a workload cluster that the provider writes.

import type { ResourceRef } from "../../../runtime/client.ts";

const RBAC = "rbac.authorization.k8s.io/v1";

/** API versions and resources. */
export const WORKLOAD: Readonly<
  Record<
    | "nodes"
    | "pods"
    | "leases"
    | "namespaces"
    | "configMaps"
    | "serviceAccounts"
    | "services"
    | "daemonSets"
    | "deployments"
    | "roles"
    | "roleBindings"
    | "clusterRoles"
    | "clusterRoleBindings",
    ResourceRef
  >
> = {
  nodes: { apiVersion: "v1", resource: "nodes" },
  pods: { apiVersion: "v1", resource: "pods" },
  leases: { apiVersion: "coordination.k8s.io/v1", resource: "leases" },
  namespaces: { apiVersion: "v1", resource: "namespaces" },
  configMaps: { apiVersion: "v1", resource: "configmaps" },
  serviceAccounts: { apiVersion: "v1", resource: "serviceaccounts" },
  services: { apiVersion: "v1", resource: "services" },
  daemonSets: { apiVersion: "apps/v1", resource: "daemonsets" },
  deployments: { apiVersion: "apps/v1", resource: "deployments" },
  roles: { apiVersion: RBAC, resource: "roles" },
  roleBindings: { apiVersion: RBAC, resource: "rolebindings" },
  clusterRoles: { apiVersion: RBAC, resource: "clusterroles" },
  clusterRoleBindings: { apiVersion: RBAC, resource: "clusterrolebindings" },
};
