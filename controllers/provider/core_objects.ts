// What the provider reads of Cluster and Machine, in v1beta1 and v1beta2 of
// their API alike: a management cluster may serve either.

import type { Client, ResourceRef } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { ownerOfKind } from "../../runtime/owner.ts";
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from "../capi/kubeadm/names.ts";
import { getOrUndefined, isNotFound } from "../capi/kubeadm/reads.ts";

/** The API group of Cluster and Machine. */
export const CORE_GROUP = "cluster.x-k8s.io";

/** Annotation: somebody else looks after this infrastructure object. */
export const MANAGED_BY_ANNOTATION = "cluster.x-k8s.io/managed-by";

/** The resources of the core API in one version. */
export interface CoreResources {
  /** Clusters. */
  readonly clusters: ResourceRef;
  /** Machines. */
  readonly machines: ResourceRef;
  /** Machine pools. */
  readonly machinePools: ResourceRef;
}

/** Those of `version`, such as `v1beta2`. */
export function coreResources(version: string): CoreResources {
  const apiVersion = `${CORE_GROUP}/${version}`;
  return {
    clusters: { apiVersion, resource: "clusters" },
    machines: { apiVersion, resource: "machines" },
    machinePools: { apiVersion, resource: "machinepools" },
  };
}

/** The newest version of Cluster and Machine that the cluster serves. Throws when it serves none. */
export async function findCoreVersion(client: Client): Promise<string> {
  for (const version of ["v1beta2", "v1beta1"]) {
    try {
      await client.list(coreResources(version).clusters, { limit: 1 });
      return version;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  throw new Error(`the management cluster serves no ${CORE_GROUP}; install Cluster API's core`);
}

/** The Cluster that owns an infrastructure cluster. */
export async function ownerCluster(
  client: Client,
  core: CoreResources,
  object: KubeObject,
): Promise<KubeObject | undefined> {
  const owner = ownerOfKind(object, CORE_GROUP, "Cluster");
  if (owner === undefined) return undefined;
  const namespace = object.metadata.namespace ?? "";
  return await getOrUndefined(client, core.clusters, { namespace, name: owner.name });
}

/** The Machine that owns an infrastructure machine. */
export async function ownerMachine(
  client: Client,
  core: CoreResources,
  object: KubeObject,
): Promise<KubeObject | undefined> {
  const owner = ownerOfKind(object, CORE_GROUP, "Machine");
  if (owner === undefined) return undefined;
  const namespace = object.metadata.namespace ?? "";
  return await getOrUndefined(client, core.machines, { namespace, name: owner.name });
}

/** The Cluster that a labelled object belongs to. */
export async function labelledCluster(
  client: Client,
  core: CoreResources,
  object: KubeObject,
): Promise<KubeObject | undefined> {
  const name = object.metadata.labels?.[CLUSTER_NAME_LABEL];
  if (name === undefined) return undefined;
  const namespace = object.metadata.namespace ?? "";
  return await getOrUndefined(client, core.clusters, { namespace, name });
}

/** The name under which hosts know a Cluster. */
export function hostName(cluster: KubeObject): string {
  return `${cluster.metadata.namespace}/${cluster.metadata.name}`;
}

/** The same for a labelled object, whose Cluster may be gone already. */
export function labelledHostName({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[CLUSTER_NAME_LABEL];
  return name === undefined ? undefined : `${metadata.namespace}/${name}`;
}

/** Whether the Cluster's infrastructure is provisioned. */
export function isInfrastructureProvisioned({ status }: KubeObject): boolean {
  return (status?.initialization?.infrastructureProvisioned ?? status?.infrastructureReady) ===
    true;
}

/** Whether the Cluster's control plane has been initialized. */
export function isControlPlaneInitialized({ status }: KubeObject): boolean {
  if (status?.initialization?.controlPlaneInitialized === true) return true;
  const conditions: readonly { type: string; status: string }[] = status?.conditions ?? [];
  return conditions.some(({ type, status }) =>
    type === "ControlPlaneInitialized" && status === "True"
  );
}

/** Whether the Machine belongs to a control plane. */
export function isControlPlaneMachine({ metadata }: KubeObject): boolean {
  return metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined;
}
