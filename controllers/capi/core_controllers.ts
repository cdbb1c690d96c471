// The controllers of the core kinds: what wakes the Cluster, Machine,
// MachineSet and MachineDeployment reconcilers. Source: Cluster API's core
// manager; where that asks every so often, this watches.

import type { Random } from "../../runtime/random.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { EventRecorder } from "../../runtime/reconcile/event_recorder.ts";
import { enqueueMapped, enqueueObject, enqueueOwner } from "../../runtime/reconcile/handlers.ts";
import type { Manager } from "../../runtime/reconcile/manager.ts";
import { watchResource } from "../../runtime/reconcile/sources.ts";
import { addClusterResourceSets } from "./addons_controllers.ts";
import { ClusterReconciler } from "./cluster.ts";
import type { ClusterAccess } from "./cluster_access.ts";
import { ContractResolver } from "./core/contract.ts";
import type { CoreContext } from "./core/core_context.ts";
import {
  byCluster,
  byLabel,
  clusterMatters,
  clusterOf,
  connections,
  controlPlaneMatters,
  isOrphan,
  machineMatters,
  machinesOfSet,
  nodes,
  standaloneOrGone,
  templateChanged,
} from "./core/core_sources.ts";
import { ExternalObjects, type ReferencesOf } from "./core/external_objects.ts";
import {
  CLUSTERS,
  CORE_GROUP,
  DEFINITIONS,
  MACHINE_DEPLOYMENTS,
  MACHINE_SETS,
  MACHINES,
} from "./core/names.ts";
import { WorkloadNodes } from "./core/workload_nodes.ts";
import { CLUSTER_NAME_LABEL } from "./kubeadm/names.ts";
import type { Events } from "./kubeadm/services.ts";
import { MachineReconciler } from "./machine.ts";
import { addMachineHealthCheck } from "./machine_health_check_controller.ts";
import { MachineDeploymentReconciler } from "./machine_deployment.ts";
import { MachineSetReconciler } from "./machine_set.ts";
import { addTopology } from "./topology_controllers.ts";

/** Options of {@linkcode addCoreControllers}. */
export interface CoreControllersOptions {
  /** The workload clusters. */
  readonly access: ClusterAccess;
  /** All chance. */
  readonly random: Random;
  /** Default: events are written to the management cluster. */
  readonly events?: Events;
  /** Objects worked on at once, by controller; default 10. */
  readonly concurrency?: number;
}

/** The label that the manager's cache has to index: lists by Cluster are what these controllers do most. */
export const CORE_INDEX_LABELS: readonly string[] = [CLUSTER_NAME_LABEL];

/** Adds the controllers to a manager. Answers how contracts are resolved, for others to share. */
export function addCoreControllers(
  manager: Manager,
  options: CoreControllersOptions,
): ContractResolver {
  const contracts = new ContractResolver(manager.client);
  manager.cache.informer(DEFINITIONS);
  const { client, clock, logger } = manager;
  const events = options.events ??
    new EventRecorder({ client: manager.liveClient, clock, logger, component: "capi" });
  const context: CoreContext = {
    client,
    clock,
    random: options.random,
    logger,
    events,
    access: options.access,
    contracts,
  };
  addCluster(manager, context, options);
  const workloads = new WorkloadNodes(context.access, clock, logger);
  addMachine(manager, context, workloads, options);
  addMachineSet(manager, context, options);
  addMachineDeployment(manager, context, options);
  addMachineHealthCheck(manager, context, workloads, options.concurrency);
  addClusterResourceSets(manager, context, options.concurrency);
  addTopology(manager, context, options.concurrency);
  return contracts;
}

function externalsOf(
  manager: Manager,
  { contracts }: CoreContext,
  ref: typeof CLUSTERS,
  referencesOf: ReferencesOf,
): ExternalObjects {
  return new ExternalObjects(manager, contracts, ref, referencesOf);
}

function addCluster(
  manager: Manager,
  context: CoreContext,
  { concurrency = 10 }: CoreControllersOptions,
): void {
  const externals = externalsOf(
    manager,
    context,
    CLUSTERS,
    ({ spec }) => [spec?.infrastructureRef, spec?.controlPlaneRef],
  );
  const controller = new Controller({
    name: "cluster",
    reconciler: new ClusterReconciler(context, externals),
    concurrency,
    sources: [
      watchResource(CLUSTERS, enqueueObject),
      watchResource(MACHINE_DEPLOYMENTS, enqueueMapped(clusterOf)),
      watchResource(MACHINE_SETS, enqueueMapped(clusterOf), standaloneOrGone),
      watchResource(MACHINES, enqueueMapped(clusterOf), machineMatters),
      connections(context.access, (request) => [request]),
    ],
  });
  externals.wake(controller);
  manager.add(controller);
}

