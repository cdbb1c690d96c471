// Short ways to write the objects that kubeadm makes, each with the resource
// it belongs to.

import type { ResourceRef } from "../../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import type { ClusterFacts } from "../../capi/kubeadm/documents.ts";
import { WORKLOAD } from "./resources.ts";

/** What kubeadm's objects are made of. */
export interface KubeadmFacts extends ClusterFacts {
  /** `host:port` of the API server. */
  readonly endpoint: string;
  /** PEM of the cluster CA. */
  readonly authority: string;
  /** The address of the cluster's DNS service. */
  readonly dnsAddress: string;
  /** What the control plane's KubeadmConfig says of the cluster. */
  readonly configuration?: JsonObject;
}

/** An object and the resource it belongs to. */
export type Placed = readonly [ResourceRef, KubeObject];

/** The namespace of the cluster's own components. */
export const SYSTEM_NAMESPACE = "kube-system";

const RBAC_GROUP = "rbac.authorization.k8s.io";
const RBAC = `${RBAC_GROUP}/v1`;

/** A subject of a binding. */
export type Subject = JsonObject;

/** A group as a subject. */
export function group(name: string): Subject {
  return { kind: "Group", apiGroup: RBAC_GROUP, name };
}

/** A user as a subject. */
export function user(name: string): Subject {
  return { kind: "User", apiGroup: RBAC_GROUP, name };
}

/** A service account of the system namespace as a subject. */
export function serviceAccountSubject(name: string): Subject {
  return { kind: "ServiceAccount", namespace: SYSTEM_NAMESPACE, name };
}

/** A ConfigMap. */
export function configMap(
  namespace: string,
  name: string,
  data: Record<string, string>,
  labels?: Record<string, string>,
): Placed {
  return [WORKLOAD.configMaps, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name, ...(labels === undefined ? {} : { labels }) },
    data,
  }];
}

/** A ServiceAccount of the system namespace. */
export function serviceAccount(name: string): Placed {
  return [WORKLOAD.serviceAccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace: SYSTEM_NAMESPACE, name },
  }];
}

/** A ClusterRole. */
export function clusterRole(name: string, rules: JsonObject[]): Placed {
  return [WORKLOAD.clusterRoles, {
    apiVersion: RBAC,
    kind: "ClusterRole",
    metadata: { name },
    rules,
  }];
}

/** A ClusterRoleBinding of a ClusterRole. */
export function clusterRoleBinding(name: string, of: string, ...subjects: Subject[]): Placed {
  return [WORKLOAD.clusterRoleBindings, {
    apiVersion: RBAC,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: RBAC_GROUP, kind: "ClusterRole", name: of },
    subjects,
  }];
}

/** A Role. */
export function role(namespace: string, name: string, rules: JsonObject[]): Placed {
  return [WORKLOAD.roles, {
    apiVersion: RBAC,
    kind: "Role",
    metadata: { namespace, name },
    rules,
  }];
}

/** A RoleBinding of the Role of the same name. */
export function roleBinding(namespace: string, name: string, ...subjects: Subject[]): Placed {
  return [WORKLOAD.roleBindings, {
    apiVersion: RBAC,
    kind: "RoleBinding",
    metadata: { namespace, name },
    roleRef: { apiGroup: RBAC_GROUP, kind: "Role", name },
    subjects,
  }];
}
