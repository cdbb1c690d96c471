// Replays recorded exchanges with kube-apiserver 1.36.3 (corpus/) against a
// fake cluster over TLS. Scenarios that are known to differ stand in
// known_differences.json with the strictest level they pass; anything else
// must agree strictly, and a difference that has gone must leave the list.
// Update it with: deno run -A tests/oracle/oracle_test.ts --update

import { assertEquals } from "@std/assert";
import { FakeCluster } from "../../mod.ts";
import { accessFromKubeconfig, Client } from "./lib/client.ts";
import { differences, view } from "./lib/compare.ts";
import { type Outcome, readCorpus, runAll } from "./lib/corpus.ts";
import { withoutIgnored } from "./lib/runner.ts";
import type { Json, Level } from "./lib/types.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
const KNOWN = `${FOLDER}known_differences.json`;
const JOBS = 8;

/** The strictest level at which a scenario agrees. */
type Agreement = "strict" | "loose" | "none";

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

async function replay(): Promise<Map<string, Agreement>> {
  await using cluster = await FakeCluster.start({ controllers: "none" });
  const kubeconfig = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(kubeconfig, await cluster.kubeconfig());
    const client = new Client(await accessFromKubeconfig(kubeconfig));
    const found = new Map<string, Agreement>();
    await runAll(await readCorpus([`${FOLDER}corpus`]), client, JOBS, (outcome) => {
      found.set(`${outcome.file.scenario.area}/${outcome.file.scenario.name}`, agreement(outcome));
    });
    client.close();
    return found;
  } finally {
    await Deno.remove(kubeconfig);
  }
}

function differing(found: Map<string, Agreement>): Record<string, Agreement> {
  const entries = [...found].filter(([, level]) => level !== "strict");
  return Object.fromEntries(entries.sort(([a], [b]) => a < b ? -1 : 1));
}

if (Deno.args.includes("--update")) {
  const found = differing(await replay());
  await Deno.writeTextFile(KNOWN, `${JSON.stringify(found, null, 2)}\n`);
} else {
  Deno.test("FakeCluster answers as kube-apiserver 1.36 does", async () => {
    const known = JSON.parse(await Deno.readTextFile(KNOWN)) as Record<string, Agreement>;
    assertEquals(differing(await replay()), known);
  });
}
