// The Node of a Machine: finding it by its identity, and keeping the
// labels, annotations and taints on it that come from the Machine. Source:
// Cluster API's Machine controller, noderef.

import { clone, equal, type JsonObject, type KubeObject } from "../../../runtime/object.ts";
import { controllerOf } from "../../../runtime/owner.ts";
import { mergeDiff } from "../../../runtime/reconcile/merge_diff.ts";
import { CLUSTER_NAME_LABEL, RESOURCES } from "../kubeadm/names.ts";
import type { CoreContext } from "./core_context.ts";
import type { MachineScope } from "./machine_scope.ts";
import {
  INTERRUPTIBLE_LABEL,
  OUTDATED_REVISION_TAINT,
  REVISION,
  UNINITIALIZED_TAINT,
} from "./names.ts";
import type { ClusterNodes, WorkloadNodes } from "./workload_nodes.ts";

const LABELS_FROM_MACHINE = "cluster.x-k8s.io/labels-from-machine";
const ANNOTATIONS_FROM_MACHINE = "cluster.x-k8s.io/annotations-from-machine";

/** Finds the Node and brings it in line. */
export async function reconcileNode(
  context: CoreContext,
  workloads: WorkloadNodes,
  scope: MachineScope,
): Promise<void> {
  const { machine } = scope;
  const providerID: string | undefined = machine.spec?.providerID;
  if (!scope.controlPlaneInitialized) return;
  try {
    scope.nodes = await workloads.of(scope.namespace, scope.clusterName);
  } catch (error) {
    scope.node = { disconnected: true };
    context.logger.debug("Nodes cannot be read", { machine: scope.name, error });
    return;
  }
  if (scope.nodes === undefined) {
    scope.node = { disconnected: true };
    return;
  }
  if (providerID === undefined) return;
  let node: KubeObject | undefined;
  try {
    node = findNode(scope.nodes, machine, providerID);
  } catch (error) {
    scope.node = { failed: true };
    throw error;
  }
  if (node === undefined) return;
  scope.node = { node };
  if (machine.status?.nodeRef === undefined) {
    machine.status ??= {};
    machine.status.nodeRef = { name: node.metadata.name };
    context.events.event(
      machine,
      "Normal",
      "SuccessfulSetNodeRef",
      node.metadata.name ?? "",
    );
  }
  if (node.status?.nodeInfo !== undefined) machine.status.nodeInfo = node.status.nodeInfo;
  if (!scope.isDeleting) await patchNode(scope, scope.nodes, node);
}

function findNode(
  nodes: ClusterNodes,
  machine: KubeObject,
  providerID: string,
): KubeObject | undefined {
  const name: string | undefined = machine.status?.nodeRef?.name;
  if (name !== undefined) return nodes.byName(name);
  const found = nodes.byProviderID(providerID);
  if (found.length > 1) {
    const names = found.map(({ metadata }) => metadata.name).join(", ");
    throw new Error(`more than one Node has provider ID "${providerID}": ${names}`);
  }
  return found[0];
}

async function patchNode(
  scope: MachineScope,
  nodes: ClusterNodes,
  node: KubeObject,
): Promise<void> {
  const after = clone(node);
  syncLabels(after, scope);
  syncAnnotations(after, scope.machine);
  syncBackReference(after, scope);
  syncTaints(after, scope);
  const patch = mergeDiff(node as unknown as JsonObject, after as unknown as JsonObject);
  if (patch === undefined) return;
  const metadata = (patch.metadata ??= {}) as JsonObject;
  // Taints are one list: a stale copy must not undo what others did to it.
  metadata.resourceVersion = node.metadata.resourceVersion;
  const name = node.metadata.name ?? "";
  const updated = await nodes.client.patch(RESOURCES.nodes, { name }, "strategic", patch);
  scope.node = { node: updated };
}

function domainOf(key: string): string {
  const slash = key.indexOf("/");
  return slash < 0 ? "" : key.slice(0, slash);
}

