// Keeps the status of quotas: what is limited and how much of it is used,
// counted anew whenever something that a quota counts comes, changes or goes.
// Admission charges what is created by itself; this makes good what goes, and
// what was charged for writes that failed. Source: kube-controller-manager
// pkg/controller/resourcequota and k8s.io/apiserver quota/v1.

import type { ResourceRef } from "../../runtime/client.ts";
import { type KubeObject, parseApiVersion } from "../../runtime/object.ts";
import { Quantity } from "../../runtime/quantity.ts";
import { addResources, quantity, type ResourceList } from "../../runtime/quota/resource_list.ts";
import { evaluatorOf, isInScope, UNCOUNTED } from "../../runtime/quota/usage.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, FeedResource, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const QUOTAS: ResourceRef = { apiVersion: "v1", resource: "resourcequotas" };
const FIELD_MANAGER = "kube-controller-manager";

function storageOf({ ref }: FeedResource): string {
  return `${parseApiVersion(ref.apiVersion).group}/${ref.resource}`;
}

/** Resources that a quota limits. */
function limitsOf(quota: KubeObject): string[] {
  return Object.keys(quota["spec"]?.hard ?? {});
}

/** Whether two lists hold the same amounts. */
function sameAmounts(a: ResourceList | undefined, b: ResourceList): boolean {
  const names = Object.keys(b);
  if (a === undefined || Object.keys(a).length !== names.length) return false;
  return names.every((name) =>
    a[name] !== undefined && quantity(a[name]).compare(quantity(b[name])) === 0
  );
}

/** Counts what the quotas of one cluster limit. */
export class ResourceQuotaController extends FeedController {
  /** The quotas of each namespace that has any; everything else costs one look here. */
  readonly #quotas = new Map<string, Map<string, KubeObject>>();

  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "Quota not counted" });
  }

  protected override resourcesChanged(): void {
    for (const [namespace, quotas] of this.#quotas) {
      for (const name of quotas.keys()) this.enqueue(name, namespace);
    }
  }

  protected override observe(change: FeedChange): void {
    if (change.resource.kind === "ResourceQuota") this.#observeQuota(change);
    const { namespace = "" } = change.object.metadata;
    const quotas = this.#quotas.get(namespace);
    if (quotas === undefined) return;
    const storage = storageOf(change.resource);
    if (UNCOUNTED.has(storage)) return;
    const evaluator = evaluatorOf(storage);
    // What is counted by number alone does not change its usage.
    if (change.type === "MODIFIED" && !evaluator.usageVaries) return;
    for (const [name, quota] of quotas) {
      if (limitsOf(quota).some((limit) => evaluator.limits(limit))) {
        this.enqueue(name, namespace);
      }
    }
  }

  #observeQuota({ type, object, previous }: FeedChange): void {
    const { namespace = "", name = "" } = object.metadata;
    let quotas = this.#quotas.get(namespace);
    if (type === "DELETED") {
      quotas?.delete(name);
      if (quotas?.size === 0) this.#quotas.delete(namespace);
      return;
    }
    if (quotas === undefined) this.#quotas.set(namespace, quotas = new Map());
    quotas.set(name, object);
    const settled = previous !== undefined && previous["spec"] === object["spec"] &&
      previous["status"] === object["status"];
    if (!settled) this.enqueue(name, namespace);
  }

  protected override async sync({ namespace, name }: Request): Promise<void> {
    const { feed, client } = this.context;
    const quota = feed.get(QUOTAS, namespace, name);
    if (quota === undefined) return;
    const hard: ResourceList = quota["spec"]?.hard ?? {};
    const used = this.#count(quota, namespace);
    const status = quota["status"];
    if (sameAmounts(status?.hard, hard) && sameAmounts(status?.used, used)) return;
    await client.update(
      QUOTAS,
      { ...quota, status: { ...status, hard, used } },
      { subresource: "status", fieldManager: FIELD_MANAGER },
    );
  }

  /** What is used of each limit that something counts. */
  #count(quota: KubeObject, namespace: string): ResourceList {
    const limits = limitsOf(quota);
    const total: ResourceList = {};
    for (const resource of this.context.feed.resources()) {
      const storage = storageOf(resource);
      if (!resource.namespaced || UNCOUNTED.has(storage)) continue;
      const evaluator = evaluatorOf(storage);
      const counted = limits.filter((limit) => evaluator.limits(limit));
      if (counted.length === 0) continue;
      for (const limit of counted) total[limit] ??= Quantity.zero.toString();
      for (const object of this.context.feed.list(resource.ref, namespace)) {
        if (!isInScope(evaluator, quota, object)) continue;
        const usage = evaluator.usage(object);
        for (const limit of counted) {
          if (usage[limit] !== undefined) addResources(total, { [limit]: usage[limit] });
        }
      }
    }
    return total;
  }
}
