// How often a kind checks metadata again after the server has: clients see
// each such error that often. Facts of the ValidateUpdate functions of
// k8s.io/kubernetes, which repeat themselves differently.

import type { ResourceDefinition } from "../definition.ts";

/** Further rounds of checks. */
export interface Rechecks {
  /** Of what an update may do to metadata (ValidateObjectMetaUpdate). */
  readonly update: number;
  /** Of metadata as such (ValidateObjectMeta). */
  readonly object: number;
}

const UPDATE: Rechecks = { update: 1, object: 0 };
const OBJECT: Rechecks = { update: 0, object: 1 };
const BOTH: Rechecks = { update: 1, object: 1 };

const RECHECKS: Readonly<Record<string, Rechecks>> = {
  "/configmaps": BOTH,
  "/events": { update: 0, object: 0 },
  "/limitranges": OBJECT,
  "/namespaces": BOTH,
  "/nodes": BOTH,
  "/persistentvolumeclaims": BOTH,
  "/persistentvolumes": { update: 0, object: 2 },
  "/pods": BOTH,
  "/secrets": BOTH,
  "/serviceaccounts": BOTH,
  "admissionregistration.k8s.io/mutatingadmissionpolicies": OBJECT,
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": OBJECT,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": OBJECT,
  "admissionregistration.k8s.io/validatingadmissionpolicies": OBJECT,
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": OBJECT,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": OBJECT,
  "apps/controllerrevisions": BOTH,
  "apps/daemonsets": BOTH,
  "apps/replicasets": BOTH,
  "apps/statefulsets": BOTH,
  "batch/jobs": BOTH,
  "flowcontrol.apiserver.k8s.io/flowschemas": OBJECT,
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": OBJECT,
  "networking.k8s.io/ingresses": BOTH,
  "networking.k8s.io/ipaddresses": BOTH,
  "networking.k8s.io/networkpolicies": BOTH,
  "networking.k8s.io/servicecidrs": BOTH,
  "rbac.authorization.k8s.io/clusterrolebindings": BOTH,
  "rbac.authorization.k8s.io/clusterroles": BOTH,
  "rbac.authorization.k8s.io/rolebindings": BOTH,
  "rbac.authorization.k8s.io/roles": BOTH,
  "storage.k8s.io/storageclasses": BOTH,
};

/** What a kind checks again on an update of its main resource or, with `subresource`, of a part. */
export function rechecksOf(definition: ResourceDefinition, subresource: boolean): Rechecks {
  return subresource ? UPDATE : RECHECKS[definition.storage] ?? UPDATE;
}
