// The etcd key that kube-apiserver would keep an object under: it shows in
// error texts. Source: the ResourcePrefix overrides of kube-apiserver.

import type { ResourceDefinition } from "../definition.ts";

/** Groups whose keys carry the group besides custom resources. */
const PREFIXES: Readonly<Record<string, string>> = {
  "/endpoints": "services/endpoints",
  "/services": "services/specs",
  "/nodes": "minions",
  "/replicationcontrollers": "controllers",
  "networking.k8s.io/ingresses": "ingress",
  "networking.k8s.io/networkpolicies": "networkpolicies",
  "policy/podsecuritypolicies": "podsecuritypolicy",
};

const WITH_GROUP = new Set(["apiextensions.k8s.io", "apiregistration.k8s.io"]);

/** `/registry/pods/default/a`. */
export function storageKey(
  definition: ResourceDefinition,
  namespace: string,
  name: string,
): string {
  const prefix = PREFIXES[definition.storage] ??
    (definition.custom || WITH_GROUP.has(definition.group)
      ? `${definition.group}/${definition.resource}`
      : definition.resource);
  return `/registry/${prefix}/${definition.namespaced ? `${namespace}/` : ""}${name}`;
}
