// How the controllers of this folder see everything in a cluster at once,
// whatever its kind: what a real controller manager gets from metadata
// informers of every resource. In process the store tells of each write as
// it happens, so nothing is polled and an idle cluster costs nothing.

import type { Client, ResourceRef } from "../../runtime/client.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/log.ts";
import type { KubeObject } from "../../runtime/object.ts";

/** A resource that is served. */
export interface FeedResource {
  readonly ref: ResourceRef;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** A write. */
export interface FeedChange {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: FeedResource;
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

/** Everything in a cluster. */
export interface ClusterFeed {
  /** Tells of everything that is there (as ADDED), then of every write. The observer must not write by itself. Answers how to stop. */
  observe(observer: (change: FeedChange) => void): () => void;
  /** Tells when other resources are served than before. Answers how to stop. */
  onResourcesChange(listener: () => void): () => void;
  /** The resource of a kind, in that version. */
  resourceOf(apiVersion: string, kind: string): FeedResource | undefined;
  /** All resources, one version each. */
  resources(): Iterable<FeedResource>;
  /** An object as it is now. */
  get(ref: ResourceRef, namespace: string, name: string): KubeObject | undefined;
  /** What a namespace holds of a resource now. */
  list(ref: ResourceRef, namespace: string): readonly KubeObject[];
}

/** What these controllers work with. */
export interface WorkloadContext {
  readonly feed: ClusterFeed;
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
}
