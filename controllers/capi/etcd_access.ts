// How the control plane controller sees the etcd of a workload cluster: its
// members, its leader, and the two changes it makes to them. Not an etcd
// client: in process the cluster's host answers, over the wire a client
// behind a port-forward would. Source: what KubeadmControlPlane asks of etcd.

import type { ObjectKey } from "../../runtime/client.ts";

/** One member as etcd lists it. */
export interface EtcdMember {
  /** The member's id in hexadecimal, as etcdctl prints it. */
  readonly id: string;
  /** The name of its node; empty until a new member has started. */
  readonly name: string;
  /** Whether it has no vote yet. */
  readonly learner: boolean;
  /** Active alarms of this member, such as `NOSPACE`. */
  readonly alarms: readonly string[];
}

/** What one member of an etcd says of the whole. */
export interface EtcdView {
  /** All members. */
  readonly members: readonly EtcdMember[];
  /** The id of the leader; absent during an election. */
  readonly leader?: string;
}

/** The etcds of workload clusters. Every method throws when no named node's member answers. */
export interface EtcdAccess {
  /** Asks the first of the nodes whose member answers. */
  view(cluster: ObjectKey, nodes: readonly string[]): Promise<EtcdView>;
  /** Removes the member with this id, asking one of the nodes to do so. */
  removeMember(
    cluster: ObjectKey,
    nodes: readonly string[],
    id: string,
  ): Promise<void>;
  /** Makes the member with this id the leader. */
  moveLeader(
    cluster: ObjectKey,
    nodes: readonly string[],
    id: string,
  ): Promise<void>;
}
