// Bytes that outlive the process: named buckets of keys and values, as
// embedded databases such as bbolt have them.

/** One change of a bucket. */
export interface BucketChange {
  /** Which bucket. */
  readonly bucket: string;
  /** The key. */
  readonly key: Uint8Array;
  /** What the key holds from now on; absent: the key goes. */
  readonly value?: Uint8Array;
}

/** The buckets of one owner. */
export interface Buckets {
  /** All that a bucket holds, in the order of its keys' bytes. */
  read(bucket: string): { readonly key: Uint8Array; readonly value: Uint8Array }[];
  /** Makes all of the changes or, when it throws, none. What is written outlives the process once it returns. */
  write(changes: readonly BucketChange[]): void;
  /** Empties all buckets. */
  clear(): void;
}
