// Ends pods that are being deleted, at once: what the kubelet of a node that
// is not there would report when the containers have stopped, and what the
// pod garbage collector does for pods whose node is gone. Pods that no node
// has are removed by the API server itself.
// Source: kubelet status manager, kube-controller-manager pkg/controller/podgc.

import type { ResourceRef } from "../../runtime/client.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { WorkQueue } from "../../runtime/reconcile/workqueue.ts";
import { StatusError } from "../../runtime/status.ts";
import type { FeedChange, WorkloadContext } from "./cluster_feed.ts";

const PODS: ResourceRef = { apiVersion: "v1", resource: "pods" };
const CONCURRENCY = 20;

/** Finishes the deletion of pods in one cluster. */
export class PodTermination {
  readonly #context: WorkloadContext;
  readonly #queue: WorkQueue;
  readonly #stop: () => void;

  /** Starts at once. */
  constructor(context: WorkloadContext) {
    this.#context = context;
    this.#queue = new WorkQueue({
      clock: context.clock,
      concurrency: CONCURRENCY,
      work: ({ namespace, name }) => this.#work(namespace, name),
    });
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
    if (type === "DELETED" || resource.kind !== "Pod" || !endsGracefully(object)) return;
    const { namespace = "", name = "" } = object.metadata;
    this.#queue.add({ namespace, name });
  }

  async #work(namespace: string, name: string): Promise<void> {
    const { feed, client, logger } = this.#context;
    const request = { namespace, name };
    const pod = feed.get(PODS, namespace, name);
    if (pod === undefined || !endsGracefully(pod)) return this.#queue.forget(request);
    try {
      await client.delete(PODS, request, {
        gracePeriodSeconds: 0,
        preconditions: { uid: pod.metadata.uid ?? "" },
      });
      this.#queue.forget(request);
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return this.#queue.forget(request);
      logger.warn("Pod not ended, trying again", { ...request, error });
      this.#queue.addRateLimited(request);
    }
  }
}

/** Whether it waits for its node to say that it has stopped. */
function endsGracefully({ metadata, spec }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && spec?.nodeName !== undefined &&
    (metadata.deletionGracePeriodSeconds ?? 0) > 0;
}
