// A bucket as a database file is made of: rows in the order of their keys,
// encoded when they are written and measured before that. Nothing here
// knows etcd. Source: bbolt.

import { compareBytes } from "../bytes.ts";

/** A key with its value. */
export interface Row {
  /** Not empty, and unlike those of the bucket's other rows. */
  readonly key: Uint8Array;
  /** May be empty. */
  readonly value: Uint8Array;
}

/** Rows in the order of their keys. Must not change while a file is made of them. */
export interface Bucket {
  /** The name. */
  readonly name: string;
  /** The number of rows. */
  readonly length: number;
  /** The length of a row's key, in bytes. */
  keyBytes(index: number): number;
  /** The length of a row's value, in bytes. */
  valueBytes(index: number): number;
  /** A row, encoded. */
  row(index: number): Row;
}

/** A bucket of rows that are there already, in any order. */
export class RowBucket implements Bucket {
  readonly name: string;
  readonly #rows: readonly Row[];

  /** Sorts the rows. */
  constructor(name: string, rows: readonly Row[]) {
    this.name = name;
    this.#rows = rows.toSorted((a, b) => compareBytes(a.key, b.key));
  }

  get length(): number {
    return this.#rows.length;
  }

  keyBytes(index: number): number {
    return this.row(index).key.length;
  }

  valueBytes(index: number): number {
    return this.row(index).value.length;
  }

  row(index: number): Row {
    return this.#rows[index] as Row;
  }
}
