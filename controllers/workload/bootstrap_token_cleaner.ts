// Deletes bootstrap tokens that have ended. Source: kube-controller-manager
// pkg/controller/bootstrap/tokencleaner.go, which kubeadm turns on.

import {
  BOOTSTRAP_TOKEN_NAMESPACE,
  BOOTSTRAP_TOKEN_TYPE,
  bootstrapTokenEnd_ms,
} from "../../runtime/bootstrap_token.ts";
import type { ResourceRef } from "../../runtime/client.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const SECRETS: ResourceRef = { apiVersion: "v1", resource: "secrets" };

/** Cleans up in one cluster. */
export class BootstrapTokenCleaner extends FeedController {
  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "Bootstrap token not deleted" });
  }

  protected override observe({ type, resource, object }: FeedChange): void {
    if (type === "DELETED" || resource.kind !== "Secret" || resource.ref.apiVersion !== "v1") {
      return;
    }
    const { namespace, name } = object.metadata;
    if (namespace !== BOOTSTRAP_TOKEN_NAMESPACE || object["type"] !== BOOTSTRAP_TOKEN_TYPE) return;
    this.enqueue(name, namespace);
  }

  protected override async sync({ namespace, name }: Request): Promise<void> {
    const { feed, client, clock } = this.context;
    const secret = feed.get(SECRETS, namespace, name);
    if (secret === undefined || secret["type"] !== BOOTSTRAP_TOKEN_TYPE) return;
    const left_ms = bootstrapTokenEnd_ms(secret) - clock.now();
    if (left_ms === Infinity) return;
    if (left_ms > 0) return this.enqueueAfter(left_ms, name, namespace);
    const uid = secret.metadata.uid ?? "";
    await client.delete(SECRETS, { namespace, name }, { preconditions: { uid } });
  }
}
