// Whether a cluster is, inside and outside, what was asked for: the state that
// every flow must end in.

import type { KubeObject } from "../../../runtime/object.ts";
import type { ManagedCluster } from "./cluster.ts";
import { CORE } from "./places.ts";
import type { Finding } from "./waiting.ts";

/** What is missing, if anything: of the control plane, the workers, the Cluster, the Nodes. */
export async function settled(cluster: ManagedCluster): Promise<Finding> {
  const { context: { settings }, moved } = cluster;
  const expected = moved && settings.clusterApi === "1.9" ? MOVED_BY_1_9 : USUAL;
  const { controlPlane, workers } = cluster.shape;
  return replicas(await cluster.controlPlane(), controlPlane, expected, expected.controlPlane) ??
    replicas(await cluster.machineDeployment(), workers, expected, expected.workers) ??
    (cluster.shape.pool === undefined ? undefined : await pool(cluster, expected)) ??
    machines(cluster, await cluster.machines(), expected) ??
    truths(await cluster.cluster(), expected.cluster) ??
    await inside(cluster);
}

/** What must hold of a cluster's objects. */
interface Expectation {
  readonly cluster: readonly string[];
  readonly controlPlane: readonly string[];
  readonly workers: readonly string[];
  readonly machine: readonly string[];
  /** How many replicas are available, where that can be told. */
  available(object: KubeObject): number | undefined;
}

const USUAL: Expectation = {
  cluster: [
    "Available",
    "InfrastructureReady",
    "ControlPlaneInitialized",
    "ControlPlaneAvailable",
    "WorkersAvailable",
    "RemoteConnectionProbe",
  ],
  controlPlane: [
    "Available",
    "EtcdClusterHealthy",
    "ControlPlaneComponentsHealthy",
    "MachinesReady",
    "MachinesUpToDate",
    "CertificatesAvailable",
  ],
  workers: ["Available", "MachinesReady", "MachinesUpToDate"],
  machine: ["Ready", "Available", "NodeHealthy", "NodeReady", "InfrastructureReady"],
  available: ({ status = {} }) => (status.v1beta2 ?? status).availableReplicas ?? 0,
};

/**
 * Of a cluster that was moved, Cluster API 1.9 does not say again that the certificates of its KubeadmConfigs are
 * available: their readiness stays unknown, and with it that of the Machines and of all that counts ready Machines.
 * The counts of MachineDeployments that are older than these conditions are right.
 */
const MOVED_BY_1_9: Expectation = {
  cluster: without(USUAL.cluster, "Available", "WorkersAvailable"),
  controlPlane: without(USUAL.controlPlane, "MachinesReady"),
  workers: ["MachinesUpToDate"],
  machine: without(USUAL.machine, "Ready", "Available"),
  available: ({ kind, status = {} }) =>
    kind === "KubeadmControlPlane" ? undefined : status.availableReplicas ?? 0,
};

function without(types: readonly string[], ...left: string[]): readonly string[] {
  return types.filter((type) => !left.includes(type));
}

const CONTROL_PLANE_MACHINE_CONDITIONS = [
  "EtcdMemberHealthy",
  "EtcdPodHealthy",
  "APIServerPodHealthy",
  "ControllerManagerPodHealthy",
  "SchedulerPodHealthy",
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

function replicas(
  object: KubeObject,
  wanted: number,
  expected: Expectation,
  conditions: readonly string[],
): Finding {
  return counts(object, wanted, expected) ?? truths(object, conditions);
}

function counts(object: KubeObject, wanted: number, { available }: Expectation): Finding {
  const { kind, metadata, spec, status = {} } = object;
  if (spec.replicas !== wanted) return `${kind}: asked for ${spec.replicas} instead of ${wanted}`;
  if (status.observedGeneration !== metadata.generation) return `${kind}: not yet looked at`;
  const newer = status.v1beta2 ?? status;
  const seen = {
    replicas: status.replicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: available(object) ?? wanted,
    upToDate: newer.upToDateReplicas ?? 0,
  };
  return Object.values(seen).every((count) => count === wanted)
    ? undefined
    : `${kind}: ${JSON.stringify(seen)} instead of ${wanted}`;
}

/** A MachinePool has its counts, the Nodes of its Machines, and what its infrastructure says. */
async function pool(cluster: ManagedCluster, expected: Expectation): Promise<Finding> {
  const { pool: wanted = 0, version } = cluster.shape;
  const object = await cluster.machinePool();
  const finding = counts(object, wanted, expected);
  if (finding !== undefined) return finding;
  const { spec, status } = object;
  if (spec.template.spec.version !== version) return "MachinePool: of another version";
  if (status.phase !== "Running") return `MachinePool: it is ${status.phase}`;
  const members = await cluster.machines("pool");
  const nodes = sorted(members.map(({ status }) => status?.nodeRef?.name));
  const refs = sorted((status.nodeRefs ?? []).map(({ name }: { name: string }) => name));
  if (nodes !== refs) return `MachinePool: its Nodes are ${refs} instead of ${nodes}`;
  const infrastructure = await cluster.infraMachinePool();
  const provided = sorted(infrastructure["spec"].providerIDList ?? []);
  const ids = sorted(members.map(({ spec }) => spec.providerID));
  const told = sorted(spec.providerIDList ?? []);
  if (told !== ids || provided !== ids) {
    return `providerIDList is ${provided} and ${told} instead of ${ids}`;
  }
  return truths(infrastructure, ["Ready"]);
}

function sorted(values: readonly unknown[]): string {
  return values.map(String).sort().join();
}

function machines(
  cluster: ManagedCluster,
  objects: readonly KubeObject[],
  expected: Expectation,
): Finding {
  const { controlPlane, workers, pool = 0, version } = cluster.shape;
  if (objects.length !== controlPlane + workers + pool) {
    return `There are ${objects.length} Machines`;
  }
  for (const machine of objects) {
    const { spec, status, metadata } = machine;
    if (spec.version !== version) return `Machine ${metadata.name} is of ${spec.version}`;
    if (status?.phase !== "Running") return `Machine ${metadata.name} is ${status?.phase}`;
    const first = metadata.labels?.["cluster.x-k8s.io/control-plane"] !== undefined;
    const finding = truths(machine, [
      ...expected.machine,
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
