/**
 * The in-memory infrastructure provider: InMemoryCluster, InMemoryMachine,
 * and the in-memory backend of DevCluster and DevMachine.
 *
 * @module
 */

import type { KubeObject } from "../../runtime/object.ts";
import { parseApiVersion } from "../../runtime/object.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { enqueueMapped, enqueueObject } from "../../runtime/reconcile/handlers.ts";
import type { Manager } from "../../runtime/reconcile/manager.ts";
import { ownerOfKind } from "../../runtime/owner.ts";
import { watchMetadata, watchResource } from "../../runtime/reconcile/sources.ts";
import { type Request, requestFor } from "../../runtime/reconcile/types.ts";
import { changed } from "../../runtime/reconcile/predicates.ts";
import { clusterSecretName } from "../capi/kubeadm/certificates.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "../capi/kubeadm/names.ts";
import { InfrastructureClusterReconciler, type ProviderContext } from "./cluster_reconciler.ts";
import {
  coreResources,
  isControlPlaneInitialized,
  isInfrastructureProvisioned,
} from "./core_objects.ts";
import type { WorkloadHost } from "./host.ts";
import { INFRASTRUCTURE_GROUP, INFRASTRUCTURE_KINDS, type InfrastructureKinds } from "./kinds.ts";
import { MACHINE_POOL_KIND, MachinePoolReconciler } from "./machine_pool.ts";
import { InfrastructureMachineReconciler } from "./machine_reconciler.ts";

import { MachineTemplateReconciler } from "./machine_template.ts";

export { type CoreResources, coreResources, findCoreVersion } from "./core_objects.ts";
export * from "./host.ts";
export * from "./host_access.ts";
export * from "./host_etcd_access.ts";
export * from "./kinds.ts";
export { NODE_CONDITIONS_ANNOTATION } from "./node_conditions.ts";

/** Options of {@linkcode addProviderControllers}. */
export interface ProviderOptions {
  /** Runs the fake clusters. */
  readonly host: WorkloadHost;
  /** The families of kinds to look after; default {@linkcode INFRASTRUCTURE_KINDS}. */
  readonly kinds?: readonly InfrastructureKinds[];
  /** The version of Cluster and Machine that the management cluster serves; default `v1beta2`. */
  readonly coreVersion?: string;
  /** Objects of a kind worked on at once; absent: 10. */
  readonly concurrency?: (kind: string) => number | undefined;
}

/** Adds the controllers of all families of infrastructure kinds to a manager. */
export function addProviderControllers(manager: Manager, options: ProviderOptions): void {
  for (const kinds of options.kinds ?? INFRASTRUCTURE_KINDS) addFamily(manager, kinds, options);
}

function addFamily(manager: Manager, kinds: InfrastructureKinds, options: ProviderOptions): void {
  const core = coreResources(options.coreVersion ?? "v1beta2");
  const context: ProviderContext = {
    client: manager.client,
    clock: manager.clock,
    host: options.host,
    kinds,
    core,
  };
  const concurrency = (kind: string) => options.concurrency?.(kind) ?? 10;
  const machinesOf = machinesByCluster(manager, kinds);
  addTemplates(manager, kinds, concurrency(`${kinds.machineKind}Template`));
  addPools(manager, context, concurrency(MACHINE_POOL_KIND));
  manager.add(
    new Controller({
      name: kinds.clusterKind.toLowerCase(),
      reconciler: new InfrastructureClusterReconciler(context),
      concurrency: concurrency(kinds.clusterKind),
      sources: [
        watchResource(kinds.clusters, enqueueObject),
        watchResource(
          core.clusters,
          enqueueMapped((cluster) =>
            referenced(cluster, cluster.spec?.infrastructureRef, kinds.clusterKind)
          ),
          clusterMatters,
        ),
      ],
    }),
  );
  manager.add(
    new Controller({
      name: kinds.machineKind.toLowerCase(),
      reconciler: new InfrastructureMachineReconciler(context),
      concurrency: concurrency(kinds.machineKind),
      sources: [
        watchResource(kinds.machines, enqueueObject),
        watchResource(
          core.machines,
          enqueueMapped((machine) =>
            referenced(machine, machine.spec?.infrastructureRef, kinds.machineKind)
          ),
        ),
        watchResource(
          core.clusters,
          enqueueMapped(({ metadata }) => machinesOf(metadata.namespace, metadata.name)),
          clusterMatters,
        ),
        watchResource(
          kinds.clusters,
          enqueueMapped(({ metadata }) =>
            machinesOf(metadata.namespace, metadata.labels?.[CLUSTER_NAME_LABEL])
          ),
          infrastructureMatters,
        ),
        watchMetadata(
          RESOURCES.secrets,
          CLUSTER_NAME_LABEL,
          enqueueMapped((secret) =>
            isAuthority(secret)
              ? machinesOf(secret.metadata.namespace, secret.metadata.labels?.[CLUSTER_NAME_LABEL])
              : []
          ),
        ),
      ],
    }),
  );
}

