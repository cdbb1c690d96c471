// Runs every file of commands with every kubectl that has recordings (recorded/1.NN) and is
// installed as `kubectl.1.NN` beside the real path of `kubectl`, or as `kubectl` itself, each
// against a `capim serve` of its own. Differences that are explained stand in
// known_differences.yaml; one that has gone must leave the list.
// Usage: tests/kubectl/run [--versions 1.28,1.33] [--only NAME,…] [--by-path]
// --by-path puts the cluster below a path of a port that it shares.

import { parse } from "yaml";
import { compare, type Failure, flag, minorVersion, say, scenariosOf } from "./run.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
const START_TIMEOUT_MS = 30_000;
const BY_PATH = Deno.args.includes("--by-path");

/** A difference that stays. */
interface Known {
  readonly file: string;
  readonly args: string;
  /** Minor versions of kubectl that show it; absent for all. */
  readonly versions?: readonly number[];
  readonly reason: string;
}

/** The kubectl of a minor version, if there is one. */
async function findKubectl(minor: number): Promise<string | undefined> {
  const which = await new Deno.Command("sh", { args: ["-c", "command -v kubectl"] }).output();
  const path = new TextDecoder().decode(which.stdout).trim();
  if (path === "") return undefined;
  const real = await Deno.realPath(path);
  const versioned = `${real.slice(0, real.lastIndexOf("/"))}/kubectl.1.${minor}`;
  const found = await Deno.stat(versioned).then(() => true, () => false);
  if (found) return versioned;
  return await minorVersion(real) === minor ? real : undefined;
}

/** Starts a bare fake cluster and tells its kubeconfig. */
async function serve(kubeconfig: string): Promise<Deno.ChildProcess> {
  const args = BY_PATH
    ? [`${FOLDER}path_server.ts`, kubeconfig]
    : [`${FOLDER}../../cmd/capim.ts`, "serve", "--controllers", "none", "--kubeconfig", kubeconfig];
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let heard = "";
  const timer = setTimeout(() => process.kill(), START_TIMEOUT_MS);
  const reader = process.stdout.getReader();
  while (!heard.includes("ready")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`capim serve did not start: ${heard}`);
    heard += new TextDecoder().decode(value);
  }
  clearTimeout(timer);
  reader.releaseLock();
  return process;
}

/** What became of one version. */
interface Tally {
  passed: number;
  failed: number;
  known: number;
}

function explained(known: readonly Known[], minor: number, file: string, { step }: Failure) {
  const args = step.slice(step.indexOf(": ") + 2);
  return known.find((entry) =>
    entry.file === file && entry.args === args && (entry.versions?.includes(minor) ?? true)
  );
}

async function runVersion(minor: number, kubectl: string, known: Known[]): Promise<Tally> {
  const folder = await Deno.makeTempDir({ prefix: "capim-kubectl-" });
  const process = await serve(`${folder}/kubeconfig`);
  const tally = { passed: 0, failed: 0, known: 0 };
  try {
    const kubeconfig = await Deno.readTextFile(`${folder}/kubeconfig`);
    for (const scenario of await scenariosOf(minor, flag("only")?.split(","))) {
      const expected = new Set(
        known.filter((entry) =>
          entry.file === scenario.name && (entry.versions?.includes(minor) ?? true)
        ),
      );
      const { file, passed, failures } = await compare(scenario, { kubectl, minor, kubeconfig });
      const lines: string[] = [];
      for (const failure of failures) {
        const entry = explained(known, minor, file, failure);
        // kubectl itself takes the argument of --raw for the whole path.
        if (BY_PATH && failure.step.includes(" --raw ")) tally.known++;
        else if (entry === undefined) lines.push(failure.step, ...failure.difference.map(indent));
        else if (expected.delete(entry)) tally.known++;
      }
      for (const entry of expected) {
        lines.push(`passes and must leave known_differences.yaml: ${entry.args}`);
      }
      const wrong = lines.filter((line) => !line.startsWith(" ")).length;
      tally.passed += passed;
      tally.failed += wrong;
      const all = passed + failures.length;
      say([`1.${minor} ${file}: ${passed} of ${all} as recorded`, ...lines.map(indent)].join("\n"));
    }
  } finally {
    process.kill();
    await process.status;
    await Deno.remove(folder, { recursive: true });
  }
  return tally;
}

function indent(line: string): string {
  return `  ${line}`;
}

async function recordedVersions(): Promise<number[]> {
  const wanted = flag("versions")?.split(",");
  const versions: number[] = [];
  for await (const { name } of Deno.readDir(`${FOLDER}recorded`)) {
    if (wanted === undefined || wanted.includes(name)) versions.push(Number(name.slice(2)));
  }
  return versions.sort((a, b) => a - b);
}

async function main(): Promise<number> {
  const known =
    (parse(await Deno.readTextFile(`${FOLDER}known_differences.yaml`)) ?? []) as Known[];
  const total: Tally = { passed: 0, failed: 0, known: 0 };
  let ran = 0;
  for (const minor of await recordedVersions()) {
    const kubectl = await findKubectl(minor);
    if (kubectl === undefined) {
      say(`1.${minor}: no such kubectl here`);
      continue;
    }
    const tally = await runVersion(minor, kubectl, known);
    say(
      `1.${minor}: ${tally.passed} passed, ${tally.failed} failed, ${tally.known} known to differ`,
    );
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.known += tally.known;
    ran++;
  }
  say(`${total.known} known to differ`);
  say(`${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 && ran > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
