// Where the kinds that flows touch are served, for one line of Cluster API and
// one family of infrastructure kinds.

import type { Place } from "./objects.ts";
import type { Settings } from "./settings.ts";

/** Kinds of Kubernetes itself. */
export const CORE = {
  namespaces: place("/api/v1", "namespaces", false),
  nodes: place("/api/v1", "nodes", false),
  pods: place("/api/v1", "pods"),
  secrets: place("/api/v1", "secrets"),
  configMaps: place("/api/v1", "configmaps"),
  leases: place("/apis/coordination.k8s.io/v1", "leases"),
  deployments: place("/apis/apps/v1", "deployments"),
  budgets: place("/apis/policy/v1", "poddisruptionbudgets"),
  definitions: place("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", false),
} as const;

/** Kinds of Cluster API and of the provider. */
export interface Places {
  readonly clusters: Place;
  readonly clusterClasses: Place;
  readonly machines: Place;
  readonly machineSets: Place;
  readonly machineDeployments: Place;
  readonly machinePools: Place;
  readonly machineHealthChecks: Place;
  readonly controlPlanes: Place;
  readonly controlPlaneTemplates: Place;
  readonly kubeadmConfigs: Place;
  readonly kubeadmConfigTemplates: Place;
  readonly resourceSets: Place;
  readonly resourceSetBindings: Place;
  readonly infraClusters: Place;
  readonly infraClusterTemplates: Place;
  readonly infraMachines: Place;
  readonly infraMachineTemplates: Place;
  /** Only the Dev kinds have machine pools, in one version. */
  readonly infraMachinePools?: Place;
  readonly infraMachinePoolTemplates?: Place;
}

const POOLS = "/apis/infrastructure.cluster.x-k8s.io/v1beta2";

/** The places of a run. */
export function placesOf({ clusterApi, family }: Settings): Places {
  const version = clusterApi === "1.9" ? "v1beta1" : "v1beta2";
  const core = `/apis/cluster.x-k8s.io/${version}`;
  const bootstrap = `/apis/bootstrap.cluster.x-k8s.io/${version}`;
  const controlPlane = `/apis/controlplane.cluster.x-k8s.io/${version}`;
  const addons = `/apis/addons.cluster.x-k8s.io/${version}`;
  const dev = family === "dev";
  const infrastructure = `/apis/infrastructure.cluster.x-k8s.io/${dev ? version : "v1alpha1"}`;
  const prefix = dev ? "dev" : "inmemory";
  return {
    clusters: place(core, "clusters"),
    clusterClasses: place(core, "clusterclasses"),
    machines: place(core, "machines"),
    machineSets: place(core, "machinesets"),
    machineDeployments: place(core, "machinedeployments"),
    machinePools: place(core, "machinepools"),
    machineHealthChecks: place(core, "machinehealthchecks"),
    controlPlanes: place(controlPlane, "kubeadmcontrolplanes"),
    controlPlaneTemplates: place(controlPlane, "kubeadmcontrolplanetemplates"),
    kubeadmConfigs: place(bootstrap, "kubeadmconfigs"),
    kubeadmConfigTemplates: place(bootstrap, "kubeadmconfigtemplates"),
    resourceSets: place(addons, "clusterresourcesets"),
    resourceSetBindings: place(addons, "clusterresourcesetbindings"),
    infraClusters: place(infrastructure, `${prefix}clusters`),
    infraClusterTemplates: place(infrastructure, `${prefix}clustertemplates`),
    infraMachines: place(infrastructure, `${prefix}machines`),
    infraMachineTemplates: place(infrastructure, `${prefix}machinetemplates`),
    ...(dev
      ? {
        infraMachinePools: place(POOLS, "devmachinepools"),
        infraMachinePoolTemplates: place(POOLS, "devmachinepooltemplates"),
      }
      : {}),
  };
}

function place(root: string, resource: string, namespaced = true): Place {
  return { root, resource, namespaced };
}
