// Writes into the status of every ValidatingAdmissionPolicy which of its
// expressions do not fit the kinds that it is about. The check itself is the
// API server's and is given. Source: kube-controller-manager
// pkg/controller/validatingadmissionpolicystatus.

import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import { WorkQueue } from "../../runtime/reconcile/workqueue.ts";
import { StatusError } from "../../runtime/status.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";

const POLICIES: ResourceRef = {
  apiVersion: "admissionregistration.k8s.io/v1",
  resource: "validatingadmissionpolicies",
};
const MANAGER = "validatingadmissionpolicy-status";

/** A warning about an expression of a policy. */
export interface PolicyWarning {
  /** `spec.validations[0].expression`. */
  readonly fieldRef: string;
  /** What does not fit, for each kind. */
  readonly warning: string;
}

/** Checks policies in one cluster. */
export class PolicyTypeCheck {
  readonly #context: WorkloadContext;
  readonly #check: (policy: KubeObject) => readonly PolicyWarning[];
  readonly #queue: WorkQueue;
  readonly #stop: () => void;

  /** Starts at once. */
  constructor(
    context: WorkloadContext,
    check: (policy: KubeObject) => readonly PolicyWarning[],
  ) {
    this.#context = context;
    this.#check = check;
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
    if (resource.kind !== "ValidatingAdmissionPolicy" || type === "DELETED") return;
    this.#queue.add({ namespace: "", name: object.metadata.name ?? "" });
  }

  async #work(name: string): Promise<void> {
    const request = { namespace: "", name };
    try {
      await this.#sync(name);
      this.#queue.forget(request);
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return this.#queue.forget(request);
      this.#context.logger.warn("Policy not checked, trying again", { name, error });
      this.#queue.addRateLimited(request);
    }
  }

  async #sync(name: string): Promise<void> {
    const { feed, client } = this.#context;
    const policy = feed.get(POLICIES, "", name);
    if (policy === undefined) return;
    const { generation = 0 } = policy.metadata;
    const { observedGeneration = 0 } = (policy.status ?? {}) as { observedGeneration?: number };
    if (generation <= observedGeneration) return;
    const expressionWarnings = this.#check(policy);
    const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings };
    await client.patch(POLICIES, { name }, "apply", {
      apiVersion: POLICIES.apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      status: { observedGeneration: generation, typeChecking },
    } as unknown as JsonValue, { subresource: "status", fieldManager: MANAGER, force: true });
  }
}
