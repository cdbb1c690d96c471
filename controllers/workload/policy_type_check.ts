// Writes into the status of every ValidatingAdmissionPolicy which of its
// expressions do not fit the kinds that it is about. The check itself is the
// API server's and is given. Source: kube-controller-manager
// pkg/controller/validatingadmissionpolicystatus.

import type { ResourceRef } from "../../runtime/client.ts";
import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

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
export class PolicyTypeCheck extends FeedController {
  readonly #check: (policy: KubeObject) => readonly PolicyWarning[];

  /** Does nothing before `start`. */
  constructor(
    context: WorkloadContext,
    check: (policy: KubeObject) => readonly PolicyWarning[],
  ) {
    super(context, { trouble: "Policy not checked" });
    this.#check = check;
  }

  protected override observe({ type, resource, object }: FeedChange): void {
    if (resource.kind !== "ValidatingAdmissionPolicy" || type === "DELETED") return;
    this.enqueue(object.metadata.name ?? "");
  }

  protected override async sync({ name }: Request): Promise<void> {
    const { feed, client } = this.context;
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
