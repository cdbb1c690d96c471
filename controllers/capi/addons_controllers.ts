// The controllers of ClusterResourceSets and their bindings: what wakes them.
// Source: Cluster API's core manager.

import type { KubeObject } from "../../runtime/object.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { enqueueMapped, enqueueObject } from "../../runtime/reconcile/handlers.ts";
import type { Manager } from "../../runtime/reconcile/manager.ts";
import { changed } from "../../runtime/reconcile/predicates.ts";
import { watchResource } from "../../runtime/reconcile/sources.ts";
import { type Predicate, type Request, requestFor } from "../../runtime/reconcile/types.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { CLUSTER_RESOURCE_SET_BINDINGS, CLUSTER_RESOURCE_SETS } from "./addons/names.ts";
import { ClusterResourceSetReconciler } from "./cluster_resource_set.ts";
import { ClusterResourceSetBindingReconciler } from "./cluster_resource_set_binding.ts";
import type { CoreContext } from "./core/core_context.ts";
import { connections } from "./core/core_sources.ts";
import { CLUSTERS } from "./core/names.ts";
import { RESOURCES } from "./kubeadm/names.ts";

/** Adds both controllers to a manager. */
export function addClusterResourceSets(
  manager: Manager,
  context: CoreContext,
  concurrency = 10,
): void {
  const sets = manager.cache.informer(CLUSTER_RESOURCE_SETS);
  const clusters = manager.cache.informer(CLUSTERS);
  const setsOf = ({ metadata }: KubeObject): Request[] =>
    [...sets.list(metadata.namespace)].filter(({ spec }) => {
      const selector = compileLabelSelector(spec?.clusterSelector ?? {});
      return !selector.empty && selector.matches(metadata.labels);
    }).map(requestFor);
  const setsWith = (kind: string) => ({ metadata }: KubeObject): Request[] =>
    [...sets.list(metadata.namespace)].filter(({ spec }) =>
      spec?.resources?.some((one: { kind: string; name: string }) =>
        one.kind === kind && one.name === metadata.name
      )
    ).map(requestFor);
  manager.add(
    new Controller({
      name: "clusterresourceset",
      reconciler: new ClusterResourceSetReconciler(context),
      concurrency,
      sources: [
        watchResource(CLUSTER_RESOURCE_SETS, enqueueObject),
        watchResource(CLUSTERS, enqueueMapped(setsOf), clusterMatters),
        watchResource(RESOURCES.configMaps, enqueueMapped(setsWith("ConfigMap")), notDeleted),
        watchResource(RESOURCES.secrets, enqueueMapped(setsWith("Secret")), notDeleted),
        connections(context.access, ({ namespace, name }) => {
          const cluster = clusters.get(namespace, name);
          return cluster === undefined ? [] : setsOf(cluster);
        }),
      ],
    }),
  );
  manager.add(
    new Controller({
      name: "clusterresourcesetbinding",
      reconciler: new ClusterResourceSetBindingReconciler(context),
      concurrency,
      sources: [
        watchResource(CLUSTER_RESOURCE_SET_BINDINGS, enqueueObject),
        watchResource(CLUSTERS, enqueueObject, goes),
      ],
    }),
  );
}

const clusterMatters = changed(({ metadata }) => [metadata.labels, metadata.deletionTimestamp]);
const notDeleted: Predicate = ({ type }) => type !== "DELETED";
const goes: Predicate = ({ type, object }) =>
  type === "DELETED" || object.metadata.deletionTimestamp !== undefined;
