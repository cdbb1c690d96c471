// Ends pods that are being deleted, at once: what the kubelet of a node that
// is not there would report when the containers have stopped, and what the
// pod garbage collector does for pods whose node is gone. Pods that no node
// has are removed by the API server itself.
// Source: kubelet status manager, kube-controller-manager pkg/controller/podgc.

import type { ResourceRef } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Request } from "../../runtime/reconcile/types.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";
import { FeedController } from "./feed_controller.ts";

const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const CONCURRENCY = 20;

/** Finishes the deletion of pods in one cluster. */
export class PodTermination extends FeedController {
  /** Does nothing before `start`. */
  constructor(context: WorkloadContext) {
    super(context, { trouble: "Pod not ended", concurrency: CONCURRENCY });
  }

  protected override observe({ type, resource, object }: FeedChange): void {
    if (type === "DELETED" || resource.kind !== "Pod" || !endsGracefully(object)) return;
    const { namespace = "", name = "" } = object.metadata;
    this.enqueue(name, namespace);
  }

  protected override async sync(request: Request): Promise<void> {
    const { feed, client } = this.context;
    const pod = feed.get(PODS, request.namespace, request.name);
    if (pod === undefined || !endsGracefully(pod)) return;
    await client.delete(PODS, request, {
      gracePeriodSeconds: 0,
      preconditions: { uid: pod.metadata.uid ?? "" },
    });
  }
}

/** Whether it waits for its node to say that it has stopped. */
function endsGracefully({ metadata, spec }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && spec?.nodeName !== undefined &&
    (metadata.deletionGracePeriodSeconds ?? 0) > 0;
}
