// What a topology reconcile compares: the blueprint that a ClusterClass and
// its templates are, the objects that there are, and those that there should
// be. Shapes only. Source: Cluster API's topology scope.

import type { KubeObject } from "../../../runtime/object.ts";
import type {
  ClusterClassSpec,
  MachineDeploymentClass,
  MachineDeploymentTopology,
  Topology,
} from "../../../webhooks/class_types.ts";

/** The templates of a class of MachineDeployments. */
export interface MachineDeploymentBlueprint {
  readonly class: MachineDeploymentClass;
  readonly bootstrap: KubeObject;
  readonly infrastructure: KubeObject;
}

/** A ClusterClass with everything it refers to, and what the Cluster asks of it. */
export interface Blueprint {
  readonly topology: Topology;
  readonly clusterClass: KubeObject;
  readonly spec: ClusterClassSpec;
  readonly infrastructureCluster: KubeObject;
  readonly controlPlane: KubeObject;
  /** Absent when the control plane has no Machines of its own. */
  readonly controlPlaneMachines?: KubeObject;
  readonly machineDeployments: ReadonlyMap<string, MachineDeploymentBlueprint>;
}

/** A control plane and what belongs to it. */
export interface ControlPlaneState {
  object: KubeObject;
  machineTemplate?: KubeObject;
  healthCheck?: KubeObject;
}

/** A MachineDeployment and what belongs to it. */
export interface MachineDeploymentState {
  object: KubeObject;
  bootstrapTemplate: KubeObject;
  infrastructureTemplate: KubeObject;
  healthCheck?: KubeObject;
}

/** The objects that there are; templates of MachineDeployments in deletion may be gone. */
export interface CurrentState {
  readonly cluster: KubeObject;
  readonly infrastructureCluster?: KubeObject;
  readonly controlPlane?: ControlPlaneState;
  readonly machineDeployments: ReadonlyMap<
    string,
    & Pick<MachineDeploymentState, "object" | "healthCheck">
    & Partial<MachineDeploymentState>
  >;
}

/** The objects that there should be. */
export interface DesiredState {
  infrastructureCluster: KubeObject;
  controlPlane: ControlPlaneState;
  /** The label and annotations of the Cluster, and its references. */
  cluster: KubeObject;
  readonly machineDeployments: Map<string, MachineDeploymentState>;
}

/** The MachineDeployments that a topology asks for. */
export function deploymentsOf({ workers }: Topology): readonly MachineDeploymentTopology[] {
  return workers?.machineDeployments ?? [];
}
