// Fills cluster roles that have an aggregation rule with the rules of the
// roles it selects. Source: kube-controller-manager
// pkg/controller/clusterroleaggregation.

import type { ResourceRef } from "../../runtime/client.ts";
import { equal, type JsonObject, type KubeObject } from "../../runtime/object.ts";
import { WorkQueue } from "../../runtime/reconcile/workqueue.ts";
import { compileLabelSelector } from "../../runtime/selector/label.ts";
import { StatusError } from "../../runtime/status.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";

const CLUSTER_ROLES: ResourceRef = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  resource: "clusterroles",
};
const MANAGER = "clusterrole-aggregation-controller";

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
    const rules = aggregated(role, feed.list(CLUSTER_ROLES, ""));
    if (equal(role.rules ?? [], rules)) return;
    await client.patch(CLUSTER_ROLES, { name }, "apply", {
      apiVersion: CLUSTER_ROLES.apiVersion,
      kind: "ClusterRole",
      metadata: { name },
      rules,
    }, { fieldManager: MANAGER, force: true });
  }
}

/** The union of the selected roles' rules: selectors in order, roles by name, each rule once. */
function aggregated(role: KubeObject, roles: readonly KubeObject[]): JsonObject[] {
  const byName = [...roles].sort((a, b) =>
    (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1
  );
  const seen = new Set<string>();
  const rules: JsonObject[] = [];
  for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const { matches } = compileLabelSelector(selector);
    for (const other of byName) {
      if (other.metadata.name === role.metadata.name || !matches(other.metadata.labels)) continue;
      for (const rule of (other.rules ?? []) as JsonObject[]) {
        const text = JSON.stringify(rule);
        if (!seen.has(text)) rules.push(rule);
        seen.add(text);
      }
    }
  }
  return rules;
}
