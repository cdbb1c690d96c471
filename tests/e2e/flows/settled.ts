// Whether a cluster is, inside and outside, what was asked for: the state that
// every flow must end in.

import type { KubeObject } from "../../../runtime/object.ts";
import type { ManagedCluster } from "./cluster.ts";
import { CORE } from "./places.ts";
import type { Finding } from "./waiting.ts";

/** What is missing, if anything: of the control plane, the workers, the Cluster, the Nodes. */
export async function settled(cluster: ManagedCluster): Promise<Finding> {
  return controlPlane(cluster, await cluster.controlPlane()) ??
    workers(cluster, await cluster.machineDeployment()) ??
    machines(cluster, await cluster.machines()) ??
    truths(await cluster.cluster(), CLUSTER_CONDITIONS) ??
    await inside(cluster);
}

const CLUSTER_CONDITIONS = [
  "Available",
  "InfrastructureReady",
  "ControlPlaneInitialized",
  "ControlPlaneAvailable",
  "WorkersAvailable",
  "RemoteConnectionProbe",
];
const CONTROL_PLANE_CONDITIONS = [
  "Available",
  "EtcdClusterHealthy",
  "ControlPlaneComponentsHealthy",
  "MachinesReady",
  "MachinesUpToDate",
  "CertificatesAvailable",
];
const CONTROL_PLANE_MACHINE_CONDITIONS = [
  "EtcdMemberHealthy",
  "EtcdPodHealthy",
  "APIServerPodHealthy",
  "ControllerManagerPodHealthy",
  "SchedulerPodHealthy",
];
const MACHINE_CONDITIONS = [
  "Ready",
  "Available",
  "NodeHealthy",
  "NodeReady",
  "InfrastructureReady",
];

/** Conditions of today's form, wherever the version of the object has them. */
export function conditionsOf({ status }: KubeObject): Record<string, string>[] {
  return status?.v1beta2?.conditions ??
    (status?.conditions ?? []).filter(({ reason }: { reason?: string }) => reason !== undefined);
}

/** Which of the conditions are not True. */
export function truths(object: KubeObject, types: readonly string[]): Finding {
  const conditions = conditionsOf(object);
  const wrong = types.map((type) => {
    const found = conditions.find((condition) => condition["type"] === type);
    if (found?.["status"] === "True") return "";
    return `${type}=${found?.["status"]} ${found?.["reason"] ?? ""}: ${found?.["message"] ?? ""}`;
  }).filter((text) => text !== "");
  if (wrong.length === 0) return undefined;
  return `${object.kind} ${object.metadata.name}: ${wrong.join("; ").replaceAll("\n", " ")}`;
}

function controlPlane(cluster: ManagedCluster, object: KubeObject): Finding {
  return counts(object, cluster.shape.controlPlane) ?? truths(object, CONTROL_PLANE_CONDITIONS);
}

function workers(cluster: ManagedCluster, object: KubeObject): Finding {
  return counts(object, cluster.shape.workers) ??
    truths(object, ["Available", "MachinesReady", "MachinesUpToDate"]);
}

function counts({ kind, metadata, spec, status = {} }: KubeObject, wanted: number): Finding {
  if (spec.replicas !== wanted) return `${kind}: asked for ${spec.replicas} instead of ${wanted}`;
  if (status.observedGeneration !== metadata.generation) return `${kind}: not yet looked at`;
  const newer = status.v1beta2 ?? status;
  const seen = {
    replicas: status.replicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: newer.availableReplicas ?? 0,
    upToDate: newer.upToDateReplicas ?? 0,
  };
  return Object.values(seen).every((count) => count === wanted)
    ? undefined
    : `${kind}: ${JSON.stringify(seen)} instead of ${wanted}`;
}

function machines(cluster: ManagedCluster, objects: readonly KubeObject[]): Finding {
  const { controlPlane, workers, version } = cluster.shape;
  if (objects.length !== controlPlane + workers) return `There are ${objects.length} Machines`;
  for (const machine of objects) {
    const { spec, status, metadata } = machine;
    if (spec.version !== version) return `Machine ${metadata.name} is of ${spec.version}`;
    if (status?.phase !== "Running") return `Machine ${metadata.name} is ${status?.phase}`;
    const first = metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined;
    const finding = truths(machine, [
      ...MACHINE_CONDITIONS,
      ...(first ? CONTROL_PLANE_MACHINE_CONDITIONS : []),
    ]);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

/** One Node for each Machine and no other, each of the version and ready, with its heartbeat and its pods. */
async function inside(cluster: ManagedCluster): Promise<Finding> {
  using workload = await cluster.workload();
  const nodes = await workload.list(CORE.nodes);
  const machines = await cluster.machines();
  const wanted = machines.map(({ status }) => String(status.nodeRef?.name)).sort();
  const found = nodes.map(({ metadata }) => String(metadata.name)).sort();
  if (wanted.join() !== found.join()) return `Nodes ${found} instead of ${wanted}`;
  for (const { metadata, status } of nodes) {
    const { version } = cluster.shape;
    const { kubeletVersion } = status.nodeInfo;
    if (kubeletVersion !== version) return `Node ${metadata.name} is of ${kubeletVersion}`;
    const ready = status.conditions.find(({ type }: { type: string }) => type === "Ready");
    if (ready?.status !== "True") return `Node ${metadata.name} is not ready`;
  }
  const leases = await workload.list(CORE.leases, { namespace: "kube-node-lease" });
  const beating = leases.map(({ metadata }) => String(metadata.name)).sort();
  if (beating.join() !== found.join()) return `Leases ${beating} instead of ${found}`;
  return await components(cluster, nodes);
}

async function components(cluster: ManagedCluster, nodes: readonly KubeObject[]): Promise<Finding> {
  using workload = await cluster.workload();
  const pods = await workload.list(CORE.pods, { namespace: "kube-system" });
  const found = pods.map(({ metadata }) => String(metadata.name));
  const first = nodes.filter(({ metadata }) =>
    metadata.labels?.["node-role.kubernetes.io/control-plane"] !== undefined
  );
  const names = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];
  const wanted = first.flatMap(({ metadata }) => names.map((name) => `${name}-${metadata.name}`));
  const absent = wanted.filter((name) => !found.includes(name));
  if (absent.length > 0) return `No pods ${absent}`;
  const isStatic = (name: string) => names.some((component) => name.startsWith(`${component}-`));
  const left = found.filter((name) => isStatic(name) && !wanted.includes(name));
  return left.length > 0 ? `Pods ${left} are of no Node` : undefined;
}
