// The MachineHealthCheck controller: what wakes its reconciler. Source:
// Cluster API's core manager.

import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { Controller } from "../../runtime/reconcile/controller.ts";
import { enqueueMapped, enqueueObject } from "../../runtime/reconcile/handlers.ts";
import type { Manager } from "../../runtime/reconcile/manager.ts";
import { changed } from "../../runtime/reconcile/predicates.ts";
import { watchResource } from "../../runtime/reconcile/sources.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { conditionsOf } from "./conditions.ts";
import type { CoreContext } from "./core/core_context.ts";
import { byCluster, byLabel, connections, nodes } from "./core/core_sources.ts";
import { CLUSTERS, MACHINE_HEALTH_CHECKS, MACHINES } from "./core/names.ts";
import type { WorkloadNodes } from "./core/workload_nodes.ts";
import { CLUSTER_NAME_LABEL } from "./kubeadm/names.ts";
import { MachineHealthCheckReconciler } from "./machine_health_check.ts";

/** Adds the controller to a manager. */
export function addMachineHealthCheck(
  manager: Manager,
  context: CoreContext,
  workloads: WorkloadNodes,
  concurrency = 10,
): void {
  const checks = manager.cache.informer(MACHINE_HEALTH_CHECKS);
  const machines = manager.cache.informer(MACHINES);
  const checksOf = (machine: KubeObject): Request[] =>
    byLabel(checks, machine.metadata.labels?.[CLUSTER_NAME_LABEL], machine).filter(
      ({ namespace, name }) => selects(checks.get(namespace, name), machine),
    );
  manager.add(
    new Controller({
      name: "machinehealthcheck",
      reconciler: new MachineHealthCheckReconciler(context, workloads),
      concurrency,
      sources: [
        watchResource(MACHINE_HEALTH_CHECKS, enqueueObject),
        watchResource(MACHINES, enqueueMapped(checksOf), machineMatters),
        watchResource(CLUSTERS, enqueueMapped(byCluster(checks)), clusterMatters),
        connections(
          context.access,
          ({ namespace, name }) => byLabel(checks, name, { metadata: { namespace } }),
        ),
        nodes(workloads, machines, checksOf, conditionsChanged),
      ],
    }),
  );
}

function selects(check: KubeObject | undefined, machine: KubeObject): boolean {
  return check !== undefined &&
    compileLabelSelector(check.spec?.selector ?? {}).matches(machine.metadata.labels);
}

/** Status, reason and time of conditions; heartbeats and messages are left aside. */
function told(object: KubeObject): unknown {
  return conditionsOf(object).map(({ type, status, reason, lastTransitionTime }) => [
    type,
    status,
    reason,
    lastTransitionTime,
  ]);
}

const conditionsChanged = changed(told);

const machineMatters = changed((machine) => [
  machine.metadata.labels,
  machine.metadata.annotations,
  machine.metadata.deletionTimestamp,
  machine.status?.nodeRef as JsonObject | undefined,
  told(machine),
]);

const clusterMatters = changed((cluster) => [
  cluster.spec?.paused,
  cluster.metadata.annotations,
  ...conditionsOf(cluster)
    .filter(({ type }) => type === "ControlPlaneInitialized" || type === "InfrastructureReady")
    .map(({ status }) => status),
]);
