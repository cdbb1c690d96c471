// The controllers of ClusterClasses and topologies: what wakes them. Source:
// Cluster API's core manager with the ClusterTopology feature.

import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { enqueueMapped, enqueueObject, enqueueOwner } from "../../runtime/reconcile/handlers.ts";
import type { Manager } from "../../runtime/reconcile/manager.ts";
import { changed, resourceVersionChanged } from "../../runtime/reconcile/predicates.ts";
import { watchResource } from "../../runtime/reconcile/sources.ts";
import { type Predicate, type Request, requestFor } from "../../runtime/reconcile/types.ts";
import { ClusterClassReconciler } from "./cluster_class.ts";
import { ClusterTopologyReconciler } from "./cluster_topology.ts";
import { conditionsOf } from "./conditions.ts";
import type { CoreContext } from "./core/core_context.ts";
import { clusterOf } from "./core/core_sources.ts";
import { CLUSTERS, CORE_GROUP, MACHINE_DEPLOYMENTS, MACHINE_SETS, MACHINES } from "./core/names.ts";
import { classKeyOf, refOf } from "./topology/blueprint.ts";
import { CLUSTER_CLASSES, TOPOLOGY_OWNED } from "./topology/names.ts";
import { TopologyTemplatesReconciler } from "./topology_templates.ts";

const CLASS_INDEX = "class";

/** Adds the controllers to a manager. */
export function addTopology(manager: Manager, context: CoreContext, concurrency = 10): void {
  manager.add(
    new Controller({
      name: "clusterclass",
      reconciler: new ClusterClassReconciler(context),
      concurrency,
      sources: [watchResource(CLUSTER_CLASSES, enqueueObject)],
    }),
  );
  addClusterTopology(manager, context, concurrency);
  for (const kind of ["MachineDeployment", "MachineSet"] as const) {
    manager.add(
      new Controller({
        name: `topology/${kind.toLowerCase()}`,
        reconciler: new TopologyTemplatesReconciler(context, kind),
        concurrency,
        sources: [
          watchResource(
            kind === "MachineSet" ? MACHINE_SETS : MACHINE_DEPLOYMENTS,
            enqueueObject,
            isOwned,
            metadataChanged,
          ),
        ],
      }),
    );
  }
}

function addClusterTopology(manager: Manager, context: CoreContext, concurrency: number): void {
  const clusters = manager.cache.informer(CLUSTERS);
  clusters.addIndex(CLASS_INDEX, (cluster) => {
    if (cluster.spec?.topology === undefined) return [];
    const { namespace, name } = classKeyOf(cluster);
    return [`${namespace}/${name}`];
  });
  const clustersOf = ({ metadata }: KubeObject): Request[] =>
    clusters.byIndex(CLASS_INDEX, `${metadata.namespace}/${metadata.name}`).map(requestFor);
  const watched = new Map<string, Promise<void>>();
  const watch = (object: KubeObject): Promise<void> => {
    const ref: ResourceRef = refOf(object);
    const key = `${ref.apiVersion}/${ref.resource}`;
    let watching = watched.get(key);
    if (watching === undefined) {
      const owner = enqueueOwner({ group: CORE_GROUP, kind: "Cluster" });
      watching = controller.watch(watchResource(ref, owner, isOwned, resourceVersionChanged));
      watched.set(key, watching);
    }
    return watching;
  };
  const controller: Controller = new Controller({
    name: "topology/cluster",
    reconciler: new ClusterTopologyReconciler(context, watch),
    concurrency,
    sources: [
      watchResource(CLUSTERS, enqueueObject, hasTopology, clusterMatters),
      watchResource(CLUSTER_CLASSES, enqueueMapped(clustersOf), classMatters),
      watchResource(MACHINE_DEPLOYMENTS, enqueueMapped(clusterOf), isOwned, deploymentMatters),
      watchResource(MACHINES, enqueueMapped(clusterOf), isOwned, versionMatters),
    ],
  });
  manager.add(controller);
}

const isOwned: Predicate = ({ object }) => object.metadata.labels?.[TOPOLOGY_OWNED] !== undefined;
const hasTopology: Predicate = ({ object }) => object.spec?.topology !== undefined;

const clusterMatters = changed(({ metadata, spec }) => [
  spec as JsonObject | undefined,
  metadata.labels,
  metadata.annotations,
  metadata.deletionTimestamp,
]);

const classMatters = changed((object) => [
  object.spec as JsonObject | undefined,
  object.status?.observedGeneration,
  object.status?.variables as JsonObject | undefined,
  ...conditionsOf(object).map(({ type, status }) => [type, status]),
]);

const deploymentMatters = changed(({ metadata, spec }) => [
  spec as JsonObject | undefined,
  metadata.labels,
  metadata.annotations,
  metadata.ownerReferences,
  metadata.deletionTimestamp,
]);

const metadataChanged = changed(({ metadata }) => [
  metadata.labels,
  metadata.annotations,
  metadata.finalizers,
  metadata.deletionTimestamp,
]);

/** A MachineDeployment has done its upgrade when the last Machine of the old version is gone. */
const versionMatters: Predicate = ({ type, object, previous }) =>
  type !== "MODIFIED" || object.spec?.version !== previous?.spec?.version;
