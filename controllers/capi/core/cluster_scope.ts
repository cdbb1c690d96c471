// A Cluster as one reconcile sees it: the copy that is changed, and what was
// found of the objects that belong to it.

import type { Client } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { controllerOf } from "../../../runtime/owner.ts";
import { CLUSTER_NAME_LABEL, CONTROL_PLANE_LABEL } from "../kubeadm/names.ts";
import type { ExternalObject } from "./external_objects.ts";
import { MACHINE_DEPLOYMENTS, MACHINE_SETS, MACHINES } from "./names.ts";

/** What reading a referenced object came to. */
export interface Found {
  readonly external?: ExternalObject;
  /** The reference leads nowhere. */
  readonly missing?: boolean;
  /** Reading failed. */
  readonly failed?: boolean;
}

/** Everything that belongs to a Cluster, by its label. */
export interface Descendants {
  readonly deployments: readonly KubeObject[];
  readonly sets: readonly KubeObject[];
  readonly machines: readonly KubeObject[];
}

/** One Cluster in one reconcile. */
export class ClusterScope {
  infrastructure: Found = {};
  controlPlane: Found = {};
  descendants: Descendants | undefined;
  /** The Deleting condition while deletion goes on. */
  deleting: { readonly reason: string; readonly message: string } | undefined;

  /** `before` as it was read, `cluster` a copy to be changed. */
  constructor(readonly before: KubeObject, readonly cluster: KubeObject) {}

  /** The Cluster's namespace. */
  get namespace(): string {
    return this.cluster.metadata.namespace ?? "";
  }

  /** The Cluster's name. */
  get name(): string {
    return this.cluster.metadata.name ?? "";
  }

  /** Whether the Cluster is being deleted. */
  get isDeleting(): boolean {
    return this.cluster.metadata.deletionTimestamp !== undefined;
  }

  /** Whether the infrastructure has ever been provisioned. */
  get infrastructureProvisioned(): boolean {
    return this.cluster.status?.initialization?.infrastructureProvisioned === true;
  }

  /** Whether the control plane has ever been initialized. */
  get controlPlaneInitialized(): boolean {
    return this.cluster.status?.initialization?.controlPlaneInitialized === true;
  }

  /** The Machines of the control plane. */
  get controlPlaneMachines(): KubeObject[] {
    return (this.descendants?.machines ?? []).filter(isControlPlane);
  }

  /** The Machines that are workers. */
  get workerMachines(): KubeObject[] {
    return (this.descendants?.machines ?? []).filter((machine) => !isControlPlane(machine));
  }

  /** MachineSets without a MachineDeployment. */
  get standaloneSets(): KubeObject[] {
    return (this.descendants?.sets ?? []).filter((set) =>
      controllerOf(set)?.kind !== "MachineDeployment"
    );
  }
}

/** Whether a Machine belongs to the control plane. */
export function isControlPlane({ metadata }: KubeObject): boolean {
  return metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined;
}

/** Reads what belongs to a Cluster. */
export async function readDescendants(
  client: Client,
  namespace: string,
  cluster: string,
): Promise<Descendants> {
  const query = { namespace, labels: `${CLUSTER_NAME_LABEL}=${cluster}` };
  const [deployments, sets, machines] = await Promise.all(
    [MACHINE_DEPLOYMENTS, MACHINE_SETS, MACHINES].map((ref) => client.list(ref, query)),
  );
  return {
    deployments: deployments?.items ?? [],
    sets: sets?.items ?? [],
    machines: machines?.items ?? [],
  };
}

/** Whether an object names this Cluster as its owner. */
export function isOwnedByCluster({ metadata }: KubeObject, cluster: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ kind, name }) =>
    kind === "Cluster" && name === cluster.metadata.name
  ) ?? false;
}
