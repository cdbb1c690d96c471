// Whether a deleted cluster has left nothing behind.

import type { ManagedCluster } from "./cluster.ts";
import { CORE } from "./places.ts";
import { eventually, type Finding } from "./waiting.ts";

/** Waits until no object, no Secret and no listener of the cluster is left. */
export async function assertGone(cluster: ManagedCluster, address: string): Promise<void> {
  await eventually(
    `${cluster.name} is gone`,
    180,
    async () => await objectsLeft(cluster) ?? await listening(address),
  );
}

async function objectsLeft(cluster: ManagedCluster): Promise<Finding> {
  const { places, management } = cluster.context;
  const { namespace, name } = cluster;
  if (await management.find(places.clusters, { namespace, name }) !== undefined) {
    return `Cluster ${name} is there`;
  }
  const kinds = [
    places.machines,
    places.machineSets,
    places.machineDeployments,
    places.machinePools,
    places.controlPlanes,
    places.kubeadmConfigs,
    places.machineHealthChecks,
    places.resourceSetBindings,
    places.infraClusters,
    places.infraMachines,
    ...(places.infraMachinePools === undefined ? [] : [places.infraMachinePools]),
    CORE.secrets,
  ];
  for (const place of kinds) {
    const left = (await management.list(place, { namespace })).filter(({ metadata }) =>
      metadata.name?.startsWith(name) || metadata.labels?.["cluster.x-k8s.io/cluster-name"] === name
    );
    if (left.length > 0) {
      return `${place.resource} are left: ${left.map(({ metadata }) => metadata.name)}`;
    }
  }
  return undefined;
}

async function listening(address: string): Promise<Finding> {
  const { hostname, port } = new URL(address);
  try {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connection.close();
    return `${address} still answers`;
  } catch {
    return undefined;
  }
}
