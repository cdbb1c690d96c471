// A bbolt database file of buckets: first it is laid out by the sizes of the
// rows, then its pages are written one after another, so that the file never
// stands in memory. Not a database: nothing is read or changed. Source: bbolt
// and how full etcd lets it fill pages.

import { type Bucket, RowBucket } from "./bucket.ts";
import {
  branchPage,
  bucketEntry,
  ELEMENT_BYTES,
  EntryFlag,
  inlineBucketEntry,
  leafPage,
  metaPage,
  PAGE_BYTES,
  PAGE_HEADER_BYTES,
  wholePages,
} from "./pages.ts";

/** How full etcd, which writes in the order of keys, lets pages become. */
const FILL = 0.9;
const INLINE_BYTES_MAX = PAGE_BYTES / 4;
const BRANCH_KEYS_MIN = 2;
const META_PAGES = 2;

/** A page with its overflow, and what stands in it. */
interface Span {
  readonly id: number;
  readonly bytes: number;
  /** The first of the level below: a row, or a span. */
  readonly first: number;
  readonly count: number;
  /** The first row at or below it. */
  readonly row: number;
}

/** A bucket's pages: leaves, what is above them, …, the root. */
interface Tree {
  readonly bucket: Bucket;
  readonly flag: number;
  readonly levels: readonly (readonly Span[])[];
}

/** A database file. */
export class DatabaseFile {
  readonly #trees: Tree[] = [];
  readonly #root: number;
  #pages = META_PAGES;
  #depth = 0;

  /** Lays out the buckets, whose names differ. */
  constructor(buckets: readonly Bucket[]) {
    const rows = buckets.map((bucket) => ({
      key: encoder.encode(bucket.name),
      value: this.#entryOf(bucket),
    }));
    const below = this.#depth;
    this.#depth = 0;
    this.#root = this.#layOut(new RowBucket("", rows), EntryFlag.bucket);
    this.#depth += below;
  }

  /** How much of a file the data takes, without room to work in. */
  get live_bytes(): number {
    return this.#pages * PAGE_BYTES;
  }

  /**
   * The pages that a transaction writes anew before those that they replace are free. A database that has been written
   * to has as many that wait to become free, and as many that are.
   */
  get commit_bytes(): number {
    return this.#depth * PAGE_BYTES;
  }

  #entryOf(bucket: Bucket): Uint8Array {
    const bytes = inlineBytes(bucket);
    if (bytes !== undefined) return inlineBucketEntry(bucket, bytes);
    return bucketEntry(this.#layOut(bucket, EntryFlag.row));
  }

  /** Gives a bucket its pages; answers its root. */
  #layOut(bucket: Bucket, flag: number): number {
    const leaf = (i: number) => ELEMENT_BYTES + bucket.keyBytes(i) + bucket.valueBytes(i);
    const levels = [this.#pack(bucket.length, leaf, (i) => i, 1)];
    for (;;) {
      const below = levels.at(-1) as Span[];
      const [only] = below;
      if (below.length === 1 && only !== undefined) {
        this.#trees.push({ bucket, flag, levels });
        this.#depth = Math.max(this.#depth, levels.length);
        return only.id;
      }
      const rowOf = (i: number) => (below[i] as Span).row;
      const branch = (i: number) => ELEMENT_BYTES + bucket.keyBytes(rowOf(i));
      levels.push(this.#pack(below.length, branch, rowOf, BRANCH_KEYS_MIN));
    }
  }

  /** Fills pages with entries of these sizes, at least so many in each. */
  #pack(
    length: number,
    sizeOf: (index: number) => number,
    rowOf: (index: number) => number,
    least: number,
  ): Span[] {
    const spans: Span[] = [];
    let [first, bytes] = [0, PAGE_HEADER_BYTES];
    const close = (end: number) => {
      spans.push({ id: this.#pages, bytes, first, count: end - first, row: rowOf(first) });
      this.#pages += wholePages(bytes);
      [first, bytes] = [end, PAGE_HEADER_BYTES];
    };
    for (let i = 0; i < length; i++) {
      const size = sizeOf(i);
      const count = i - first;
      // The last one stays with those before it rather than being alone.
      const full = bytes + size > PAGE_BYTES * FILL && length - i >= least;
      if (count >= least && full) close(i);
      bytes += size;
    }
    close(length);
    return spans;
  }

  /**
   * The pages in order, those that belong together as one piece. With free ones behind them when the file is to be
   * larger than the data; `transaction` is the number of the last one.
   */
  *pieces(size_bytes: number, transaction: number): Generator<Uint8Array> {
    const pages = Math.max(this.#pages, wholePages(size_bytes));
    // The two metas are those of the last two transactions: the page follows from the number.
    const even = transaction - transaction % 2;
    const numbers = even === transaction ? [even, even - 1] : [even, transaction];
    for (const id of [0, 1] as const) {
      yield metaPage(id, { root: this.#root, pages, transaction: numbers[id] as number });
    }
    for (const tree of this.#trees) yield* piecesOf(tree);
    const free = new Uint8Array(PAGE_BYTES);
    for (let i = this.#pages; i < pages; i++) yield free;
  }
}

const encoder = new TextEncoder();

/** How long a bucket is as part of its own entry; `undefined` when it is too large for that. */
function inlineBytes(bucket: Bucket): number | undefined {
  let bytes = PAGE_HEADER_BYTES;
  for (let i = 0; i < bucket.length; i++) {
    bytes += ELEMENT_BYTES + bucket.keyBytes(i) + bucket.valueBytes(i);
    if (bytes > INLINE_BYTES_MAX) return undefined;
  }
  return bytes;
}

function* piecesOf({ bucket, flag, levels }: Tree): Generator<Uint8Array> {
  for (const [height, spans] of levels.entries()) {
    const below = height === 0 ? [] : levels[height - 1] as readonly Span[];
    for (const span of spans) {
      const { id, first, count } = span;
      const length = wholePages(span.bytes) * PAGE_BYTES;
      if (height === 0) {
        yield leafPage(id, length, bucket, span, flag);
        continue;
      }
      const children = below.slice(first, first + count);
      yield branchPage(
        id,
        length,
        children.map((child) => ({ id: child.id, key: bucket.row(child.row).key })),
      );
    }
  }
}
