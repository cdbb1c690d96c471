// Names, labels and annotations of Clusters whose objects come from a
// ClusterClass. Source: Cluster API's labels and annotations contract.

import type { ResourceRef } from "../../../runtime/client.ts";
import { renderName } from "../../../runtime/name_template.ts";
import { nameSuffix, type Random } from "../../../runtime/random.ts";
import { CORE_API_VERSION } from "../core/names.ts";

/** ClusterClasses. */
export const CLUSTER_CLASSES: ResourceRef = {
  apiVersion: CORE_API_VERSION,
  resource: "clusterclasses",
};

/** Label, empty: made for a topology. */
export const TOPOLOGY_OWNED = "topology.cluster.x-k8s.io/owned";
/** Label: the name that the topology gives to a MachineDeployment. */
export const TOPOLOGY_DEPLOYMENT = "topology.cluster.x-k8s.io/deployment-name";
/** Annotation of a MachineDeployment's topology: it keeps its version. */
export const DEFER_UPGRADE = "topology.cluster.x-k8s.io/defer-upgrade";
/** Annotation of a MachineDeployment's topology: it and those behind it keep their version. */
export const HOLD_UPGRADE_SEQUENCE = "topology.cluster.x-k8s.io/hold-upgrade-sequence";
/** Annotation of a Cluster: so many MachineDeployments may upgrade at once. */
export const UPGRADE_CONCURRENCY = "topology.cluster.x-k8s.io/upgrade-concurrency";
/** Annotation of a write that is only tried: what cannot change is not complained of. */
export const DRY_RUN = "topology.cluster.x-k8s.io/dry-run";
/** The field manager of everything that comes from a topology. */
export const TOPOLOGY_MANAGER = "capi-topology";
/** Finalizer of a MachineDeployment: its templates go with it. */
export const DEPLOYMENT_TOPOLOGY_FINALIZER = "machinedeployment.topology.cluster.x-k8s.io";
/** Finalizer of a MachineSet: its templates go with it. */
export const SET_TOPOLOGY_FINALIZER = "machineset.topology.cluster.x-k8s.io";

const NAME_LENGTH_MAX = 63;
const SUFFIX_LENGTH = 5;

/** A new name that begins with `prefix`, which is cut where need be. */
export function generatedName(prefix: string, random: Random): string {
  return prefix.slice(0, NAME_LENGTH_MAX - SUFFIX_LENGTH) + nameSuffix(random, SUFFIX_LENGTH);
}

/** A new name from a naming template. Throws what is wrong with the template. */
export function namedBy(
  template: string,
  variables: Readonly<Record<string, string>>,
  random: Random,
): string {
  const suffix = nameSuffix(random, SUFFIX_LENGTH);
  const name = renderName(template, { ...variables, ".random": suffix });
  return name.length <= NAME_LENGTH_MAX ? name : generatedName(name, random);
}
