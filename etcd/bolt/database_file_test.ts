// Files as bbolt would read them. That real ones do is held by the etcd suite
// of the end-to-end tests.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { SeededRandom } from "../../runtime/random.ts";
import { DatabaseReader } from "./_database_reader_for_test.ts";
import { type Row, RowBucket } from "./bucket.ts";
import { DatabaseFile } from "./database_file.ts";

const encoder = new TextEncoder();
const row = (key: string, bytes: number): Row => ({
  key: encoder.encode(key),
  value: new Uint8Array(bytes).fill(key.length),
});

/** Rows in a form that compares quickly. */
function textOf(buckets: Record<string, Row[]>): string {
  const part = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  const lines = Object.entries(buckets).map(([name, rows]) =>
    rows.map(({ key, value }) => `${name} ${part(key)} ${part(value)}`).join("\n")
  );
  return lines.join("\n\n");
}

function write(buckets: Record<string, Row[]>, size_bytes = 0, transaction = 7) {
  const made = Object.entries(buckets).map(([name, rows]) => new RowBucket(name, rows));
  const file = new DatabaseFile(made);
  return { file, bytes: Buffer.concat([...file.pieces(size_bytes, transaction)]) };
}

Deno.test("DatabaseFile writes small buckets into the page of the root", () => {
  const buckets = { a: [], b: [row("k", 3), row("l", 0)], c: [row("x", 900)] };
  for (const transaction of [6, 7]) {
    const { file, bytes } = write(buckets, 0, transaction);
    const reader = new DatabaseReader(bytes);
    assertEquals(reader.buckets(), buckets);
    assertEquals([file.live_bytes, file.commit_bytes, bytes.length], [12_288, 4_096, 12_288]);
  }
});

Deno.test("DatabaseFile sorts what comes in any order, and fills up to a size with free pages", () => {
  const { bytes, file } = write({ z: [row("b", 1), row("a", 1)], y: [] }, 5 * 4096);
  const reader = new DatabaseReader(bytes);
  assertEquals(reader.buckets(), { y: [], z: [row("a", 1), row("b", 1)] });
  assertEquals([bytes.length, reader.used_pages * 4096], [20_480, file.live_bytes]);
});

Deno.test("DatabaseFile gives large buckets a tree of any height, and large values pages of their own", () => {
  const number = (i: number) => String(i).padStart(400, "0");
  const cases: [name: string, rows: Row[], commit_pages: number][] = [
    ["just too large to be inside", [row("x", 992)], 2],
    ["one large value", [row("x", 100_000)], 2],
    ["large values among small ones", [row("a", 5), row("b", 20_000), row("c", 5)], 3],
    ["three levels", Array.from({ length: 300 }, (_, i) => row(number(i), 10)), 4],
    ["many small rows", Array.from({ length: 14_000 }, (_, i) => row(String(1e6 + i), 4)), 3],
  ];
  for (const [name, rows, commit_pages] of cases) {
    const { file, bytes } = write({ key: rows, other: [] });
    const reader = new DatabaseReader(bytes);
    assertEquals(textOf({ key: reader.buckets()["key"] ?? [] }), textOf({ key: rows }), name);
    assertEquals(reader.used_pages * 4096, bytes.length, name);
    assertEquals(file.commit_bytes, commit_pages * 4096, name);
  }
});

Deno.test("DatabaseFile holds any rows: 12 seeds", () => {
  for (let seed = 0; seed < 12; seed++) {
    const random = new SeededRandom(seed);
    const int = (below: number) => Math.floor(random.next() * below);
    const rowsOf = (count: number, largest: number) => {
      const keys = new Set(
        Array.from({ length: count }, () => `k${int(1e6)}`.padEnd(int(60), "-")),
      );
      return [...keys].sort().map((key) => row(key, int(random.next() < 0.1 ? largest : 50)));
    };
    const buckets = { a: rowsOf(int(1500), 9000), b: rowsOf(int(40), 300), c: rowsOf(int(5), 1e5) };
    const { file, bytes } = write(buckets);
    const reader = new DatabaseReader(bytes);
    assertEquals(textOf(reader.buckets()), textOf(buckets), `seed ${seed}`);
    assert(reader.used_pages * 4096 === file.live_bytes, `seed ${seed}`);
  }
});
