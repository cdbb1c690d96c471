// What wakes the core controllers: which objects a change of another one
// concerns, and which changes matter. Where Cluster API's managers ask every
// so often, these watch.

import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { controllerOf } from "../../../runtime/owner.ts";
import { labelIndex } from "../../../runtime/reconcile/cache.ts";
import type { Informer } from "../../../runtime/reconcile/informer.ts";
import { changed } from "../../../runtime/reconcile/predicates.ts";
import {
  type Predicate,
  type Request,
  requestFor,
  type Source,
} from "../../../runtime/reconcile/types.ts";
import type { ClusterAccess } from "../cluster_access.ts";
import { conditionOf } from "../conditions.ts";
import { CLUSTER_NAME_LABEL } from "../kubeadm/names.ts";
import type { WorkloadNodes } from "./workload_nodes.ts";

/** The Cluster of a labelled object, or the one that its spec names. */
export function clusterOf({ metadata, spec }: KubeObject): Request[] {
  const name: string | undefined = metadata.labels?.[CLUSTER_NAME_LABEL] ?? spec?.clusterName;
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
}

/** The objects of an informer that carry the label of a Cluster. */
export function byLabel(
  informer: Informer,
  cluster: string | undefined,
  { metadata }: { readonly metadata: { readonly namespace?: string } },
): Request[] {
  if (cluster === undefined) return [];
  const index = labelIndex(CLUSTER_NAME_LABEL);
  const found = informer.hasIndex(index)
    ? informer.byIndex(index, cluster)
    : [...informer.list(metadata.namespace)].filter((object) =>
      object.metadata.labels?.[CLUSTER_NAME_LABEL] === cluster
    );
  return found.filter((object) => object.metadata.namespace === metadata.namespace)
    .map(requestFor);
}

export function byCluster(informer: Informer): (cluster: KubeObject) => Request[] {
  return (cluster) => byLabel(informer, cluster.metadata.name, cluster);
}

export function machinesOfSet(machines: Informer): (set: KubeObject) => Request[] {
  return (set) =>
    byLabel(machines, set.metadata.labels?.[CLUSTER_NAME_LABEL], set).filter(
      ({ namespace, name }) =>
        controllerOf(machines.get(namespace, name) as KubeObject)?.uid === set.metadata.uid,
    );
}

const statusOf = (object: KubeObject, type: string) => conditionOf(object, type)?.status;

/** What of a Machine a Cluster's status is made of. */
export const machineMatters = changed((machine) => [
  machine.metadata.deletionTimestamp,
  machine.metadata.labels,
  machine.status?.nodeRef,
  machine.status?.nodeInfo?.kubeletVersion,
  ...["Ready", "Available", "UpToDate", "HealthCheckSucceeded", "OwnerRemediated"].map((type) => {
    const { status, message } = conditionOf(machine, type) ?? {};
    return [status, message];
  }),
]);

/** What of a Cluster matters to everything in it. */
export const clusterMatters = changed((cluster) => [
  cluster.spec?.paused,
  cluster.status?.initialization as JsonObject | undefined,
  statusOf(cluster, "ControlPlaneInitialized"),
  cluster.metadata.deletionTimestamp,
]);

/** What of a Cluster lets a MachineSet make Machines. */
export const controlPlaneMatters = changed((cluster) => [
  cluster.spec?.paused,
  cluster.spec?.topology?.version,
  cluster.status?.controlPlane as JsonObject | undefined,
  cluster.metadata.deletionTimestamp,
]);

/** What of a MachineSet or MachineDeployment decides whether Machines are up to date. */
export const templateChanged = changed(({ metadata, spec }) => [
  spec?.template as JsonObject | undefined,
  spec?.rollout as JsonObject | undefined,
  spec?.remediation as JsonObject | undefined,
  metadata.annotations,
]);

export const isOrphan: Predicate = ({ object }) => controllerOf(object) === undefined;

/** A Cluster counts MachineSets of its own, and waits for all of them to go. */
export const standaloneOrGone: Predicate = ({ type, object }) =>
  type === "DELETED" || controllerOf(object) === undefined;

/** Wakes for clusters that can be reached from now on, or no longer. */
export function connections(
  access: ClusterAccess,
  map: (cluster: Request) => readonly Request[],
): Source {
  return {
    start(enqueue, { signal }) {
      const stop = access.onChange?.((namespace, name) => {
        for (const request of map({ namespace, name })) enqueue(request);
      });
      if (stop !== undefined) signal.addEventListener("abort", stop, { once: true });
    },
  };
}

const NODE_INDEX = "node";

/** Wakes Machines, or what is made of them, for changes of their Nodes. */
export function nodes(
  workloads: WorkloadNodes,
  machines: Informer,
  requestsOf: (machine: KubeObject) => readonly Request[] = (machine) => [requestFor(machine)],
  matters: Predicate = () => true,
): Source {
  machines.addIndex(NODE_INDEX, ({ metadata, spec, status }) => {
    const prefix = `${metadata.namespace}/${spec?.clusterName}`;
    return [
      ...(spec?.providerID === undefined ? [] : [`${prefix} ${spec.providerID}`]),
      ...(status?.nodeRef === undefined ? [] : [`${prefix} ${status.nodeRef.name}`]),
    ];
  });
  return {
    start(enqueue, { signal }) {
      workloads.endWith(signal);
      workloads.listen((namespace, cluster, change) => {
        if (!matters(change)) return;
        const { object } = change;
        const prefix = `${namespace}/${cluster}`;
        const names = [object.spec?.providerID, object.metadata.name];
        const found = names.flatMap((name) =>
          name === undefined ? [] : machines.byIndex(NODE_INDEX, `${prefix} ${name}`)
        );
        for (const machine of new Set(found)) {
          for (const request of requestsOf(machine)) enqueue(request);
        }
      });
    },
  };
}
