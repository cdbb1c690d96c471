// What kubelets say at intervals to be known alive: the renewals of Leases
// and the heartbeat times of Node conditions. They are written when somebody
// looks, and while somebody watches; clusters that nobody looks at cost
// nothing. Source: the kubelet's node lease and node status updates.

import { type Clock, rfc3339, rfc3339Micro, type Timer } from "../../runtime/clock.ts";
import type { Client } from "../../runtime/client.ts";
import type { Logger } from "../../runtime/log.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import { isNotFound } from "../capi/kubeadm/reads.ts";
import { LEASE_NAMESPACE, newLease, nodeConditions, providerIDOf } from "./workload/node.ts";
import { WORKLOAD } from "./workload/resources.ts";

/** How often a kubelet renews its Lease. */
export const LEASE_PERIOD_MS = 10_000;
/** How often a kubelet tells its conditions again when nothing has changed. */
export const STATUS_PERIOD_MS = 300_000;

/** Watched clusters whose turns are closer together are looked at in one go. */
const TOGETHER_MS = 1_000;
const WRITE = { fieldManager: "kubelet" };

/** What a kubelet renews. */
type Beat = "leases" | "nodes";

/** Options of {@linkcode NodeHeartbeats}. */
export interface NodeHeartbeatsOptions {
  /** All time. */
  readonly clock: Clock;
  /** Told of renewals that a cluster refuses. */
  readonly logger: Logger;
}

/** The heartbeats of the Nodes of any number of clusters, with one timer, which waits only while there are watches. */
export class NodeHeartbeats {
  readonly #options: NodeHeartbeatsOptions;
  readonly #watched = new Set<ClusterHeartbeats>();
  #timer: { readonly at_ms: number; readonly timer: Timer } | undefined;

  /** Does nothing until a cluster is read. */
  constructor(options: NodeHeartbeatsOptions) {
    this.#options = options;
  }

  /** Those of one cluster. */
  of(client: () => Client): ClusterHeartbeats {
    return new ClusterHeartbeats({
      ...this.#options,
      client,
      changed: (cluster) => {
        const next_ms = cluster.next_ms;
        if (next_ms < Infinity) this.#watched.add(cluster);
        else this.#watched.delete(cluster);
        this.#arm(next_ms);
      },
    });
  }

  /** Sees to it that the timer rings by then, and not at all when nothing is watched. */
  #arm(next_ms: number): void {
    const { clock } = this.#options;
    const idle = this.#watched.size === 0;
    if (!idle && next_ms >= (this.#timer?.at_ms ?? Infinity)) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (idle || next_ms === Infinity) return;
    const at_ms = Math.max(clock.now() + TOGETHER_MS, next_ms);
    const timer = clock.after(at_ms - clock.now(), () => this.#tick(), { background: true });
    this.#timer = { at_ms, timer };
  }

  #tick(): void {
    this.#timer = undefined;
    let next_ms = Infinity;
    for (const cluster of this.#watched) {
      cluster.beat();
      next_ms = Math.min(next_ms, cluster.next_ms);
    }
    this.#arm(next_ms);
  }
}

interface ClusterOptions extends NodeHeartbeatsOptions {
  readonly client: () => Client;
  /** Called when `next_ms` may have changed. */
  readonly changed: (cluster: ClusterHeartbeats) => void;
}

/** The heartbeats of one cluster's Nodes. Told of what is read, as the API server's `ReadObserver`. */
export class ClusterHeartbeats {
  readonly #options: ClusterOptions;
  readonly #watches: Record<Beat, number> = { leases: 0, nodes: 0 };
  readonly #due_ms: Record<Beat, number> = { leases: 0, nodes: 0 };
  readonly #underWay = new Set<Beat>();
  #stopped = false;

