// Resources and fixed names of the addons group. Source: Cluster API's
// addons.cluster.x-k8s.io.

import type { ResourceRef } from "../../../runtime/client.ts";

/** The group of ClusterResourceSets. */
export const ADDONS_GROUP = "addons.cluster.x-k8s.io";
/** The version in which the controllers speak. */
export const ADDONS_API_VERSION: string = `${ADDONS_GROUP}/v1beta2`;

/** ClusterResourceSets. */
export const CLUSTER_RESOURCE_SETS: ResourceRef = {
  apiVersion: ADDONS_API_VERSION,
  resource: "clusterresourcesets",
};
/** ClusterResourceSetBindings. */
export const CLUSTER_RESOURCE_SET_BINDINGS: ResourceRef = {
  apiVersion: ADDONS_API_VERSION,
  resource: "clusterresourcesetbindings",
};
/** The finalizer of a ClusterResourceSet. */
export const CLUSTER_RESOURCE_SET_FINALIZER = "addons.cluster.x-k8s.io";
/** The type that Secrets have to have whose contents go into workload clusters. */
export const RESOURCE_SET_SECRET_TYPE = "addons.cluster.x-k8s.io/resource-set";
