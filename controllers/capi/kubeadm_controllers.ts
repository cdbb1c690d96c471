// The controllers of the kubeadm kinds: what wakes the KubeadmConfig and
// the KubeadmControlPlane reconcilers. Source: Cluster API's kubeadm
// providers; where those poll, these watch.

import type { KubeObject } from "../../runtime/object.ts";
import { equal } from "../../runtime/object.ts";
import type { Random } from "../../runtime/random.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { enqueueMapped, enqueueObject, enqueueOwner } from "../../runtime/reconcile/handlers.ts";
import type { Manager } from "../../runtime/reconcile/manager.ts";
import { watchResource } from "../../runtime/reconcile/sources.ts";
import {
  type Enqueue,
  type Predicate,
  type Request,
  requestFor,
  type Source,
  type SourceContext,
} from "../../runtime/reconcile/types.ts";
import type { ClusterAccess } from "./cluster_access.ts";
import { conditionOf } from "./conditions.ts";
import type { EtcdAccess } from "./etcd_access.ts";
import { KubeadmConfigReconciler } from "./kubeadm_config.ts";
import { KubeadmControlPlaneReconciler } from "./kubeadm_control_plane.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "./kubeadm/names.ts";
import type { Events, ReferenceResolver } from "./kubeadm/services.ts";
import { WorkloadChanges } from "./kubeadm/workload_changes.ts";

/** Options of {@linkcode addKubeadmControllers}. */
export interface KubeadmControllersOptions {
  /** Reaches workload clusters. */
  readonly clusters: ClusterAccess;
  /** Reaches their etcds. */
  readonly etcd: EtcdAccess;
  /** Finds the kinds of infrastructure providers. */
  readonly references: ReferenceResolver;
  /** Where events are recorded. */
  readonly events: Events;
  /** Draws names and tokens. */
  readonly random: Random;
  /** Objects worked on at once, by controller; default 10. */
  readonly concurrency?: number;
}

/** Adds both controllers to a manager. */
export function addKubeadmControllers(manager: Manager, options: KubeadmControllersOptions): void {
  const { client, clock, logger } = manager;
  const { clusters, random, concurrency = 10 } = options;
  // Both read Secrets and ConfigMaps of clusters at every pass.
  manager.cache.informer(RESOURCES.secrets);
  manager.cache.informer(RESOURCES.configMaps);
  manager.add(
    new Controller({
      name: "kubeadmconfig",
      reconciler: new KubeadmConfigReconciler({ client, clusters, clock, random }),
      concurrency,
      sources: kubeadmConfigSources(manager, clusters),
    }),
  );
  manager.add(
    new Controller({
      name: "kubeadmcontrolplane",
      reconciler: new KubeadmControlPlaneReconciler({
        client,
        clusters,
        etcd: options.etcd,
        clock,
        random,
        references: options.references,
        events: options.events,
        logger,
      }),
      concurrency,
      sources: kubeadmControlPlaneSources(manager, clusters),
    }),
  );
}

function kubeadmConfigSources(manager: Manager, clusters: ClusterAccess): Source[] {
  const informer = manager.cache.informer(RESOURCES.kubeadmConfigs);
  const index = "kubeadm cluster";
  informer.addIndex(index, ({ metadata }) => {
    const cluster = metadata.labels?.[CLUSTER_NAME_LABEL];
    return cluster === undefined ? [] : [`${metadata.namespace}/${cluster}`];
  });
  const configsOf = (namespace: string, cluster: string) =>
    informer.byIndex(index, `${namespace}/${cluster}`).map(requestFor);
  return [
    watchResource(RESOURCES.kubeadmConfigs, enqueueObject),
    watchResource(RESOURCES.machines, enqueueMapped(configOf), bootstrapChanged),
    watchResource(
      RESOURCES.clusters,
      enqueueMapped(({ metadata }) => configsOf(metadata.namespace ?? "", metadata.name ?? "")),
      clusterProgressed,
    ),
    connectionSource(clusters, configsOf),
  ];
}