/** Whether a Secret holds an authority that API servers or etcd members of its cluster show themselves by. */
function isAuthority({ metadata }: KubeObject): boolean {
  const cluster = metadata.labels?.[CLUSTER_NAME_LABEL] ?? "";
  return ["ca", "etcd"].some((purpose) => metadata.name === clusterSecretName(cluster, purpose));
}

/** What of a Cluster matters here: all of it but how it is doing. */
const clusterMatters = changed((cluster) => [
  cluster.spec,
  ...asked(cluster),
  isInfrastructureProvisioned(cluster),
  isControlPlaneInitialized(cluster),
]);

/** What of an infrastructure cluster matters to its machines. */
const infrastructureMatters = changed((object) => [
  object.spec,
  ...asked(object),
  object.status?.initialization?.provisioned,
]);

function asked({ metadata }: KubeObject): unknown[] {
  return [metadata.annotations, metadata.labels, metadata.deletionTimestamp];
}

function addTemplates(manager: Manager, kinds: InfrastructureKinds, concurrency: number): void {
  // A template is refused as the machine that would be made from it.
  const handles = ({ kind, metadata, spec }: KubeObject) => {
    const machine = { apiVersion: "", kind, metadata, spec: spec?.template?.spec };
    return kinds.handles(machine) && kinds.refusal(machine) === undefined;
  };
  manager.add(
    new Controller({
      name: `${kinds.machineKind.toLowerCase()}template`,
      reconciler: new MachineTemplateReconciler(manager.client, kinds.machineTemplates, handles),
      concurrency,
      sources: [watchResource(kinds.machineTemplates, enqueueObject)],
    }),
  );
}

function addPools(manager: Manager, context: ProviderContext, concurrency: number): void {
  const { kinds, core } = context;
  if (kinds.machinePools === undefined) return;
  const informer = manager.cache.informer(kinds.machinePools);
  manager.add(
    new Controller({
      name: MACHINE_POOL_KIND.toLowerCase(),
      reconciler: new MachinePoolReconciler(context),
      concurrency,
      sources: [
        watchResource(kinds.machinePools, enqueueObject),
        watchResource(
          core.machinePools,
          enqueueMapped((pool) =>
            referenced(pool, pool.spec?.template?.spec?.infrastructureRef, MACHINE_POOL_KIND)
          ),
        ),
        watchResource(
          kinds.machines,
          enqueueMapped((machine) => {
            const owner = ownerOfKind(machine, INFRASTRUCTURE_GROUP, MACHINE_POOL_KIND);
            const { namespace = "" } = machine.metadata;
            return owner === undefined ? [] : [{ namespace, name: owner.name }];
          }),
        ),
        watchResource(
          core.clusters,
          enqueueMapped(({ metadata }) =>
            [...informer.list(metadata.namespace)].filter((pool) =>
              pool.metadata.labels?.[CLUSTER_NAME_LABEL] === metadata.name
            ).map(requestFor)
          ),
          clusterMatters,
        ),
      ],
    }),
  );
}

/** What a reference names, when it names an infrastructure object of that kind. */
function referenced(
  object: KubeObject,
  ref: { apiGroup?: string; apiVersion?: string; kind?: string; name?: string } | undefined,
  kind: string,
): Request[] {
  if (ref?.name === undefined || ref.kind !== kind) return [];
  const group = ref.apiGroup ?? parseApiVersion(ref.apiVersion ?? "").group;
  if (group !== INFRASTRUCTURE_GROUP) return [];
  return [{ namespace: object.metadata.namespace ?? "", name: ref.name }];
}

/** Finds the infrastructure machines of a Cluster in the cache. */
function machinesByCluster(
  manager: Manager,
  kinds: InfrastructureKinds,
): (namespace: string | undefined, cluster: string | undefined) => Request[] {
  const informer = manager.cache.informer(kinds.machines);
  const index = "cluster";
  informer.addIndex(index, ({ metadata }) => {
    const cluster = metadata.labels?.[CLUSTER_NAME_LABEL];
    return cluster === undefined ? [] : [`${metadata.namespace}/${cluster}`];
  });
  return (namespace, cluster) =>
    cluster === undefined ? [] : informer.byIndex(index, `${namespace}/${cluster}`).map(requestFor);
}
