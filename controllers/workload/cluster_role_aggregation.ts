// Fills cluster roles that have an aggregation rule with the rules of the
// roles it selects. Source: kube-controller-manager
// pkg/controller/clusterroleaggregation.

import type { ResourceRef } from "../../runtime/client.ts";
import { aggregatedRules, AGGREGATION_MANAGER } from "../../runtime/aggregated_rules.ts";
import { equal } from "../../runtime/object.ts";
import { WorkQueue } from "../../runtime/reconcile/workqueue.ts";
import { StatusError } from "../../runtime/status.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";

const CLUSTER_ROLES: ResourceRef = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  resource: "clusterroles",
};

/** Aggregates cluster roles in one cluster. */
export class ClusterRoleAggregation {
  readonly #context: WorkloadContext;
  readonly #aggregates = new Set<string>();
  readonly #queue: WorkQueue;
  readonly #stop: () => void;

  /** Starts at once. */
  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#queue = new WorkQueue({ clock: context.clock, work: ({ name }) => this.#work(name) });
    this.#stop = context.feed.observe((change) => this.#observe(change));
    this.#queue.start();
  }

  /** Resolves when nothing is left to do for now. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Stops. */
  stop(): void {
    this.#stop();
    this.#queue.stop();
  }

  #observe({ type, resource, object }: FeedChange): void {
    if (resource.ref.resource !== CLUSTER_ROLES.resource || resource.kind !== "ClusterRole") return;
    const { name = "" } = object.metadata;
    if (type === "DELETED" || object.aggregationRule === undefined) this.#aggregates.delete(name);
    else this.#aggregates.add(name);
    for (const aggregate of this.#aggregates) this.#queue.add({ namespace: "", name: aggregate });
  }

  async #work(name: string): Promise<void> {
    const request = { namespace: "", name };
    try {
      await this.#sync(name);
      this.#queue.forget(request);
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return this.#queue.forget(request);
      this.#context.logger.warn("Cluster role not aggregated, trying again", { name, error });
      this.#queue.addRateLimited(request);
    }
  }

  async #sync(name: string): Promise<void> {
    const { feed, client } = this.#context;
    const role = feed.get(CLUSTER_ROLES, "", name);
    if (role?.aggregationRule === undefined) return;
    const rules = aggregatedRules(role, feed.list(CLUSTER_ROLES, ""));
    if (equal(role.rules ?? [], rules)) return;
    await client.patch(CLUSTER_ROLES, { name }, "apply", {
      apiVersion: CLUSTER_ROLES.apiVersion,
      kind: "ClusterRole",
      metadata: { name },
      rules,
    }, { fieldManager: AGGREGATION_MANAGER, force: true });
  }
}
