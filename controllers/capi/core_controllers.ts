// The controllers of the core kinds: what wakes the Cluster, Machine,
// MachineSet and MachineDeployment reconcilers. Source: Cluster API's core
// manager; where that asks every so often, this watches.

import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { equal } from "../../runtime/object.ts";
import { controllerOf } from "../../runtime/owner.ts";
import type { Random } from "../../runtime/random.ts";
import { labelIndex } from "../../runtime/reconcile/cache.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { EventRecorder } from "../../runtime/reconcile/event_recorder.ts";
import { enqueueMapped, enqueueObject, enqueueOwner } from "../../runtime/reconcile/handlers.ts";
import type { Informer } from "../../runtime/reconcile/informer.ts";
import type { Manager } from "../../runtime/reconcile/manager.ts";
import { watchResource } from "../../runtime/reconcile/sources.ts";
import {
  type Predicate,
  type Request,
  requestFor,
  type Source,
} from "../../runtime/reconcile/types.ts";
import { ClusterReconciler } from "./cluster.ts";
import type { ClusterAccess } from "./cluster_access.ts";
import { conditionOf } from "./conditions.ts";
import { ContractResolver } from "./core/contract.ts";
import type { CoreContext } from "./core/core_context.ts";
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
import { MachineDeploymentReconciler } from "./machine_deployment.ts";
import { MachineSetReconciler } from "./machine_set.ts";

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

/** Adds the four controllers to a manager. Answers how contracts are resolved, for others to share. */
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
  addMachine(manager, context, options);
  addMachineSet(manager, context, options);
  addMachineDeployment(manager, context, options);
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
  { concurrency = 10 }: CoreControllersOptions,
): void {
  const externals = externalsOf(
    manager,
    context,
    MACHINES,
    ({ spec }) => [spec?.infrastructureRef, spec?.bootstrap?.configRef],
  );
  const workloads = new WorkloadNodes(context.access, context.clock, context.logger);
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

/** The Cluster of a labelled object, or the one that its spec names. */
function clusterOf({ metadata, spec }: KubeObject): Request[] {
  const name: string | undefined = metadata.labels?.[CLUSTER_NAME_LABEL] ?? spec?.clusterName;
  return name === undefined ? [] : [{ namespace: metadata.namespace ?? "", name }];
}

/** The objects of an informer that carry the label of a Cluster. */
function byLabel(
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

function byCluster(informer: Informer): (cluster: KubeObject) => Request[] {
  return (cluster) => byLabel(informer, cluster.metadata.name, cluster);
}

function machinesOfSet(machines: Informer): (set: KubeObject) => Request[] {
  return (set) =>
    byLabel(machines, set.metadata.labels?.[CLUSTER_NAME_LABEL], set).filter(
      ({ namespace, name }) =>
        controllerOf(machines.get(namespace, name) as KubeObject)?.uid === set.metadata.uid,
    );
}

/** Passes changes in which one of these facts differs. */
function changed(factsOf: (object: KubeObject) => unknown): Predicate {
  return ({ type, object, previous }) =>
    type !== "MODIFIED" || previous === undefined || !equal(factsOf(object), factsOf(previous));
}

const statusOf = (object: KubeObject, type: string) => conditionOf(object, type)?.status;

/** What of a Machine a Cluster's status is made of. */
const machineMatters = changed((machine) => [
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
const clusterMatters = changed((cluster) => [
  cluster.spec?.paused,
  cluster.status?.initialization as JsonObject | undefined,
  statusOf(cluster, "ControlPlaneInitialized"),
  cluster.metadata.deletionTimestamp,
]);

/** What of a Cluster lets a MachineSet make Machines. */
const controlPlaneMatters = changed((cluster) => [
  cluster.spec?.paused,
  cluster.spec?.topology?.version,
  cluster.status?.controlPlane as JsonObject | undefined,
  cluster.metadata.deletionTimestamp,
]);

/** What of a MachineSet or MachineDeployment decides whether Machines are up to date. */
const templateChanged = changed(({ metadata, spec }) => [
  spec?.template as JsonObject | undefined,
  spec?.rollout as JsonObject | undefined,
  spec?.remediation as JsonObject | undefined,
  metadata.annotations,
]);

const isOrphan: Predicate = ({ object }) => controllerOf(object) === undefined;

/** A Cluster counts MachineSets of its own, and waits for all of them to go. */
const standaloneOrGone: Predicate = ({ type, object }) =>
  type === "DELETED" || controllerOf(object) === undefined;

/** Wakes for clusters that can be reached from now on, or no longer. */
function connections(
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

/** Wakes Machines for changes of their Nodes. */
function nodes(workloads: WorkloadNodes, machines: Informer): Source {
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
      workloads.listen((namespace, cluster, { object }) => {
        const prefix = `${namespace}/${cluster}`;
        const names = [object.spec?.providerID, object.metadata.name];
        const found = names.flatMap((name) =>
          name === undefined ? [] : machines.byIndex(NODE_INDEX, `${prefix} ${name}`)
        );
        for (const machine of new Set(found)) enqueue(requestFor(machine));
      });
    },
  };
}
