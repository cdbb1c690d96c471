/**
 * Fake etcds: members, data and leases in memory, and each member as gRPC
 * over any duplex stream.
 *
 * @module
 */

export * from "./database_sizes.ts";
export * from "./downgrade.ts";
export * from "./errors.ts";
export * from "./etcd_cluster.ts";
export * from "./etcd_journal.ts";
export * from "./etcd_member.ts";
export * from "./grpc_server.ts";
export type { CallObserver } from "./grpc_services.ts";
export * from "./key_value_store.ts";
export * from "./leases.ts";
export * from "./member_api.ts";
export * from "./recorded_etcd.ts";
export * from "./proto/cluster_messages.ts";
export * from "./proto/kv_messages.ts";
export * from "./proto/lease_messages.ts";
export type { MessageType } from "./proto/message.ts";
