// The parts of a ClusterClass and of a Cluster's topology that are read here,
// as v1beta2 of Cluster API shapes them. Values that are only passed on are
// left as JSON.

import type { JsonObject, JsonValue } from "../runtime/object.ts";

/** Labels and annotations for what is made. */
export interface TopologyMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A reference to a template in the namespace of the class. */
export interface TemplateReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** Timeouts of a Machine's deletion, and which Machine goes first. */
export interface Deletion {
  readonly order?: string;
  readonly nodeDrainTimeoutSeconds?: number;
  readonly nodeVolumeDetachTimeoutSeconds?: number;
  readonly nodeDeletionTimeoutSeconds?: number;
}

/** A health check as class and topology give it. */
export interface HealthCheck {
  /** Of a topology only. */
  readonly enabled?: boolean;
  readonly checks?: JsonObject;
  readonly remediation?: JsonObject;
}

/** Where a template is, and how what is made of it is named. */
export interface ClassTemplate {
  readonly templateRef: TemplateReference;
  readonly naming?: { readonly template?: string };
}

/** What class and topology may both say of Machines. */
interface MachineSettings {
  readonly metadata?: TopologyMetadata;
  readonly healthCheck?: HealthCheck;
  readonly deletion?: Deletion;
  readonly taints?: JsonValue;
  readonly readinessGates?: JsonValue;
}

/** `spec.controlPlane` of a ClusterClass. */
export interface ControlPlaneClass extends MachineSettings, ClassTemplate {
  readonly machineInfrastructure?: ClassTemplate;
}

/** An entry of `spec.workers.machineDeployments` of a ClusterClass. */
export interface MachineDeploymentClass extends MachineSettings {
  readonly class: string;
  readonly naming?: { readonly template?: string };
  readonly bootstrap: ClassTemplate;
  readonly infrastructure: ClassTemplate;
  readonly failureDomain?: string;
  readonly minReadySeconds?: number;
  readonly rollout?: JsonObject;
}

/** A variable's definition as the status of a ClusterClass lists it. */
export interface StatusVariable {
  readonly name: string;
  readonly definitionsConflict?: boolean;
  readonly definitions: readonly {
    readonly from: string;
    readonly required?: boolean;
    readonly schema: { readonly openAPIV3Schema: JsonObject };
  }[];
}

/** One JSON patch of a ClusterClass. */
export interface ClassJsonPatch {
  readonly op: string;
  readonly path: string;
  readonly value?: JsonValue;
  readonly valueFrom?: { readonly variable?: string; readonly template?: string };
}

/** Which templates a patch is for. */
export interface PatchSelector {
  readonly apiVersion: string;
  readonly kind: string;
  readonly matchResources: {
    readonly infrastructureCluster?: boolean;
    readonly controlPlane?: boolean;
    readonly machineDeploymentClass?: { readonly names?: readonly string[] };
    readonly machinePoolClass?: { readonly names?: readonly string[] };
  };
}

/** An entry of `spec.patches` of a ClusterClass. */
export interface ClassPatch {
  readonly name: string;
  readonly enabledIf?: string;
  readonly definitions?: readonly {
    readonly selector: PatchSelector;
    readonly jsonPatches: readonly ClassJsonPatch[];
  }[];
  readonly external?: JsonObject;
}

/** `spec` of a ClusterClass. */
export interface ClusterClassSpec {
  readonly infrastructure: ClassTemplate;
  readonly controlPlane: ControlPlaneClass;
  readonly workers?: {
    readonly machineDeployments?: readonly MachineDeploymentClass[];
    readonly machinePools?: readonly JsonObject[];
  };
  readonly patches?: readonly ClassPatch[];
  readonly variables?: readonly {
    readonly name: string;
    readonly required?: boolean;
    readonly schema: { readonly openAPIV3Schema: JsonObject };
    readonly deprecatedV1Beta1Metadata?: JsonObject;
  }[];
  readonly kubernetesVersions?: readonly string[];
  readonly upgrade?: {
    readonly external?: { readonly generateUpgradePlanExtension?: string };
  };
}

/** The value of a variable. */
export interface ClusterVariable {
  readonly name: string;
  readonly value: JsonValue;
}

/** `spec.topology.controlPlane` of a Cluster. */
export interface ControlPlaneTopology extends MachineSettings {
  readonly replicas?: number;
  readonly rollout?: { readonly after?: string };
  readonly variables?: { readonly overrides?: readonly ClusterVariable[] };
}

/** An entry of `spec.topology.workers.machineDeployments` of a Cluster. */
export interface MachineDeploymentTopology extends MachineSettings {
  readonly class: string;
  readonly name: string;
  readonly replicas?: number;
  readonly failureDomain?: string;
  readonly minReadySeconds?: number;
  readonly rollout?: JsonObject;
  readonly variables?: { readonly overrides?: readonly ClusterVariable[] };
}

/** `spec.topology` of a Cluster. */
export interface Topology {
  readonly classRef: { readonly name: string; readonly namespace?: string };
  readonly version: string;
  readonly controlPlane?: ControlPlaneTopology;
  readonly workers?: {
    readonly machineDeployments?: readonly MachineDeploymentTopology[];
    readonly machinePools?: readonly JsonObject[];
  };
  readonly variables?: readonly ClusterVariable[];
}
