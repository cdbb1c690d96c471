// A Machine as one reconcile sees it: the copy that is changed, its Cluster,
// and what was found of the objects that belong to it.

import type { KubeObject } from "../../../runtime/object.ts";
import { isConditionTrue } from "../conditions.ts";
import { CONTROL_PLANE_LABEL } from "../kubeadm/names.ts";
import type { Found } from "./cluster_scope.ts";
import type { ClusterNodes } from "./workload_nodes.ts";

/** What is known of a Machine's Node. */
export interface FoundNode {
  readonly node?: KubeObject;
  /** The workload cluster cannot be reached. */
  readonly disconnected?: boolean;
  /** Looking failed. */
  readonly failed?: boolean;
}

/** One Machine in one reconcile. */
export class MachineScope {
  bootstrap: Found = {};
  infrastructure: Found = {};
  node: FoundNode = {};
  /** The Nodes of the workload cluster, while it can be reached. */
  nodes: ClusterNodes | undefined;
  machineSet: KubeObject | undefined;
  machineDeployment: KubeObject | undefined;
  /** The Deleting condition while deletion goes on. */
  deleting: { readonly reason: string; readonly message: string } | undefined;

  /** `before` as it was read, `machine` a copy to be changed. */
  constructor(
    readonly before: KubeObject,
    readonly machine: KubeObject,
    readonly cluster: KubeObject,
  ) {}

  /** The namespace of everything. */
  get namespace(): string {
    return this.machine.metadata.namespace ?? "";
  }

  /** The Machine's name. */
  get name(): string {
    return this.machine.metadata.name ?? "";
  }

  /** The Cluster's name. */
  get clusterName(): string {
    return this.cluster.metadata.name ?? "";
  }

  /** Whether the Machine is being deleted. */
  get isDeleting(): boolean {
    return this.machine.metadata.deletionTimestamp !== undefined;
  }

  /** Whether it belongs to the control plane. */
  get isControlPlane(): boolean {
    return this.machine.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined;
  }

  /** Whether the host has ever been provisioned. */
  get infrastructureProvisioned(): boolean {
    return this.machine.status?.initialization?.infrastructureProvisioned === true;
  }

  /** Whether bootstrap data has been made. */
  get dataSecretCreated(): boolean {
    return this.machine.status?.initialization?.bootstrapDataSecretCreated === true;
  }

  /** Whether the Cluster's control plane has been initialized. */
  get controlPlaneInitialized(): boolean {
    return isConditionTrue(this.cluster, "ControlPlaneInitialized");
  }
}

/** `status.initialization` of a copy. */
export function initializationOf(machine: KubeObject): Record<string, boolean> {
  machine.status ??= {};
  return machine.status.initialization ??= {};
}
