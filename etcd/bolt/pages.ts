// The pages of a bbolt file: meta, leaf and branch pages, and buckets small
// enough to stand inside a leaf. Bytes only; which page goes where is in
// database_file.ts. Source: bbolt's file format, version 2, little endian.

import { fnv64a } from "../../runtime/label_value.ts";
import type { Bucket, Row } from "./bucket.ts";

/** What etcd's machines have: the file format knows other sizes. */
export const PAGE_BYTES = 4096;
/** What a page begins with. */
export const PAGE_HEADER_BYTES = 16;
/** What an entry of a page costs beside its key and value. */
export const ELEMENT_BYTES = 16;
/** What the value of a bucket's own entry begins with. */
export const BUCKET_HEADER_BYTES = 16;

const BRANCH = 1;
const LEAF = 2;
const META = 4;
const MAGIC = 0xed0cdaed;
const VERSION = 2;
const META_BYTES = 64;
const CHECKSUM_AT = 56;
/** Where the list of free pages would be. */
const NO_FREE_LIST = (1n << 64n) - 1n;

/** What an entry stands for. */
export const EntryFlag = { row: 0, bucket: 1 } as const;

/** How many bytes of pages an entry or a page takes up in whole pages. */
export function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}

class PageWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Where keys and values go next. */
  #data: number;

  constructor(length: number, id: number, type: number, count: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
    this.uint64(0, id);
    this.#view.setUint16(8, type, true);
    this.#view.setUint16(10, count, true);
    this.uint32(12, Math.max(0, wholePages(length) - 1));
    this.#data = PAGE_HEADER_BYTES + count * ELEMENT_BYTES;
  }

  uint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  uint64(at: number, value: number): void {
    this.uint32(at, value % 2 ** 32);
    this.uint32(at + 4, Math.floor(value / 2 ** 32));
  }

  big64(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, true);
  }

  /** Puts bytes behind what is there; answers where they are, seen from `element`. */
  append(bytes: Uint8Array, element: number): number {
    const at = this.#data;
    this.bytes.set(bytes, at);
    this.#data += bytes.length;
    return at - element;
  }
}

/** Where a level's entry stands in its page. */
function elementAt(index: number): number {
  return PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
}

function writeLeaf(page: PageWriter, rows: Iterable<Row>, flag: number): void {
  let index = 0;
  for (const { key, value } of rows) {
    const at = elementAt(index++);
    page.uint32(at, flag);
    page.uint32(at + 4, page.append(key, at));
    page.uint32(at + 8, key.length);
    page.uint32(at + 12, value.length);
    page.append(value, at);
  }
}

function* rowsOf(bucket: Bucket, first: number, count: number): Generator<Row> {
  for (let i = first; i < first + count; i++) yield bucket.row(i);
}

/** A leaf page with some rows of a bucket, `length` bytes long. */
export function leafPage(
  id: number,
  length: number,
  bucket: Bucket,
  range: { readonly first: number; readonly count: number },
  flag: number,
): Uint8Array {
  const page = new PageWriter(length, id, LEAF, range.count);
  writeLeaf(page, rowsOf(bucket, range.first, range.count), flag);
  return page.bytes;
}

/** A page of those below. */
export function branchPage(
  id: number,
  length: number,
  children: readonly { readonly key: Uint8Array; readonly id: number }[],
): Uint8Array {
  const page = new PageWriter(length, id, BRANCH, children.length);
  children.forEach((child, index) => {
    const at = elementAt(index);
    page.uint32(at, page.append(child.key, at));
    page.uint32(at + 4, child.key.length);
    page.uint64(at + 8, child.id);
  });
  return page.bytes;
}

/** The value of a bucket's own entry: where its root is. */
export function bucketEntry(root: number): Uint8Array {
  const entry = new Uint8Array(BUCKET_HEADER_BYTES);
  // Behind it comes the bucket's sequence, which etcd does not use.
  new DataView(entry.buffer).setBigUint64(0, BigInt(root), true);
  return entry;
}

/** The value of a small bucket's own entry: no root, and all its rows. */
export function inlineBucketEntry(bucket: Bucket, bytes: number): Uint8Array {
  const page = new PageWriter(bytes, 0, LEAF, bucket.length);
  writeLeaf(page, rowsOf(bucket, 0, bucket.length), EntryFlag.row);
  const entry = new Uint8Array(BUCKET_HEADER_BYTES + bytes);
  entry.set(page.bytes, BUCKET_HEADER_BYTES);
  return entry;
}

/** What a meta page says. */
export interface Meta {
  /** The page of the root bucket. */
  readonly root: number;
  /** How many pages there are. */
  readonly pages: number;
  /** The number of the transaction that wrote the file. */
  readonly transaction: number;
}

/** One of the two meta pages. The list of free pages is not kept: etcd finds them when it opens the file. */
export function metaPage(id: 0 | 1, { root, pages, transaction }: Meta): Uint8Array {
  const page = new PageWriter(PAGE_BYTES, id, META, 0);
  const at = PAGE_HEADER_BYTES;
  page.uint32(at, MAGIC);
  page.uint32(at + 4, VERSION);
  page.uint32(at + 8, PAGE_BYTES);
  page.uint64(at + 16, root);
  page.big64(at + 32, NO_FREE_LIST);
  page.uint64(at + 40, pages);
  page.uint64(at + 48, transaction);
  const meta = page.bytes.subarray(at, at + META_BYTES);
  page.big64(at + CHECKSUM_AT, fnv64a(meta.subarray(0, CHECKSUM_AT)));
  return page.bytes;
}
