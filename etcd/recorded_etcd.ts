// An etcd whose membership is recorded as annotations of its pods in the
// workload cluster: what happens to the members is written there, and what
// others write there happens to the members. So the record outlives the
// process, and whoever reads the pods sees what etcd clients see. Data is
// kept elsewhere, if at all. Source: the in-memory provider's etcd annotations.

import type { Client, ResourceRef } from "../runtime/client.ts";
import { type Clock, rfc3339Micro, sleep } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import type { KubeObject } from "../runtime/object.ts";
import type { Random } from "../runtime/random.ts";
import { StatusError } from "../runtime/status.ts";
import type { Buckets } from "../runtime/store/buckets.ts";
import { EtcdCluster } from "./etcd_cluster.ts";
import { EtcdJournal } from "./etcd_journal.ts";
import type { MembershipChange } from "./etcd_member.ts";
import { MemberServer, type MemberTls } from "./grpc_server.ts";
import type { CallObserver } from "./grpc_services.ts";
import { MemberApi } from "./member_api.ts";

const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const NAMESPACE = "kube-system";
const SELECTOR = "component=etcd,tier=control-plane";
const POD_PREFIX = "etcd-";
const RETRY_MS = 1_000;

/** What the annotations of the record begin with. */
export const ETCD_RECORD_PREFIX = "etcd.inmemory.infrastructure.cluster.x-k8s.io";

/** Options of a {@linkcode RecordedEtcd}. */
export interface RecordedEtcdOptions {
  /** The workload cluster. */
  readonly client: Client;
  /** Dates elections and times leases. */
  readonly clock: Clock;
  /** Draws ids. */
  readonly random: Random;
  /** Where trouble with the record is told. */
  readonly logger: Logger;
  /** Told of unary calls. */
  readonly observe?: CallObserver;
  /** Where data is kept that is to outlive the process. Default: nowhere. */
  readonly data?: Buckets;
}

/** Whether there is a record of a member on another node than that one, started again or not. */
export async function hasRecordedMembers(client: Client, without: string): Promise<boolean> {
  const { items } = await client.list(PODS, { namespace: NAMESPACE, labels: SELECTOR });
  return items.some((pod) =>
    nodeOf(pod) !== without && annotation(pod, "member-id") !== undefined &&
    annotation(pod, "member-removed") === undefined
  );
}

/** The etcd of one workload cluster. */
export class RecordedEtcd {
  /** Its state. */
  readonly cluster: EtcdCluster;
  readonly #options: RecordedEtcdOptions;
  readonly #servers = new Map<string, MemberServer>();
  readonly #stop = new AbortController();
  /** The record is being read: what changes now is in it already. */
  #reading = false;
  /** Since when each member leads, as recorded. */
  readonly #leaderFrom = new Map<bigint, string>();

  /** Begins to follow the record. `clusterId` is the one that the pods carry, if they do. */
  constructor(options: RecordedEtcdOptions, clusterId?: bigint) {
    this.#options = options;
    const { clock, random, data } = options;
    this.cluster = new EtcdCluster({
      clock,
      random,
      ...(data === undefined ? {} : { journal: new EtcdJournal(data) }),
      ...(clusterId === undefined ? {} : { clusterId }),
    });
    this.cluster.onChange((change) => {
      if (change.type === "removed") this.disconnect(change.member.name);
      if (!this.#reading) void this.#write(change);
    });
    void this.#follow();
  }

  /** The server of the member on a node; `undefined` while there is no such member. */
  serverOf(node: string, tls?: MemberTls): MemberServer | undefined {
    const member = this.cluster.memberByName(node);
    if (member === undefined) return undefined;
    const key = `${node} ${member.id} ${tls?.certificate ?? ""}`;
    let server = this.#servers.get(key);
    if (server === undefined) {
      this.#servers.set(
        key,
        server = new MemberServer(
          new MemberApi(this.cluster, member.id),
          tls,
          this.#options.observe,
        ),
      );
    }
    return server;
  }

  /** Reads the whole record now, for who cannot wait until the changes arrive. */
  async synchronize(): Promise<void> {
    const query = { namespace: NAMESPACE, labels: SELECTOR };
    const { items } = await this.#options.client.list(PODS, query);
    if (this.#stop.signal.aborted) return;
    for (const pod of items) this.#read(pod, false);
  }

  /** Ends the connections to the member on a node: it is gone, or starts anew with other certificates. */
  disconnect(node: string): void {
    for (const [key, server] of this.#servers) {
      if (!key.startsWith(`${node} `)) continue;
      this.#servers.delete(key);
      void server.close();
    }
  }

  /** Stops following, and ends all connections. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.cluster.close();
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  async #follow(): Promise<void> {
    const { client, clock, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        const query = { namespace: NAMESPACE, labels: SELECTOR, signal };
        for await (const { type, object } of client.watch(PODS, query)) {
          if (type !== "BOOKMARK") this.#read(object, type === "DELETED");
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.debug("Watch of etcd pods ended", { error });
      }
      try {
        await sleep(clock, RETRY_MS, signal);
      } catch {
        // Only the signal ends the sleep early.
        return;
      }
    }
  }

  /** Brings the members in line with one pod. */
  #read(pod: KubeObject, deleted: boolean): void {
    const id = annotation(pod, "member-id");
    if (id === undefined || !/^\d{1,20}$/.test(id)) return;
    const memberId = BigInt(id);
    this.#reading = true;
    try {
      if (deleted || annotation(pod, "member-removed") !== undefined) {
        this.cluster.dropMember(memberId);
        this.#leaderFrom.delete(memberId);
        return;
      }
      const present = this.cluster.member(memberId);
      if (present === undefined || !present.started) {
        this.cluster.startMember({ id: memberId, name: nodeOf(pod) });
      }
      this.#leaderFrom.set(memberId, annotation(pod, "leader-from") ?? "");
      this.#followLeader();
    } finally {
      this.#reading = false;
    }
  }

  /** Whoever was made leader last leads. */
  #followLeader(): void {
    const [latest] = [...this.#leaderFrom]
      .filter(([id, from]) => from !== "" && this.cluster.member(id)?.started)
      .toSorted(([, a], [, b]) => a < b ? 1 : -1);
    if (latest !== undefined) this.cluster.setLeader(latest[0]);
  }

  async #write(change: MembershipChange): Promise<void> {
    const { client, clock, logger } = this.#options;
    const { member } = change;
    if (member === undefined || member.name === "") return;
    const annotations = change.type === "removed"
      ? { [`${ETCD_RECORD_PREFIX}/member-removed`]: "" }
      : change.type === "leader"
      ? { [`${ETCD_RECORD_PREFIX}/leader-from`]: rfc3339Micro(clock.now()) }
      : undefined;
    if (annotations === undefined) return;
    const key = { namespace: NAMESPACE, name: `${POD_PREFIX}${member.name}` };
    try {
      await client.patch(PODS, key, "merge", { metadata: { annotations } });
    } catch (error) {
      // A pod that is gone takes its record with it.
      if (error instanceof StatusError && error.code === 404) return;
      logger.warn("etcd membership not recorded", { member: member.name, error });
    }
  }
}

function annotation(pod: KubeObject, name: string): string | undefined {
  return pod.metadata.annotations?.[`${ETCD_RECORD_PREFIX}/${name}`];
}

function nodeOf({ metadata: { name = "" } }: KubeObject): string {
  return name.startsWith(POD_PREFIX) ? name.slice(POD_PREFIX.length) : name;
}
