/**
 * Reconciling: informers, work queues, controllers and what they are made
 * of, in the words of controller-runtime.
 *
 * @module
 */

export * from "./cache.ts";
export * from "./cached_client.ts";
export * from "./controller.ts";
export * from "./controller_metrics.ts";
export * from "./event_recorder.ts";
export * from "./handlers.ts";
export * from "./informer.ts";
export * from "./leader_election.ts";
export * from "./manager.ts";
export * from "./merge_diff.ts";
export * from "./patch_helper.ts";
export * from "./persist.ts";
export * from "./predicates.ts";
export * from "./queue_metrics.ts";
export * from "./sources.ts";
export * from "./types.ts";
export * from "./workqueue.ts";
