// Buckets in memory, which outlive an etcd but not the test.

import type { BucketChange, Buckets } from "../runtime/store/buckets.ts";
import { toBytes, toText } from "./bytes.ts";

/** Buckets that can be told to fail. */
export class MemoryBuckets implements Buckets {
  readonly #buckets = new Map<string, Map<string, Uint8Array>>();
  /** What every write throws. */
  failure: Error | undefined;

  read(bucket: string): { key: Uint8Array; value: Uint8Array }[] {
    return [...this.#buckets.get(bucket) ?? []]
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([key, value]) => ({ key: toBytes(key), value }));
  }

  write(changes: readonly BucketChange[]): void {
    if (this.failure !== undefined) throw this.failure;
    for (const { bucket, key, value } of changes) {
      const entries = this.#buckets.get(bucket) ?? new Map<string, Uint8Array>();
      this.#buckets.set(bucket, entries);
      if (value === undefined) entries.delete(toText(key));
      else entries.set(toText(key), value.slice());
    }
  }

  clear(): void {
    this.#buckets.clear();
  }
}
