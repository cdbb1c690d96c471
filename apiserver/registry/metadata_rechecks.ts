// How a kind checks metadata again after the server has: clients see each
// such error that often and in that order. Facts of the ValidateUpdate
// functions of k8s.io/kubernetes, which repeat themselves differently.

import type { ResourceDefinition } from "../definition.ts";

/**
 * One round of checks: `object` of metadata as such (ValidateObjectMeta),
 * `update` of what an update may do to it (ValidateObjectMetaUpdate). Those of
 * k8s.io/kubernetes want finalizers to be well known or to have a domain,
 * the `plain` ones of k8s.io/apimachinery do not. The kind's own checks come
 * last, or where `own` stands.
 */
export type MetadataCheck = "object" | "update" | "plain object" | "plain update" | "own";

type Checks = readonly MetadataCheck[];

const NONE: Checks = [];
const OBJECT: Checks = ["object"];
const UPDATE: Checks = ["update"];
const OBJECT_UPDATE: Checks = ["object", "update"];
const UPDATE_OBJECT: Checks = ["update", "object"];
const OBJECT_OWN_UPDATE: Checks = ["object", "own", "update"];
const PLAIN_OBJECT: Checks = ["plain object"];
const PLAIN_UPDATE: Checks = ["plain update"];

const OF_RESOURCES: Readonly<Record<string, Checks>> = {
  "/configmaps": UPDATE_OBJECT,
  "/endpoints": UPDATE_OBJECT,
  "/events": NONE,
  "/limitranges": OBJECT,
  "/namespaces": OBJECT_UPDATE,
  "/nodes": OBJECT_UPDATE,
  "/persistentvolumeclaims": UPDATE_OBJECT,
  "/persistentvolumes": ["object", "object"],
  "/pods": UPDATE_OBJECT,
  "/secrets": UPDATE_OBJECT,
  "/serviceaccounts": UPDATE_OBJECT,
  "admissionregistration.k8s.io/mutatingadmissionpolicies": PLAIN_OBJECT,
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": PLAIN_OBJECT,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": PLAIN_OBJECT,
  "admissionregistration.k8s.io/validatingadmissionpolicies": PLAIN_OBJECT,
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": PLAIN_OBJECT,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": PLAIN_OBJECT,
  "apiextensions.k8s.io/customresourcedefinitions": PLAIN_UPDATE,
  "apiregistration.k8s.io/apiservices": ["plain update", "plain object"],
  "apps/controllerrevisions": UPDATE_OBJECT,
  "batch/jobs": OBJECT_UPDATE,
  "certificates.k8s.io/certificatesigningrequests": OBJECT_UPDATE,
  "coordination.k8s.io/leases": PLAIN_UPDATE,
  "discovery.k8s.io/endpointslices": OBJECT,
  "flowcontrol.apiserver.k8s.io/flowschemas": OBJECT,
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": OBJECT,
  "networking.k8s.io/ingressclasses": UPDATE_OBJECT,
  "networking.k8s.io/ingresses": UPDATE_OBJECT,
  "networking.k8s.io/ipaddresses": OBJECT_UPDATE,
  "node.k8s.io/runtimeclasses": ["plain object", "plain update"],
  "policy/poddisruptionbudgets": NONE,
  "rbac.authorization.k8s.io/clusterrolebindings": OBJECT_OWN_UPDATE,
  "rbac.authorization.k8s.io/clusterroles": OBJECT_OWN_UPDATE,
  "rbac.authorization.k8s.io/rolebindings": OBJECT_OWN_UPDATE,
  "rbac.authorization.k8s.io/roles": OBJECT_OWN_UPDATE,
  "resource.k8s.io/deviceclasses": OBJECT_UPDATE,
  "resource.k8s.io/resourceclaims": OBJECT_UPDATE,
  "resource.k8s.io/resourceclaimtemplates": OBJECT_UPDATE,
  "storage.k8s.io/csinodes": OBJECT,
  "storage.k8s.io/csistoragecapacities": OBJECT_UPDATE,
  "storage.k8s.io/storageclasses": OBJECT_UPDATE,
  "storage.k8s.io/volumeattachments": OBJECT,
  "storage.k8s.io/volumeattributesclasses": UPDATE_OBJECT,
};

const OF_SUBRESOURCES: Readonly<Record<string, Checks>> = {
  "admissionregistration.k8s.io/validatingadmissionpolicies": PLAIN_OBJECT,
  "apiextensions.k8s.io/customresourcedefinitions": PLAIN_UPDATE,
  "apiregistration.k8s.io/apiservices": PLAIN_UPDATE,
  "batch/cronjobs": NONE,
  "certificates.k8s.io/certificatesigningrequests": OBJECT_UPDATE,
  "flowcontrol.apiserver.k8s.io/flowschemas": OBJECT,
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": OBJECT,
  "policy/poddisruptionbudgets": NONE,
  "storage.k8s.io/volumeattachments": OBJECT,
};

/** What a kind checks again on an update of its main resource or, with `subresource`, of a part. */
export function rechecksOf(
  { custom, group, resource }: Pick<ResourceDefinition, "custom" | "group" | "resource">,
  subresource: boolean,
): Checks {
  if (custom) return PLAIN_UPDATE;
  const checks = subresource ? OF_SUBRESOURCES : OF_RESOURCES;
  return checks[`${group}/${resource}`] ?? UPDATE;
}
