// Replays recorded exchanges with kube-apiserver 1.36.3 (corpus/) against a
// fake cluster over TLS. Scenarios that are known to differ stand in
// known_differences.json with the level at which they agree; every other one
// must agree strictly. Some wait for events with short timeouts, so what
// differs is looked at again, alone, before it counts.
// Update the list with: deno run -A tests/oracle/oracle_test.ts --update

import { assertEquals } from "@std/assert";
import { FakeCluster } from "../../mod.ts";
import { accessFromKubeconfig, Client } from "./lib/client.ts";
import { differences, view } from "./lib/compare.ts";
import { type Outcome, readCorpus, runAll, type ScenarioFile } from "./lib/corpus.ts";
import { withoutIgnored } from "./lib/runner.ts";
import type { Json, Level } from "./lib/types.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
const KNOWN = `${FOLDER}known_differences.json`;
const JOBS = 8;
const LOOKS_MAX = 3;

/** The strictest level at which a scenario agrees. */
type Agreement = "strict" | "loose" | "none";
const RANK: Readonly<Record<Agreement, number>> = { none: 0, loose: 1, strict: 2 };

function agreement({ observations, error }: Outcome): Agreement {
  if (error !== undefined) return "none";
  const agrees = (level: Level) =>
    observations.every(({ step, actual, error }) =>
      error === undefined && actual !== undefined && step.expect !== undefined &&
      differences(
          view(withoutIgnored(step, step.expect as unknown as Json), level),
          view(actual, level),
        ).length === 0
    );
  return agrees("strict") ? "strict" : agrees("loose") ? "loose" : "none";
}

const nameOf = ({ scenario }: ScenarioFile) => `${scenario.area}/${scenario.name}`;

/** How far each scenario agrees; those below what `known` says are looked at again. */
async function replay(known: Readonly<Record<string, Agreement>>): Promise<Map<string, Agreement>> {
  await using cluster = await FakeCluster.start({ controllers: "none" });
  const kubeconfig = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(kubeconfig, await cluster.kubeconfig());
    const client = new Client(await accessFromKubeconfig(kubeconfig));
    const best = new Map<string, Agreement>();
    const isBelow = (file: ScenarioFile) =>
      RANK[best.get(nameOf(file)) ?? "none"] < RANK[known[nameOf(file)] ?? "strict"];
    let files = await readCorpus([`${FOLDER}corpus`]);
    for (let look = 0; look < LOOKS_MAX && files.length > 0; look++) {
      await runAll(files, client, look === 0 ? JOBS : 1, (outcome) => {
        const name = nameOf(outcome.file);
        const now = agreement(outcome);
        if (RANK[now] >= RANK[best.get(name) ?? "none"]) best.set(name, now);
      });
      files = files.filter(isBelow);
    }
    client.close();
    return best;
  } finally {
    await Deno.remove(kubeconfig);
  }
}

if (Deno.args.includes("--update")) {
  const differing = [...await replay({})].filter(([, level]) => level !== "strict");
  const sorted = Object.fromEntries(differing.sort(([a], [b]) => a < b ? -1 : 1));
  await Deno.writeTextFile(KNOWN, `${JSON.stringify(sorted, null, 2)}\n`);
} else {
  Deno.test("FakeCluster answers as kube-apiserver 1.36 does", async () => {
    const known = JSON.parse(await Deno.readTextFile(KNOWN)) as Record<string, Agreement>;
    const worse = [...await replay(known)].filter(([name, level]) =>
      RANK[level] < RANK[known[name] ?? "strict"]
    );
    assertEquals(worse, []);
  });
}
