// Keeps the NoSchedule taints of nodes in step with their conditions and
// with `spec.unschedulable`. It neither watches heartbeats nor evicts.
// Source: kube-controller-manager pkg/controller/nodelifecycle
// (doNoScheduleTaintingPass).

import { type Clock, rfc3339 } from "../../runtime/clock.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonObject, KubeObject } from "../../runtime/object.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const NODES: ResourceRef = { apiVersion: "v1", resource: "nodes" };
const PREFIX = "node.kubernetes.io/";

/** Which status of which condition brings which taint. */
const CONDITION_TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: `${PREFIX}not-ready`, Unknown: `${PREFIX}unreachable` },
  MemoryPressure: { True: `${PREFIX}memory-pressure` },
  DiskPressure: { True: `${PREFIX}disk-pressure` },
  PIDPressure: { True: `${PREFIX}pid-pressure` },
  NetworkUnavailable: { True: `${PREFIX}network-unavailable` },
};
const UNSCHEDULABLE = `${PREFIX}unschedulable`;

/** The keys that are kept in step here; other taints are left alone. */
const OURS: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...Object.values(CONDITION_TAINTS).flatMap((byStatus) => Object.values(byStatus)),
]);

interface Taint extends JsonObject {
  key: string;
  effect: string;
}

/** Taints the nodes of one cluster. */
export class NodeTaints extends FeedController {
  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "Node not tainted" });
  }

  protected override observe({ type, resource, object }: FeedChange): void {
    if (type === "DELETED" || resource.kind !== "Node" || resource.ref.apiVersion !== "v1") return;
    if (taintsToBe(object, this.context.clock) === undefined) return;
    this.enqueue(object.metadata.name ?? "");
  }

  protected override async sync({ name }: Request): Promise<void> {
    const { feed, client, clock } = this.context;
    const node = feed.get(NODES, "", name);
    const taints = node === undefined ? undefined : taintsToBe(node, clock);
    if (node === undefined || taints === undefined) return;
    await client.patch(NODES, { name }, "merge", {
      metadata: { resourceVersion: node.metadata.resourceVersion ?? "" },
      spec: { taints: taints.length === 0 ? null : taints },
    });
  }
}

/** The taints a node should have; `undefined` when it has them. */
function taintsToBe({ spec, status }: KubeObject, clock: Clock): Taint[] | undefined {
  const conditions = (status?.conditions ?? []) as { type: string; status: string }[];
  // A node that has not told its state yet keeps what it came with.
  if (conditions.length === 0 && spec?.unschedulable !== true) return undefined;
  const wanted = new Set(
    conditions.flatMap(({ type, status }) => CONDITION_TAINTS[type]?.[status] ?? []),
  );
  if (spec?.unschedulable === true) wanted.add(UNSCHEDULABLE);
  const present = (spec?.taints ?? []) as Taint[];
  const isOurs = ({ key, effect }: Taint) => effect === "NoSchedule" && OURS.has(key);
  const kept = present.filter((taint) => !isOurs(taint) || wanted.has(taint.key));
  const missing = [...wanted].filter((key) =>
    !kept.some((taint) => isOurs(taint) && taint.key === key)
  );
  if (kept.length === present.length && missing.length === 0) return undefined;
  const timeAdded = rfc3339(clock.now());
  return [...kept, ...missing.map((key): Taint => ({ key, effect: "NoSchedule", timeAdded }))];
}
