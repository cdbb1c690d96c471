// Reads a bbolt file for tests, and finds fault with what bbolt's own check
// would: the metas' checksums, the order of keys, pages outside the file or
// in it twice. Source: bbolt's file format.

import { assert, assertEquals } from "@std/assert";
import { fnv64a } from "../../runtime/label_value.ts";
import { compareBytes } from "../bytes.ts";
import type { Row } from "./bucket.ts";
import { PAGE_BYTES } from "./pages.ts";

const HEADER_BYTES = 16;
const [BRANCH, LEAF, META] = [1, 2, 4];

/** A file in memory. */
export class DatabaseReader {
  /** How many pages the data takes, metas included. */
  used_pages = 2;
  readonly #file: Uint8Array;
  readonly #view: DataView;
  readonly #seen = new Set<number>();

  constructor(bytes: Uint8Array) {
    const file = this.#file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  }

  /** All buckets with their rows. */
  buckets(): Record<string, Row[]> {
    const roots = [0, 1].map((id) => this.#meta(id));
    const [first, second] = roots;
    assertEquals(first?.root, second?.root);
    assertEquals(Math.abs(Number(first?.transaction) - Number(second?.transaction)), 1);
    const text = new TextDecoder();
    return Object.fromEntries(
      [...this.#rows(Number(first?.root), 1)].map(({ key, value }) => {
        return [text.decode(key), this.#bucket(value)];
      }),
    );
  }

  #meta(id: number): { root: bigint; transaction: bigint } {
    const view = this.#view;
    const at = id * PAGE_BYTES;
    assertEquals([view.getBigUint64(at, true), view.getUint16(at + 8, true)], [BigInt(id), META]);
    const meta = at + HEADER_BYTES;
    const words = [0, 4, 8].map((offset) => view.getUint32(meta + offset, true));
    assertEquals(words, [0xed0cdaed, 2, PAGE_BYTES]);
    assertEquals(view.getBigUint64(meta + 32, true), 2n ** 64n - 1n);
    assertEquals(view.getBigUint64(meta + 40, true) * BigInt(PAGE_BYTES), BigInt(view.byteLength));
    const sum = fnv64a(this.#file.subarray(meta, meta + 56));
    assertEquals(view.getBigUint64(meta + 56, true), sum);
    const transaction = view.getBigUint64(meta + 48, true);
    assertEquals(transaction % 2n, BigInt(id));
    return { root: view.getBigUint64(meta + 16, true), transaction };
  }

  #bucket(entry: Uint8Array): Row[] {
    const view = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
    const root = Number(view.getBigUint64(0, true));
    if (root !== 0) return [...this.#rows(root, 0)];
    assert(entry.length <= 16 + PAGE_BYTES / 4);
    const inline = new DatabaseReader(entry.subarray(16));
    return [...inline.#leaf(0, 0)];
  }

  *#rows(id: number, flag: number): Generator<Row> {
    const view = this.#view;
    const at = id * PAGE_BYTES;
    assert(at < view.byteLength, `page ${id} is outside`);
    assertEquals(view.getBigUint64(at, true), BigInt(id));
    const span = 1 + view.getUint32(at + 12, true);
    for (let page = id; page < id + span; page++) {
      assert(page > 1 && !this.#seen.has(page), `page ${page} is there twice`);
      this.#seen.add(page);
    }
    this.used_pages += span;
    if (view.getUint16(at + 8, true) === LEAF) return yield* this.#leaf(at, flag);
    assertEquals(view.getUint16(at + 8, true), BRANCH);
    const count = view.getUint16(at + 10, true);
    assert(count >= 2, "a branch with one child");
    for (let i = 0; i < count; i++) {
      const element = at + HEADER_BYTES + i * 16;
      const key = this.#slice(element + view.getUint32(element, true), element + 4);
      let first: Uint8Array | undefined;
      for (const row of this.#rows(Number(view.getBigUint64(element + 8, true)), flag)) {
        first ??= row.key;
        yield row;
      }
      assertEquals(key, first);
    }
  }

  #slice(from: number, lengthAt: number): Uint8Array {
    return this.#file.subarray(from, from + this.#view.getUint32(lengthAt, true));
  }

  *#leaf(at: number, flag: number): Generator<Row> {
    const view = this.#view;
    let before: Uint8Array | undefined;
    for (let i = 0; i < view.getUint16(at + 10, true); i++) {
      const element = at + HEADER_BYTES + i * 16;
      assertEquals(view.getUint32(element, true), flag);
      const keyAt = element + view.getUint32(element + 4, true);
      const key = this.#slice(keyAt, element + 8);
      assert(before === undefined || compareBytes(before, key) < 0, "keys out of order");
      before = key;
      yield { key, value: this.#slice(keyAt + key.length, element + 12) };
    }
  }
}
