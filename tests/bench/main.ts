// `deno task bench [--quick] [NAME…]`: measurements as tables, and as JSON with
// --json FILE. Nothing here passes or fails: figures are compared within one
// run (docs/performance.md).

import { cel } from "./cel.ts";
import { definitions } from "./definitions.ts";
import { churn } from "./churn.ts";
import { clusterChurn } from "./cluster_churn.ts";
import { emptyClusters } from "./empty_clusters.ts";
import { fanOut } from "./fan_out.ts";
import { firstAnswer } from "./first_answer.ts";
import { requests } from "./requests.ts";
import { workloadClusters } from "./workload_clusters.ts";

/** One measurement: what it is, its columns, and rows made by running it. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  run(options: BenchOptions): Promise<Row[]>;
}

/** How much is measured. */
export interface BenchOptions {
  /** The few rows that matter most, in a few minutes instead of an hour. */
  readonly quick: boolean;
}

/** A row of a result, by column. */
export type Row = Record<string, string | number>;

const BENCHES: readonly Bench[] = [
  firstAnswer,
  emptyClusters,
  workloadClusters,
  requests,
  fanOut,
  churn,
  clusterChurn,
  cel,
  definitions,
];

function printTable(title: string, rows: readonly Row[]): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => (line[i] ?? "").length)));
  const lines = cells.map((line) =>
    line.map((cell, i) => cell.padStart(widths[i] ?? 0)).join("  ")
  );
  // deno-lint-ignore no-console -- a program's output
  console.log(`\n${title}\n${lines.join("\n")}`);
}

const jsonAt = Deno.args.indexOf("--json");
const jsonFile = jsonAt < 0 ? undefined : Deno.args[jsonAt + 1];
const quick = Deno.args.includes("--quick");
const names = Deno.args.filter((arg, i) =>
  arg !== "--quick" && (jsonAt < 0 || (i !== jsonAt && i !== jsonAt + 1))
);
const results: Record<string, Row[]> = {};
for (const bench of BENCHES) {
  if (names.length > 0 && !names.includes(bench.name)) continue;
  const rows = await bench.run({ quick });
  results[bench.name] = rows;
  printTable(bench.title, rows);
}
if (jsonFile !== undefined) await Deno.writeTextFile(jsonFile, JSON.stringify(results, null, 2));
