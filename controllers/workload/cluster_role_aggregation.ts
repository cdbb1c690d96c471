// Fills cluster roles that have an aggregation rule with the rules of the
// roles it selects. Source: kube-controller-manager
// pkg/controller/clusterroleaggregation.

import type { ResourceRef } from "../../runtime/client.ts";
import { aggregatedRules, AGGREGATION_MANAGER } from "../../runtime/aggregated_rules.ts";
import { equal } from "../../runtime/object.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const CLUSTER_ROLES: ResourceRef = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  resource: "clusterroles",
};

/** Aggregates cluster roles in one cluster. */
export class ClusterRoleAggregation extends FeedController {
  readonly #aggregates = new Set<string>();

  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "Cluster role not aggregated" });
  }

  protected override observe({ type, resource, object }: FeedChange): void {
    if (resource.ref.resource !== CLUSTER_ROLES.resource || resource.kind !== "ClusterRole") return;
    const { name = "" } = object.metadata;
    if (type === "DELETED" || object.aggregationRule === undefined) this.#aggregates.delete(name);
    else this.#aggregates.add(name);
    for (const aggregate of this.#aggregates) this.enqueue(aggregate);
  }

  protected override async sync({ name }: Request): Promise<void> {
    const { feed, client } = this.context;
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
