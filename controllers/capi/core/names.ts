// Resources, labels, annotations and finalizers of the core controllers.
// Source: Cluster API's labels and annotations contract.

import type { ResourceRef } from "../../../runtime/client.ts";

/** The group of the core kinds. */
export const CORE_GROUP = "cluster.x-k8s.io";
/** The version in which the core controllers speak. */
export const CORE_API_VERSION: string = `${CORE_GROUP}/v1beta2`;

const core = (resource: string): ResourceRef => ({ apiVersion: CORE_API_VERSION, resource });

/** Clusters. */
export const CLUSTERS: ResourceRef = core("clusters");
/** Machines. */
export const MACHINES: ResourceRef = core("machines");
/** MachineSets. */
export const MACHINE_SETS: ResourceRef = core("machinesets");
/** MachineDeployments. */
export const MACHINE_DEPLOYMENTS: ResourceRef = core("machinedeployments");
/** MachineHealthChecks. */
export const MACHINE_HEALTH_CHECKS: ResourceRef = core("machinehealthchecks");
/** Definitions of custom resources. */
export const DEFINITIONS: ResourceRef = {
  apiVersion: "apiextensions.k8s.io/v1",
  resource: "customresourcedefinitions",
};

/** Finalizer of a Cluster. */
export const CLUSTER_FINALIZER = "cluster.cluster.x-k8s.io";
/** Finalizer of a Machine. */
export const MACHINE_FINALIZER = "machine.cluster.x-k8s.io";
/** Finalizer of a MachineSet. */
export const MACHINE_SET_FINALIZER = "cluster.x-k8s.io/machineset";
/** Finalizer of a MachineDeployment. */
export const MACHINE_DEPLOYMENT_FINALIZER = "cluster.x-k8s.io/machinedeployment";

/** Label: the MachineSet a Machine belongs to. */
export const SET_NAME_LABEL = "cluster.x-k8s.io/set-name";
/** Label: the MachineDeployment a Machine belongs to. */
export const DEPLOYMENT_NAME_LABEL = "cluster.x-k8s.io/deployment-name";
/** Label: the MachinePool a Machine belongs to. */
export const POOL_NAME_LABEL = "cluster.x-k8s.io/pool-name";
/** Label: distinguishes the MachineSets of a MachineDeployment. */
export const TEMPLATE_HASH_LABEL = "machine-template-hash";
/** Label of a Node: its host may be taken away at any time. */
export const INTERRUPTIBLE_LABEL = "cluster.x-k8s.io/interruptible";
/** Label of a Pod: how drain treats it. */
export const DRAIN_LABEL = "cluster.x-k8s.io/drain";

/** Annotation: a MachineSet makes no Machines. */
export const DISABLE_MACHINE_CREATE = "cluster.x-k8s.io/disable-machine-create";
/** Annotation: a MachineDeployment's or MachineSet's revision. */
export const REVISION = "machinedeployment.clusters.x-k8s.io/revision";
/** Annotation: revisions that a MachineSet had before. */
export const REVISION_HISTORY = "machinedeployment.clusters.x-k8s.io/revision-history";
/** Annotation of a MachineSet: replicas of its MachineDeployment. */
export const DESIRED_REPLICAS = "machinedeployment.clusters.x-k8s.io/desired-replicas";
/** Annotation of a MachineSet: replicas and surge of its MachineDeployment. */
export const MAX_REPLICAS = "machinedeployment.clusters.x-k8s.io/max-replicas";
/** Annotation of a MachineSet: preflight checks to leave out. */
export const SKIP_PREFLIGHT = "machineset.cluster.x-k8s.io/skip-preflight-checks";
/** Annotation of a Machine: no drain. */
export const EXCLUDE_DRAIN = "machine.cluster.x-k8s.io/exclude-node-draining";
/** Annotation of a Machine: no waiting for volumes. */
export const EXCLUDE_VOLUME_WAIT = "machine.cluster.x-k8s.io/exclude-wait-for-node-volume-detach";
/** Annotation of a Machine: health checks pass it over. */
export const SKIP_REMEDIATION = "cluster.x-k8s.io/skip-remediation";
/** What annotations begin with that hold up a deletion before drain. */
export const PRE_DRAIN_HOOK_PREFIX = "pre-drain.delete.hook.machine.cluster.x-k8s.io";

/** Taint that new Nodes carry until a Machine has claimed them. */
export const UNINITIALIZED_TAINT = "node.cluster.x-k8s.io/uninitialized";
/** Taint of Nodes whose MachineSet is not the newest. */
export const OUTDATED_REVISION_TAINT = "node.cluster.x-k8s.io/outdated-revision";
