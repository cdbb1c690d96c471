// The etcds of hosted clusters as the control plane controller sees them:
// read from and written to the record that the etcd pods carry. No sockets.

import { type Clock, rfc3339Micro } from "../../runtime/clock.ts";
import type { Client, ObjectKey } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { EtcdAccess, EtcdMember, EtcdView } from "../capi/etcd_access.ts";
import {
  ETCD_LEADER_FROM,
  ETCD_MEMBER_ID,
  ETCD_MEMBER_REMOVED,
  EtcdRecord,
} from "./etcd_record.ts";
import type { WorkloadHost } from "./host.ts";
import { SYSTEM_NAMESPACE } from "./workload/object_forms.ts";
import { WORKLOAD } from "./workload/resources.ts";

/** Access in process to the etcds of a host. */
export class HostEtcdAccess implements EtcdAccess {
  readonly #host: WorkloadHost;
  readonly #clock: Clock;

  /** `clock` dates elections. */
  constructor(host: WorkloadHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** The members, and the one that was made leader last. */
  async view(cluster: ObjectKey, nodes: readonly string[]): Promise<EtcdView> {
    const members = await this.#answering(cluster, nodes);
    const leader = [...members].sort((a, b) => leaderFrom(b).localeCompare(leaderFrom(a)))[0];
    return {
      members: members.map((pod): EtcdMember => ({
        id: idOf(pod),
        name: nodeOf(pod),
        learner: false,
        alarms: [],
      })),
      ...(leader === undefined || leaderFrom(leader) === "" ? {} : { leader: idOf(leader) }),
    };
  }

  /** Marks the member as removed and stops it. */
  async removeMember(cluster: ObjectKey, nodes: readonly string[], id: string): Promise<void> {
    const pod = await this.#member(cluster, nodes, id);
    await this.#annotate(cluster, pod, { [ETCD_MEMBER_REMOVED]: "" });
    await this.#host.removeEtcdMember(hostName(cluster), nodeOf(pod));
    await this.#record(cluster).ensureLeader();
  }

  /** Makes the member the leader. */
  async moveLeader(cluster: ObjectKey, nodes: readonly string[], id: string): Promise<void> {
    const pod = await this.#member(cluster, nodes, id);
    await this.#annotate(cluster, pod, { [ETCD_LEADER_FROM]: rfc3339Micro(this.#clock.now()) });
  }

  #client(cluster: ObjectKey): Client {
    const name = hostName(cluster);
    const client = this.#host.isServing(name) ? this.#host.client(name) : undefined;
    if (client === undefined) throw new Error(`cluster "${name}" cannot be reached`);
    return client;
  }

  #record(cluster: ObjectKey): EtcdRecord {
    return new EtcdRecord(this.#client(cluster), this.#clock);
  }

  /** The members, as long as one of the nodes runs one. */
  async #answering(cluster: ObjectKey, nodes: readonly string[]): Promise<KubeObject[]> {
    const members = await this.#record(cluster).members();
    if (!members.some((pod) => nodes.includes(nodeOf(pod)))) {
      throw new Error(`no etcd member answers on nodes ${nodes.join(", ")}`);
    }
    return members;
  }

  async #member(cluster: ObjectKey, nodes: readonly string[], id: string): Promise<KubeObject> {
    const found = (await this.#answering(cluster, nodes)).find((pod) => idOf(pod) === id);
    if (found === undefined) throw new Error(`etcd member ${id} does not exist`);
    return found;
  }

  async #annotate(
    cluster: ObjectKey,
    { metadata: { name = "" } }: KubeObject,
    annotations: Record<string, string>,
  ): Promise<void> {
    const key = { namespace: SYSTEM_NAMESPACE, name };
    await this.#client(cluster).patch(WORKLOAD.pods, key, "merge", { metadata: { annotations } });
  }
}

function hostName({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

function idOf({ metadata }: KubeObject): string {
  return BigInt(metadata.annotations?.[ETCD_MEMBER_ID] ?? "0").toString(16);
}

function leaderFrom({ metadata }: KubeObject): string {
  return metadata.annotations?.[ETCD_LEADER_FROM] ?? "";
}

function nodeOf({ metadata }: KubeObject): string {
  return (metadata.name ?? "").replace(/^etcd-/, "");
}
