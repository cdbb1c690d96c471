// The phase and the counters of a Cluster. Source: Cluster API's Cluster
// controller.

import type { KubeObject } from "../../../runtime/object.ts";
import { controllerOf } from "../../../runtime/owner.ts";
import { isConditionTrue } from "../conditions.ts";
import { isEndpointValid } from "../kubeadm/kubeconfig.ts";
import type { ClusterScope } from "./cluster_scope.ts";
import { controlPlaneCounters } from "./contract.ts";

/** The phase that the Cluster is in. */
export function clusterPhase(scope: ClusterScope): string {
  const { cluster } = scope;
  const { spec } = cluster;
  if (scope.isDeleting) return "Deleting";
  if (scope.infrastructureProvisioned && isEndpointValid(cluster.spec?.controlPlaneEndpoint)) {
    return "Provisioned";
  }
  if (spec?.infrastructureRef !== undefined || spec?.controlPlaneRef !== undefined) {
    return "Provisioning";
  }
  return "Pending";
}

/** Sets the counters of control plane and workers. */
export function setClusterCounters(scope: ClusterScope): void {
  const { cluster } = scope;
  cluster.status ??= {};
  const { external } = scope.controlPlane;
  if (external !== undefined) {
    const counters = controlPlaneCounters(external.object, external.contract);
    assign(cluster.status, "controlPlane", {
      desiredReplicas: counters.desired,
      replicas: counters.replicas,
      upToDateReplicas: counters.upToDate,
      readyReplicas: counters.ready,
      availableReplicas: counters.available,
      versions: versionsOf(external.object),
    });
  } else if (cluster.spec?.controlPlaneRef === undefined && scope.descendants !== undefined) {
    const machines = scope.controlPlaneMachines;
    assign(
      cluster.status,
      "controlPlane",
      machines.length === 0
        ? {}
        : { desiredReplicas: machines.length, ...machineCounters(machines) },
    );
  }
  if (scope.descendants !== undefined) assign(cluster.status, "workers", workerCounters(scope));
}

function versionsOf({ status }: KubeObject): unknown {
  if (status?.versions !== undefined) return status.versions;
  return status?.version === undefined ? undefined : [{ version: status.version }];
}

/** Merges over what is there, so that fields of others survive. */
function assign(
  status: Record<string, unknown>,
  member: string,
  values: Record<string, unknown>,
): void {
  const next = { ...status[member] as Record<string, unknown> | undefined };
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) delete next[key];
    else next[key] = value;
  }
  if (Object.keys(next).length > 0) status[member] = next;
  else delete status[member];
}

interface Counters {
  replicas: number;
  upToDateReplicas: number;
  readyReplicas: number;
  availableReplicas: number;
}

function machineCounters(machines: readonly KubeObject[]): Counters {
  const having = (type: string) =>
    machines.filter((machine) => isConditionTrue(machine, type)).length;
  return {
    replicas: machines.length,
    upToDateReplicas: having("UpToDate"),
    readyReplicas: having("Ready"),
    availableReplicas: having("Available"),
  };
}

function workerCounters(scope: ClusterScope): Record<string, unknown> {
  const groups = [...scope.descendants?.deployments ?? [], ...scope.standaloneSets];
  const alone = scope.workerMachines.filter((machine) => controllerOf(machine) === undefined);
  if (groups.length === 0 && alone.length === 0) {
    return {
      desiredReplicas: 0,
      replicas: 0,
      upToDateReplicas: 0,
      readyReplicas: 0,
      availableReplicas: 0,
      versions: undefined,
    };
  }
  const sum = (pick: (object: KubeObject) => number | undefined) =>
    groups.reduce((total, object) => total + (pick(object) ?? 0), 0);
  const more = machineCounters(alone);
  return {
    desiredReplicas: sum(({ spec }) => spec?.replicas) + alone.length,
    replicas: sum(({ status }) => status?.replicas) + more.replicas,
    upToDateReplicas: sum(({ status }) => status?.upToDateReplicas) + more.upToDateReplicas,
    readyReplicas: sum(({ status }) => status?.readyReplicas) + more.readyReplicas,
    availableReplicas: sum(({ status }) => status?.availableReplicas) + more.availableReplicas,
    versions: aggregateVersions(scope.workerMachines),
  };
}

/** How many machines run which version, the oldest version first; `undefined` for no machines. */
export function aggregateVersions(
  machines: readonly KubeObject[],
): { version: string; replicas: number }[] | undefined {
  const counts = new Map<string, number>();
  for (const { spec, status } of machines) {
    const version: string | undefined = status?.nodeInfo?.kubeletVersion || spec?.version;
    if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  const collator = (a: string, b: string) => a.localeCompare(b, "en", { numeric: true });
  return [...counts].sort(([a], [b]) => collator(a, b)).map(([version, replicas]) => ({
    version,
    replicas,
  }));
}
