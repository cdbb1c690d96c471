// The store of a cluster.

export { FrozenBase, MemoryStore, type MemoryStoreOptions } from "./memory_store.ts";
export type * from "./buckets.ts";
export type * from "./types.ts";
