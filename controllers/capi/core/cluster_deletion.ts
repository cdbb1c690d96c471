// Taking a Cluster apart: workers first, then the control plane, then the
// infrastructure, then the Cluster itself. Source: Cluster API's Cluster
// controller.

import type { ResourceRef } from "../../../runtime/client.ts";
import type { KubeObject } from "../../../runtime/object.ts";
import { removeFinalizer } from "../../../runtime/owner.ts";
import { isNotFound } from "../kubeadm/reads.ts";
import { type ClusterScope, isOwnedByCluster } from "./cluster_scope.ts";
import type { CoreContext, Outcome } from "./core_context.ts";
import type { ExternalObject } from "./external_objects.ts";
import { CLUSTER_FINALIZER, MACHINE_DEPLOYMENTS, MACHINE_SETS, MACHINES } from "./names.ts";

const CHILDREN_RETRY_MS = 5_000;
const NAMES_MAX = 10;

/** Takes the next step; `scope.deleting` says where deletion stands. */
export async function deleteCluster(
  context: CoreContext,
  scope: ClusterScope,
  outcome: Outcome,
): Promise<void> {
  const { cluster } = scope;
  const children = childrenOf(scope);
  if (children.length > 0) {
    for (const [ref, object] of children) await deleteObject(context, ref, object);
    const controlPlane = cluster.spec?.controlPlaneRef === undefined;
    scope.deleting = {
      reason: "WaitingForWorkersDeletion",
      message: childrenMessage(children, controlPlane),
    };
    outcome.requeue(CHILDREN_RETRY_MS);
    return;
  }
  if (await stillThere(context, scope.controlPlane.external)) {
    scope.deleting = {
      reason: "WaitingForControlPlaneDeletion",
      message: `${cluster.spec?.controlPlaneRef?.kind} deletion in progress`,
    };
    return;
  }
  if (await stillThere(context, scope.infrastructure.external)) {
    scope.deleting = {
      reason: "WaitingForInfrastructureDeletion",
      message: `${cluster.spec?.infrastructureRef?.kind} deletion in progress`,
    };
    return;
  }
  scope.deleting = { reason: "DeletionCompleted", message: "Deletion completed" };
  if (removeFinalizer(cluster, CLUSTER_FINALIZER)) {
    context.events.event(cluster, "Normal", "Deleted", `Cluster ${scope.name} has been deleted`);
  }
}

/** Objects owned by the Cluster that go before its control plane. */
function childrenOf(scope: ClusterScope): [ResourceRef, KubeObject][] {
  const { cluster, descendants } = scope;
  if (descendants === undefined) return [];
  const withControlPlane = cluster.spec?.controlPlaneRef === undefined;
  const owned = (objects: readonly KubeObject[]) =>
    objects.filter((object) => isOwnedByCluster(object, cluster));
  const workers = owned(scope.workerMachines);
  const controlPlane = withControlPlane ? owned(scope.controlPlaneMachines) : [];
  return [
    ...owned(descendants.deployments).map((one): [ResourceRef, KubeObject] => [
      MACHINE_DEPLOYMENTS,
      one,
    ]),
    ...owned(descendants.sets).map((one): [ResourceRef, KubeObject] => [MACHINE_SETS, one]),
    // Control plane machines wait for the workers.
    ...(workers.length > 0 ? workers : controlPlane).map((one): [ResourceRef, KubeObject] => [
      MACHINES,
      one,
    ]),
  ];
}

function childrenMessage(
  children: readonly [ResourceRef, KubeObject][],
  withControlPlane: boolean,
): string {
  const lines: string[] = [];
  const group = (title: string, objects: readonly KubeObject[]) => {
    if (objects.length === 0) return;
    const names = objects.map(({ metadata }) => metadata.name ?? "").sort();
    const more = names.length > NAMES_MAX ? `, ... (${names.length - NAMES_MAX} more)` : "";
    lines.push(`* ${title}: ${names.slice(0, NAMES_MAX).join(", ")}${more}`);
  };
  const of = (ref: ResourceRef) => children.filter(([one]) => one === ref).map(([, one]) => one);
  group("MachineDeployments", of(MACHINE_DEPLOYMENTS));
  group("MachineSets", of(MACHINE_SETS));
  group(withControlPlane ? "Machines" : "Worker Machines", of(MACHINES));
  return lines.join("\n");
}

async function deleteObject(
  { client }: CoreContext,
  ref: ResourceRef,
  { metadata }: KubeObject,
): Promise<void> {
  if (metadata.deletionTimestamp !== undefined) return;
  const { namespace = "", name = "" } = metadata;
  try {
    await client.delete(ref, { namespace, name });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Deletes an object; whether it is to be waited for. */
async function stillThere(
  context: CoreContext,
  external: ExternalObject | undefined,
): Promise<boolean> {
  if (external === undefined) return false;
  await deleteObject(context, external.resource, external.object);
  const { namespace = "", name = "" } = external.object.metadata;
  try {
    await context.client.get(external.resource, { namespace, name });
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return false;
  }
}