function within(domain: string, ...parents: string[]): boolean {
  return parents.some((parent) => domain === parent || domain.endsWith(`.${parent}`));
}

/** Whether a label of a Machine belongs on its Node. */
function isNodeLabel(key: string): boolean {
  const domain = domainOf(key);
  return domain === "node-role.kubernetes.io" ||
    within(domain, "node-restriction.kubernetes.io", "node.cluster.x-k8s.io");
}

/** Sets what is wanted and takes off what was once ours and is wanted no more. */
function syncKeys(
  node: KubeObject,
  member: "labels" | "annotations",
  wanted: Record<string, string>,
  tracking: string,
): void {
  const annotations = node.metadata.annotations ??= {};
  const target = node.metadata[member] ??= {};
  const tracked = annotations[tracking]?.split(",").filter((key) => key !== "") ?? [];
  for (const key of tracked) if (wanted[key] === undefined) delete target[key];
  for (const [key, value] of Object.entries(wanted)) target[key] = value;
  annotations[tracking] = Object.keys(wanted).sort().join(",");
}

function pick(
  from: Record<string, string> | undefined,
  keep: (key: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(from ?? {}).filter(([key]) => keep(key)));
}

function syncLabels(node: KubeObject, { machine, infrastructure }: MachineScope): void {
  syncKeys(node, "labels", pick(machine.metadata.labels, isNodeLabel), LABELS_FROM_MACHINE);
  if (infrastructure.external?.object.status?.interruptible === true) {
    (node.metadata.labels ??= {})[INTERRUPTIBLE_LABEL] = "";
  }
}

function syncAnnotations(node: KubeObject, machine: KubeObject): void {
  const wanted = pick(
    machine.metadata.annotations,
    (key) => domainOf(key) === "node.cluster.x-k8s.io",
  );
  syncKeys(node, "annotations", wanted, ANNOTATIONS_FROM_MACHINE);
}

function syncBackReference(node: KubeObject, { machine, clusterName, namespace }: MachineScope) {
  const owner = controllerOf(machine);
  Object.assign(node.metadata.annotations ??= {}, {
    [CLUSTER_NAME_LABEL]: clusterName,
    "cluster.x-k8s.io/cluster-namespace": namespace,
    "cluster.x-k8s.io/machine": machine.metadata.name ?? "",
    ...(owner === undefined ? {} : {
      "cluster.x-k8s.io/owner-kind": owner.kind,
      "cluster.x-k8s.io/owner-name": owner.name,
    }),
  });
}

interface Taint extends JsonObject {
  key: string;
  effect: string;
}

function syncTaints(node: KubeObject, scope: MachineScope): void {
  const before: Taint[] = node.spec?.taints ?? [];
  let taints = before.filter(({ key }) => key !== UNINITIALIZED_TAINT);
  const outdated = isOutdatedRevision(scope);
  const has = taints.some(({ key }) => key === OUTDATED_REVISION_TAINT);
  if (outdated && !has) {
    taints = [...taints, { key: OUTDATED_REVISION_TAINT, effect: "PreferNoSchedule" }];
  } else if (outdated === false && has) {
    taints = taints.filter(({ key }) => key !== OUTDATED_REVISION_TAINT);
  }
  if (equal(before, taints)) return;
  node.spec ??= {};
  if (taints.length === 0) delete node.spec.taints;
  else node.spec.taints = taints;
}

/** Whether the Machine's MachineSet is older than its MachineDeployment; `undefined` when neither is known. */
function isOutdatedRevision({ machineSet, machineDeployment }: MachineScope): boolean | undefined {
  const revision = (object: KubeObject | undefined) =>
    Number(object?.metadata.annotations?.[REVISION] ?? NaN);
  const [set, deployment] = [revision(machineSet), revision(machineDeployment)];
  return Number.isNaN(set) || Number.isNaN(deployment) ? undefined : set < deployment;
}
