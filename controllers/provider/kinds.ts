// The infrastructure kinds that the in-memory reconcilers serve: where the
// same facts stand in InMemoryCluster and InMemoryMachine (v1alpha1) and in
// the in-memory backend of DevCluster and DevMachine (v1beta2). One
// reconciler serves both families. Source: the types of the providers.

import type { ResourceRef } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { FailureDomain } from "../capi/core/contract.ts";

/** The API group of all infrastructure kinds. */
export const INFRASTRUCTURE_GROUP = "infrastructure.cluster.x-k8s.io";

/** Annotation on an infrastructure machine of a pool: the Kubernetes version that its Node is to have. */
export const POOL_VERSION_ANNOTATION = `devmachinepool.${INFRASTRUCTURE_GROUP}/version`;

/** How long a step takes. */
export interface Provisioning {
  /** A Go duration. */
  readonly startupDuration: string;
  /** A fraction of the duration, as text. */
  readonly startupJitter?: string;
}

/** The steps of a machine that take time. */
export type Phase = "vm" | "node" | "apiServer" | "etcd";

/** One family of kinds. */
export interface InfrastructureKinds {
  /** The kind of infrastructure clusters. */
  readonly clusterKind: string;
  /** The resource of infrastructure clusters. */
  readonly clusters: ResourceRef;
  /** Keeps an infrastructure cluster until it is taken down. */
  readonly clusterFinalizer: string;
  /** The kind of infrastructure machines. */
  readonly machineKind: string;
  /** The resource of infrastructure machines. */
  readonly machines: ResourceRef;
  /** The resource of templates of infrastructure machines. */
  readonly machineTemplates: ResourceRef;
  /** The resource of infrastructure machine pools, if there are any. */
  readonly machinePools?: ResourceRef;
  /** Keeps an infrastructure machine until it is taken down. */
  readonly machineFinalizer: string;
  /** Whether the object is to be looked after here. */
  handles(object: KubeObject): boolean;
  /** Why nothing can be done for the object; absent when something can. */
  refusal(object: KubeObject): string | undefined;
  /** The failure domains that a cluster is to have. */
  failureDomains(cluster: KubeObject): readonly FailureDomain[];
  /** How long a step of this machine takes; absent: no time. */
  provisioning(machine: KubeObject, phase: Phase): Provisioning | undefined;
  /** Marks a cluster or machine as provisioned in every form that the family's readers know. */
  setProvisioned(object: KubeObject): void;
}

/** InMemoryCluster and InMemoryMachine. */
export const IN_MEMORY_KINDS: InfrastructureKinds = {
  clusterKind: "InMemoryCluster",
  clusters: { apiVersion: `${INFRASTRUCTURE_GROUP}/v1alpha1`, resource: "inmemoryclusters" },
  clusterFinalizer: `inmemorycluster.${INFRASTRUCTURE_GROUP}`,
  machineKind: "InMemoryMachine",
  machines: { apiVersion: `${INFRASTRUCTURE_GROUP}/v1alpha1`, resource: "inmemorymachines" },
  machineTemplates: {
    apiVersion: `${INFRASTRUCTURE_GROUP}/v1alpha1`,
    resource: "inmemorymachinetemplates",
  },
  machineFinalizer: `inmemorymachine.${INFRASTRUCTURE_GROUP}`,
  handles: () => true,
  refusal: () => undefined,
  failureDomains: ({ spec }) => spec?.failureDomains ?? [],
  provisioning: (machine, phase) => machine.spec?.behaviour?.[phase]?.provisioning,
  setProvisioned(object) {
    object.status ??= {};
    object.status.ready = true;
    object.status.initialization = { provisioned: true };
  },
};

/** DevCluster and DevMachine with the in-memory backend. */
export const DEV_KINDS: InfrastructureKinds = {
  clusterKind: "DevCluster",
  clusters: { apiVersion: `${INFRASTRUCTURE_GROUP}/v1beta2`, resource: "devclusters" },
  clusterFinalizer: `dockercluster.${INFRASTRUCTURE_GROUP}`,
  machineKind: "DevMachine",
  machines: { apiVersion: `${INFRASTRUCTURE_GROUP}/v1beta2`, resource: "devmachines" },
  machineTemplates: {
    apiVersion: `${INFRASTRUCTURE_GROUP}/v1beta2`,
    resource: "devmachinetemplates",
  },
  machinePools: { apiVersion: `${INFRASTRUCTURE_GROUP}/v1beta2`, resource: "devmachinepools" },
  machineFinalizer: `dockermachine.${INFRASTRUCTURE_GROUP}`,
  handles: () => true,
  refusal({ kind, spec }) {
    if (spec?.backend?.inMemory !== undefined) return undefined;
    const [other = "none"] = Object.keys(spec?.backend ?? {});
    return `backend of this ${kind} is "${other}"; this provider serves inMemory only`;
  },
  failureDomains: ({ spec }) => spec?.backend?.inMemory?.failureDomains ?? [],
  provisioning: (machine, phase) => machine.spec?.backend?.inMemory?.[phase]?.provisioning,
  setProvisioned(object) {
    object.status ??= {};
    object.status.initialization = { provisioned: true };
  },
};

/** Both families. */
export const INFRASTRUCTURE_KINDS: readonly InfrastructureKinds[] = [IN_MEMORY_KINDS, DEV_KINDS];