function addMachine(
  manager: Manager,
  context: CoreContext,
  workloads: WorkloadNodes,
  { concurrency = 10 }: CoreControllersOptions,
): void {
  const externals = externalsOf(
    manager,
    context,
    MACHINES,
    ({ spec }) => [spec?.infrastructureRef, spec?.bootstrap?.configRef],
  );
  const machines = manager.cache.informer(MACHINES);
  const controller = new Controller({
    name: "machine",
    reconciler: new MachineReconciler(context, externals, workloads),
    concurrency,
    sources: [
      watchResource(MACHINES, enqueueObject),
      watchResource(CLUSTERS, enqueueMapped(byCluster(machines)), clusterMatters),
      watchResource(MACHINE_SETS, enqueueMapped(machinesOfSet(machines)), templateChanged),
      watchResource(
        MACHINE_DEPLOYMENTS,
        enqueueMapped((deployment) =>
          byLabel(machines, deployment.metadata.labels?.[CLUSTER_NAME_LABEL], deployment)
        ),
        templateChanged,
      ),
      connections(
        context.access,
        ({ namespace, name }) => byLabel(machines, name, { metadata: { namespace } }),
      ),
      nodes(workloads, machines),
    ],
  });
  externals.wake(controller);
  manager.add(controller);
}

function addMachineSet(
  manager: Manager,
  context: CoreContext,
  { concurrency = 10 }: CoreControllersOptions,
): void {
  const externals = externalsOf(manager, context, MACHINE_SETS, templateReferences);
  const sets = manager.cache.informer(MACHINE_SETS);
  const controller = new Controller({
    name: "machineset",
    reconciler: new MachineSetReconciler(context, externals),
    concurrency,
    sources: [
      watchResource(MACHINE_SETS, enqueueObject),
      watchResource(
        MACHINES,
        enqueueOwner({ group: CORE_GROUP, kind: "MachineSet" }, { controller: true }),
      ),
      watchResource(
        MACHINES,
        enqueueMapped((machine) =>
          byLabel(sets, machine.metadata.labels?.[CLUSTER_NAME_LABEL], machine)
        ),
        isOrphan,
      ),
      watchResource(
        MACHINE_DEPLOYMENTS,
        enqueueMapped(({ metadata }) =>
          byLabel(sets, metadata.labels?.[CLUSTER_NAME_LABEL], { metadata })
        ),
        templateChanged,
      ),
      watchResource(CLUSTERS, enqueueMapped(byCluster(sets)), controlPlaneMatters),
    ],
  });
  externals.wake(controller);
  manager.add(controller);
}

function addMachineDeployment(
  manager: Manager,
  context: CoreContext,
  { concurrency = 10 }: CoreControllersOptions,
): void {
  const externals = externalsOf(manager, context, MACHINE_DEPLOYMENTS, templateReferences);
  const deployments = manager.cache.informer(MACHINE_DEPLOYMENTS);
  const controller = new Controller({
    name: "machinedeployment",
    reconciler: new MachineDeploymentReconciler(context, externals),
    concurrency,
    sources: [
      watchResource(MACHINE_DEPLOYMENTS, enqueueObject),
      watchResource(
        MACHINE_SETS,
        enqueueOwner({ group: CORE_GROUP, kind: "MachineDeployment" }, { controller: true }),
      ),
      watchResource(
        MACHINE_SETS,
        enqueueMapped((set) =>
          byLabel(deployments, set.metadata.labels?.[CLUSTER_NAME_LABEL], set)
        ),
        isOrphan,
      ),
      watchResource(CLUSTERS, enqueueMapped(byCluster(deployments)), clusterMatters),
    ],
  });
  externals.wake(controller);
  manager.add(controller);
}

const templateReferences: ReferencesOf = ({ spec }) => [
  spec?.template?.spec?.infrastructureRef,
  spec?.template?.spec?.bootstrap?.configRef,
];