  /** Made by {@linkcode NodeHeartbeats.of}. */
  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** When something that is watched is due, in milliseconds since the epoch; `Infinity` when nothing is watched. */
  get next_ms(): number {
    if (this.#stopped) return Infinity;
    const due = (beat: Beat) => this.#watches[beat] > 0 ? this.#due_ms[beat] : Infinity;
    return Math.min(due("leases"), due("nodes"));
  }

  /** Brings what is about to be read up to date. */
  beforeRead(group: string, resource: string): Promise<void> | undefined {
    const beat = beatOf(group, resource);
    return beat === undefined ? undefined : this.#renew(beat);
  }

  /** Keeps what is watched up to date, until what it answers is called. */
  watching(group: string, resource: string): () => void {
    const beat = beatOf(group, resource);
    if (beat === undefined || this.#stopped) return () => {};
    this.#count(beat, 1);
    return () => this.#count(beat, -1);
  }

  /** Renews what is watched and due. */
  beat(): void {
    for (const beat of ["leases", "nodes"] as const) {
      if (this.#watches[beat] > 0) void this.#renew(beat);
    }
  }

  /** The cluster has ended: nothing is written any more. */
  stop(): void {
    this.#stopped = true;
    this.#options.changed(this);
  }

  #count(beat: Beat, change: number): void {
    this.#watches[beat] += change;
    this.#options.changed(this);
  }

  /** Only who finds a renewal due waits for it: webhooks that look at one may read what it is about. */
  #renew(beat: Beat): Promise<void> | undefined {
    const now_ms = this.#options.clock.now();
    if (this.#stopped || now_ms < this.#due_ms[beat] || this.#underWay.has(beat)) return undefined;
    this.#underWay.add(beat);
    return this.#renewAll(beat, now_ms).finally(() => {
      this.#underWay.delete(beat);
      this.#options.changed(this);
    });
  }

  async #renewAll(beat: Beat, now_ms: number): Promise<void> {
    const period_ms = beat === "leases" ? LEASE_PERIOD_MS : STATUS_PERIOD_MS;
    this.#due_ms[beat] = now_ms + period_ms;
    const client = this.#options.client();
    try {
      const { items } = await client.list(WORKLOAD.nodes);
      const renew = beat === "leases" ? await leaseRenewal(client) : renewStatus;
      for (const node of items.filter(isAlive)) {
        if (this.#stopped) return;
        const last_ms = await renew(client, node, now_ms);
        this.#due_ms[beat] = Math.min(this.#due_ms[beat], last_ms + period_ms);
      }
    } catch (error) {
      // As with a kubelet, whoever reads is not to blame; it tries again after a period.
      this.#options.logger.warn("A heartbeat of Nodes was refused", { resource: beat, error });
    }
  }
}

function beatOf(group: string, resource: string): Beat | undefined {
  if (group === "" && resource === "nodes") return "nodes";
  if (group === "coordination.k8s.io" && resource === "leases") return "leases";
  return undefined;
}

/** Whether the Node is one of our machines, and its kubelet has not been made to fail. */
function isAlive({ metadata, spec, status }: KubeObject): boolean {
  if (spec?.providerID !== providerIDOf(metadata.name ?? "")) return false;
  const conditions: readonly JsonObject[] = status?.conditions ?? [];
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

/** Renews what is as old as its period, and answers when it was renewed last. */
type Renewal = (client: Client, node: KubeObject, now_ms: number) => Promise<number>;

async function leaseRenewal(client: Client): Promise<Renewal> {
  const { items } = await client.list(WORKLOAD.leases, { namespace: LEASE_NAMESPACE });
  const leases = new Map(items.map((lease) => [lease.metadata.name, lease]));
  return async (client, node, now_ms) => {
    const { name = "" } = node.metadata;
    const lease = leases.get(name);
    const last_ms = Date.parse(lease?.spec?.renewTime ?? "");
    if (now_ms - last_ms < LEASE_PERIOD_MS) return last_ms;
    await unlessGone(
      lease === undefined
        ? client.create(WORKLOAD.leases, newLease(node, now_ms), WRITE)
        : client.patch(WORKLOAD.leases, { namespace: LEASE_NAMESPACE, name }, "merge", {
          spec: { renewTime: rfc3339Micro(now_ms) },
        }, WRITE),
    );
    return now_ms;
  };
}

const OWN_CONDITIONS: ReadonlySet<unknown> = new Set(nodeConditions(0).map(({ type }) => type));

async function renewStatus(client: Client, node: KubeObject, now_ms: number): Promise<number> {
  const present: readonly JsonObject[] = node.status?.conditions ?? [];
  const own = present.filter(({ type }) => OWN_CONDITIONS.has(type));
  const last_ms = Math.min(...own.map((one) => Date.parse(String(one.lastHeartbeatTime))));
  if (now_ms - last_ms < STATUS_PERIOD_MS) return last_ms;
  const lastHeartbeatTime = rfc3339(now_ms);
  const conditions = own.map(({ type }) => ({ type: type ?? "", lastHeartbeatTime }));
  await unlessGone(
    client.patch(WORKLOAD.nodes, { name: node.metadata.name ?? "" }, "strategic", {
      status: { conditions },
    }, { ...WRITE, subresource: "status" }),
  );
  return now_ms;
}

/** A machine may go while its heartbeat is under way. */
async function unlessGone(write: Promise<KubeObject>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
