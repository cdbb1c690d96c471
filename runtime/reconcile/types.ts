// The vocabulary of reconciling, without any machinery: what a controller
// is asked, what it answers, what wakes it. The words and their meaning are
// controller-runtime's.

import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { KubeObject } from "../object.ts";
import type { Cache } from "./cache.ts";
import type { ReconcileObserver } from "./controller_metrics.ts";

/** Which object to look at. `namespace` is `""` for cluster-scoped ones. */
export interface Request {
  /** The namespace. */
  readonly namespace: string;
  /** The name. */
  readonly name: string;
}

/** When to look again without being woken. Absent: only when something changes. */
export interface Result {
  /** Milliseconds until then. */
  readonly requeueAfter_ms?: number;
}

/** Level-based: reads what is, compares with what should be, acts. An exception means "again, with back-off". */
export interface Reconciler {
  /** Looks at one object. */
  reconcile(request: Request, signal: AbortSignal): Promise<Result | void>;
}

/** A change of an object that an informer saw. */
export interface Change {
  /** What happened. */
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** After the change; for DELETED the last known state. */
  readonly object: KubeObject;
  /** Before the change; absent for ADDED. */
  readonly previous?: KubeObject;
}

/** Whether a change matters. */
export type Predicate = (change: Change) => boolean;

/** Puts a request into a controller's queue. */
export type Enqueue = (request: Request) => void;

/** Turns a change into requests. */
export type Handler = (change: Change, enqueue: Enqueue) => void;

/** What sources may use. */
export interface SourceContext {
  /** The informers. */
  readonly cache: Cache;
  /** All time. */
  readonly clock: Clock;
  /** Where to say what is done. */
  readonly logger: Logger;
  /** Told of what controllers do. */
  readonly observer?: ReconcileObserver;
  /** Aborts when all is to end. */
  readonly signal: AbortSignal;
}

/** Something that wakes a controller. */
export interface Source {
  /** Begins to enqueue. Resolves once what exists already has been enqueued. */
  start(enqueue: Enqueue, context: SourceContext): Promise<void> | void;
}

/** The request that asks for this object. */
export function requestFor(object: KubeObject): Request {
  return {
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? "",
  };
}

/** A request as text, the key under which queues know it. */
export function requestKey(request: Request): string {
  return request.namespace === "" ? request.name : `${request.namespace}/${request.name}`;
}
