// The Node of a machine in its workload cluster, with the Lease that a
// kubelet would renew. The kubelet version follows the Machine's version.
// Source: what a kubelet registers.

import { rfc3339, rfc3339Micro } from "../../../runtime/clock.ts";
import type { Client } from "../../../runtime/client.ts";
import { labelValueOf } from "../../../runtime/label_value.ts";
import type { JsonObject, KubeObject } from "../../../runtime/object.ts";
import { ownerReference } from "../../../runtime/owner.ts";
import { CONTROL_PLANE_NODE_ROLE, fnv32a } from "../../capi/kubeadm/names.ts";
import { ensureDeleted, ensureObject } from "./ensure.ts";
import { WORKLOAD } from "./resources.ts";

/** What a Node is made of. */
export interface NodeFacts {
  readonly name: string;
  readonly controlPlane: boolean;
  /** Such as `v1.36.0`; empty when the Machine names none. */
  readonly version: string;
  readonly uid: string;
  /** The machine's identity; absent: {@linkcode providerIDOf} its name. */
  readonly providerID?: string;
  /** Where its machine is, if that is known. */
  readonly failureDomain?: string;
}

/** The provider's identity of a machine. */
export function providerIDOf(machine: string): string {
  return `in-memory://${machine}`;
}

/** An address for a machine, the same each time, out of 172.18.0.0/16. */
export function addressOf(machine: string): string {
  const hash = fnv32a(machine);
  return `172.18.${(hash >>> 8) & 0xff}.${1 + (hash & 0xff) % 254}`;
}

/** What every Node offers. */
export const NODE_CAPACITY: Readonly<Record<string, string>> = {
  cpu: "8",
  memory: "16Gi",
  "ephemeral-storage": "100Gi",
  pods: "110",
};
/** The architecture of every Node. */
export const NODE_ARCHITECTURE = "amd64";
/** The operating system of every Node. */
export const NODE_OPERATING_SYSTEM = "linux";

/** Where the Leases of Nodes are. */
export const LEASE_NAMESPACE = "kube-node-lease";

const LEASE_SECONDS = 40;
const PRESSURES: readonly [string, string, string][] = [
  ["MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  ["DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  ["PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
];
const READY: [string, string, string] = [
  "Ready",
  "KubeletReady",
  "kubelet is posting ready status",
];

/** Makes sure that the Node and its Lease are there and of the right version. */
export async function ensureNode(
  client: Client,
  facts: NodeFacts,
  now_ms: number,
): Promise<KubeObject> {
  const node = await ensureObject(client, WORKLOAD.nodes, newNode(facts, now_ms));
  await ensureObject(client, WORKLOAD.leases, newLease(node, now_ms));
  const info = node.status?.nodeInfo ?? {};
  if (facts.version === "" || info.kubeletVersion === facts.version) return node;
  return await client.patch(WORKLOAD.nodes, { name: facts.name }, "merge", {
    status: { nodeInfo: { ...info, kubeletVersion: facts.version } },
  }, { subresource: "status" });
}

/** Takes the Node and its Lease away. */
export async function deleteNode(client: Client, name: string): Promise<void> {
  await ensureDeleted(client, WORKLOAD.leases, { namespace: LEASE_NAMESPACE, name });
  await ensureDeleted(client, WORKLOAD.nodes, { name });
}

function newNode(facts: NodeFacts, now_ms: number): KubeObject {
  const { name, controlPlane, failureDomain } = facts;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        // Machines and failure domains may have names that label values cannot be.
        "kubernetes.io/hostname": labelValueOf(name),
        "kubernetes.io/os": "linux",
        ...(failureDomain === undefined
          ? {}
          : { "topology.kubernetes.io/zone": labelValueOf(failureDomain) }),
        ...(controlPlane
          ? {
            [CONTROL_PLANE_NODE_ROLE]: "",
            "node.kubernetes.io/exclude-from-external-load-balancers": "",
          }
          : {}),
      },
      annotations: {
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
      },
    },
    spec: {
      providerID: facts.providerID ?? providerIDOf(name),
      ...(controlPlane ? { taints: [{ key: CONTROL_PLANE_NODE_ROLE, effect: "NoSchedule" }] } : {}),
    },
    status: {
      addresses: [
        { type: "InternalIP", address: addressOf(name) },
        { type: "Hostname", address: name },
      ],
      capacity: { ...NODE_CAPACITY },
      allocatable: { ...NODE_CAPACITY },
      conditions: nodeConditions(now_ms),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: nodeInfo(facts),
    },
  };
}

/** The conditions of a Node that is well. */
export function nodeConditions(now_ms: number): JsonObject[] {
  const now = rfc3339(now_ms);
  return [...PRESSURES, READY].map(([type, reason, message]) => ({
    type,
    status: type === "Ready" ? "True" : "False",
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }));
}

function nodeInfo({ version, uid }: NodeFacts): JsonObject {
  return {
    architecture: NODE_ARCHITECTURE,
    bootID: uid,
    containerRuntimeVersion: "containerd://2.1.0",
    kernelVersion: "6.8.0",
    kubeProxyVersion: "",
    kubeletVersion: version,
    machineID: uid.replaceAll("-", ""),
    operatingSystem: NODE_OPERATING_SYSTEM,
    osImage: "Fake Linux",
    systemUUID: uid,
  };
}

/** The Lease of a Node, renewed now. */
export function newLease(node: KubeObject, now_ms: number): KubeObject {
  const name = node.metadata.name ?? "";
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      namespace: LEASE_NAMESPACE,
      name,
      ownerReferences: [ownerReference(node)],
    },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: rfc3339Micro(now_ms),
    },
  };
}