function kubeadmControlPlaneSources(manager: Manager, clusters: ClusterAccess): Source[] {
  const informer = manager.cache.informer(RESOURCES.clusters);
  const controlPlaneOf = (namespace: string, name: string): Request[] => {
    const cluster = informer.get(namespace, name);
    return cluster === undefined ? [] : controlPlaneOfCluster(cluster);
  };
  const changes = new WorkloadChanges(clusters, manager.clock, manager.logger);
  return [
    watchResource(RESOURCES.kubeadmControlPlanes, enqueueObject),
    watchResource(
      RESOURCES.machines,
      enqueueOwner(
        { group: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane" },
        { controller: true },
      ),
    ),
    watchResource(RESOURCES.clusters, enqueueMapped(controlPlaneOfCluster), clusterProgressed),
    connectionSource(clusters, controlPlaneOf),
    workloadSource(changes, clusters, controlPlaneOf),
  ];
}

/** The KubeadmConfig of a Machine. */
function configOf(machine: KubeObject): Request[] {
  const { kind, name } = machine.spec?.bootstrap?.configRef ?? {};
  if (kind !== "KubeadmConfig" || !name) return [];
  return [{ namespace: machine.metadata.namespace ?? "", name }];
}

/** The control plane of a Cluster, when it is one of ours. */
function controlPlaneOfCluster(cluster: KubeObject): Request[] {
  const { kind, name } = cluster.spec?.controlPlaneRef ?? {};
  if (kind !== "KubeadmControlPlane" || !name) return [];
  return [{ namespace: cluster.metadata.namespace ?? "", name }];
}

/** What a Machine tells its bootstrap configuration: that it is there, and that it has a Node. */
const bootstrapChanged: Predicate = ({ type, object, previous }) =>
  type !== "MODIFIED" ||
  !equal(object.spec?.bootstrap, previous?.spec?.bootstrap) ||
  !equal(object.metadata.ownerReferences, previous?.metadata.ownerReferences) ||
  (object.status?.nodeRef === undefined) !== (previous?.status?.nodeRef === undefined);

/** What of a Cluster matters here. */
function progressOf(cluster: KubeObject | undefined): unknown {
  return [
    cluster?.spec?.paused,
    cluster?.spec?.controlPlaneEndpoint,
    cluster?.spec?.controlPlaneRef,
    cluster?.spec?.topology?.version,
    cluster?.status?.initialization,
    cluster === undefined ? undefined : conditionOf(cluster, "ControlPlaneInitialized")?.status,
    cluster?.metadata.deletionTimestamp,
  ];
}

const clusterProgressed: Predicate = ({ type, object, previous }) =>
  type !== "MODIFIED" || !equal(progressOf(object), progressOf(previous));

/** Wakes whatever `map` finds for a workload cluster that can be reached from now on, or no longer. */
function connectionSource(
  clusters: ClusterAccess,
  map: (namespace: string, cluster: string) => readonly Request[],
): Source {
  return {
    start(enqueue: Enqueue, { signal }: SourceContext): void {
      const stop = clusters.onChange?.((namespace, name) => {
        for (const request of map(namespace, name)) enqueue(request);
      });
      if (stop !== undefined) signal.addEventListener("abort", stop, { once: true });
    },
  };
}

/** Wakes control planes for what happens in their workload clusters. */
function workloadSource(
  changes: WorkloadChanges,
  clusters: ClusterAccess,
  controlPlaneOf: (namespace: string, cluster: string) => readonly Request[],
): Source {
  return {
    start(enqueue: Enqueue, { cache, signal }: SourceContext): void {
      const look = (namespace: string, name: string) => {
        if (clusters.client(namespace, name) === undefined) return changes.forget(namespace, name);
        changes.follow(namespace, name, () => {
          for (const request of controlPlaneOf(namespace, name)) enqueue(request);
        }, signal);
      };
      const stopClusters = cache.informer(RESOURCES.clusters).listen(({ object }) =>
        look(object.metadata.namespace ?? "", object.metadata.name ?? "")
      );
      const stopConnections = clusters.onChange?.(look);
      signal.addEventListener("abort", () => {
        stopClusters();
        stopConnections?.();
      }, { once: true });
    },
  };
}
