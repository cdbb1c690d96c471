/**
 * The controllers: the in-memory infrastructure provider, Cluster API's core
 * and kubeadm controllers, and those of workload clusters.
 *
 * @module
 */

export * from "./capi/cluster_access.ts";
export * from "./capi/core_controllers.ts";
export * from "./capi/core/contract.ts";
export * from "./capi/etcd_access.ts";
export * from "./capi/kubeadm_controllers.ts";
export type { Events, ReferenceResolver } from "./capi/kubeadm/services.ts";
export * from "./provider/mod.ts";
