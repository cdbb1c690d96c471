// The record of a fake etcd's members: annotations of the etcd pods in the
// workload cluster. It survives whatever runs the members, and the etcd
// endpoint reads it too. Source: the in-memory provider's etcd annotations;
// a cluster that has lost its leader elects another, which upstream does not.

import { type Clock, rfc3339Micro } from "../../runtime/clock.ts";
import type { Client } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { fnv64a } from "../../runtime/label_value.ts";
import type { EtcdMemberSpec } from "./host.ts";
import { SYSTEM_NAMESPACE } from "./workload/object_forms.ts";
import { WORKLOAD } from "./workload/resources.ts";

const PREFIX = "etcd.inmemory.infrastructure.cluster.x-k8s.io";
/** Annotation: the etcd cluster's id, decimal. */
export const ETCD_CLUSTER_ID = `${PREFIX}/cluster-id`;
/** Annotation: the member's id, decimal. */
export const ETCD_MEMBER_ID = `${PREFIX}/member-id`;
/** Annotation: since when the member leads; the newest counts. */
export const ETCD_LEADER_FROM = `${PREFIX}/leader-from`;
/** Annotation, empty: the member was removed from the cluster. */
export const ETCD_MEMBER_REMOVED = `${PREFIX}/member-removed`;

/** Reads and writes the record of one workload cluster. */
export class EtcdRecord {
  readonly #workload: Client;
  readonly #clock: Clock;

  /** Of the cluster behind `workload`. */
  constructor(workload: Client, clock: Clock) {
    this.#workload = workload;
    this.#clock = clock;
  }

  /**
   * The annotations of a member to be, with ids that no other member has. They follow from the names of the
   * Cluster and the machine, which outlive whatever remembers the pods, also in another management cluster.
   */
  async newMember(clusterName: string, machine: string): Promise<Record<string, string>> {
    const pods = await this.#pods();
    const taken = new Set(pods.map((pod) => annotation(pod, ETCD_MEMBER_ID)));
    let id = fnv64a(`member ${clusterName}/${machine}`);
    while (id === 0n || taken.has(String(id))) id = BigInt.asUintN(64, id + 1n);
    const cluster =
      pods.map((pod) => annotation(pod, ETCD_CLUSTER_ID)).find((one) => one !== undefined) ??
        String(fnv64a(`cluster ${clusterName}`) || 1n);
    return { [ETCD_CLUSTER_ID]: cluster, [ETCD_MEMBER_ID]: String(id) };
  }

  /** The member of an etcd pod; `undefined` once it was removed. */
  memberOf(pod: KubeObject, machine: string): EtcdMemberSpec | undefined {
    const clusterId = annotation(pod, ETCD_CLUSTER_ID);
    const memberId = annotation(pod, ETCD_MEMBER_ID);
    if (clusterId === undefined || memberId === undefined || isRemoved(pod)) return undefined;
    return { machine, clusterId, memberId };
  }

  /** Makes the oldest member the leader when there is none. */
  async ensureLeader(): Promise<void> {
    const members = await this.members();
    const first = members.sort(byAge)[0];
    if (first === undefined) return;
    if (members.some((pod) => annotation(pod, ETCD_LEADER_FROM) !== undefined)) return;
    await this.#workload.patch(
      WORKLOAD.pods,
      {
        namespace: SYSTEM_NAMESPACE,
        name: first.metadata.name ?? "",
      },
      "merge",
      {
        metadata: { annotations: { [ETCD_LEADER_FROM]: rfc3339Micro(this.#clock.now()) } },
      },
    );
  }

  /** The pods of the members that have not been removed. */
  async members(): Promise<KubeObject[]> {
    return (await this.#pods()).filter((pod) =>
      !isRemoved(pod) && annotation(pod, ETCD_MEMBER_ID) !== undefined
    );
  }

  async #pods(): Promise<KubeObject[]> {
    const { items } = await this.#workload.list(WORKLOAD.pods, {
      namespace: SYSTEM_NAMESPACE,
      labels: "component=etcd,tier=control-plane",
    });
    return [...items];
  }
}

function annotation(pod: KubeObject, key: string): string | undefined {
  return pod.metadata.annotations?.[key];
}

function isRemoved(pod: KubeObject): boolean {
  return annotation(pod, ETCD_MEMBER_REMOVED) !== undefined;
}

function byAge(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a.metadata, b.metadata];
  return (left.creationTimestamp ?? "").localeCompare(right.creationTimestamp ?? "") ||
    (left.name ?? "").localeCompare(right.name ?? "");
}
