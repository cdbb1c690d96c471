// Clusters that have ended leave nothing behind: neither themselves, nor open
// files, nor memory that grows with how many there have been.

import { assert, assertEquals } from "@std/assert";

const COUNT = 20;
const ROUNDS = 4;
/** The variables of a loop's last turn may outlive it: a server and its store. */
const LAST_ONES_MAX = 2;
/** Files that come with the process's first listener, fetch and thread. */
const FILES_MAX = 3;
/** A cluster that lives holds more than twice as much. */
const LEFT_KIB_MAX = 25;

interface Measured {
  readonly made: number;
  readonly held: number;
  readonly heapKiB: number;
  readonly files: number;
}

Deno.test("clusters that have ended are gone, with their listeners, watches and stores", async () => {
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--v8-flags=--expose-gc",
      new URL("_ended_clusters.ts", import.meta.url).pathname,
      String(COUNT),
      String(ROUNDS),
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const report = JSON.parse(new TextDecoder().decode(stdout)) as Measured[];
  assertEquals(report.length, ROUNDS + 3);
  const [first, second] = report as [Measured, Measured, ...Measured[]];
  for (const { made, held, files } of report) {
    assert(made >= 2 * COUNT);
    assert(held <= LAST_ONES_MAX, `${held} of ${made} are still held`);
    assert(files - first.files <= FILES_MAX, `${files} files are open, ${first.files} were`);
  }
  const last = report[ROUNDS - 1]!;
  const left_kib = (last.heapKiB - second.heapKiB) / (COUNT * (ROUNDS - 2));
  assert(left_kib < LEFT_KIB_MAX, `Each cluster leaves ${left_kib} KiB`);
});
