// Runs the files of commands/ with one kubectl against one server and compares what it prints
// with what the same kubectl printed against kube-apiserver 1.36.3 (recorded/), or records it.
// Usage: deno run -A tests/kubectl/run.ts --kubeconfig FILE --kubectl BIN [--record]
//          [--only NAME,…] [--quiet]

import { execute, type Target } from "./execute.ts";
import { readScenarios, type Scenario, type Step, stepsOf } from "./scenario.ts";
import { readTranscript, writeTranscript } from "./transcript.ts";

const FOLDER = new URL(".", import.meta.url).pathname;

/** What a run of one file found. */
export interface Report {
  /** The file's name. */
  readonly file: string;
  /** How many commands printed what was recorded. */
  readonly passed: number;
  /** The commands that did not, with the lines that differ. */
  readonly failures: readonly Failure[];
}

/** A command that printed something else. */
export interface Failure {
  /** The number of the step in its file, from 1, and its arguments. */
  readonly step: string;
  /** Lines of the recording alone (`-`) and of this run alone (`+`). */
  readonly difference: readonly string[];
}

/** The minor version of a kubectl. */
export async function minorVersion(kubectl: string): Promise<number> {
  const { stdout } = await new Deno.Command(kubectl, {
    args: ["version", "--client", "--output=json"],
    stderr: "null",
  }).output();
  const { clientVersion } = JSON.parse(new TextDecoder().decode(stdout));
  return parseInt(clientVersion.minor);
}

function recordingPath(minor: number, file: string): string {
  return `${FOLDER}recorded/1.${minor}/${file}.txt`;
}

/** Runs one file and compares, step by step. */
export async function compare(scenario: Scenario, target: Target): Promise<Report> {
  const recorded = readTranscript(
    await Deno.readTextFile(recordingPath(target.minor, scenario.name)),
  );
  const outcomes = await execute(scenario, target);
  const actual = readTranscript(writeTranscript(outcomes));
  const failures: Failure[] = [];
  for (let index = 0; index < Math.max(recorded.length, actual.length); index++) {
    const difference = differingLines(recorded[index] ?? [], actual[index] ?? []);
    const args = (actual[index] ?? recorded[index])?.[0]?.slice("$ kubectl ".length);
    if (difference.length > 0) failures.push({ step: `${index + 1}: ${args}`, difference });
  }
  return { file: scenario.name, passed: recorded.length - failures.length, failures };
}

/** Lines that only one side has, found by their longest common subsequence. */
function differingLines(recorded: string[], actual: string[]): string[] {
  const rows = recorded.length;
  const columns = actual.length;
  const lengths = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      lengths[row]![column] = recorded[row] === actual[column]
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const out: string[] = [];
  let row = 0;
  let column = 0;
  while (row < rows || column < columns) {
    if (row < rows && column < columns && recorded[row] === actual[column]) {
      row++;
      column++;
    } else if (column >= columns || (row < rows && at(row + 1, column) >= at(row, column + 1))) {
      out.push(`- ${recorded[row++]}`);
    } else out.push(`+ ${actual[column++]}`);
  }
  return out;
}

/** Runs one file and keeps what it printed; repeated, to see that it prints the same. */
async function record(scenario: Scenario, target: Target): Promise<void> {
  const path = recordingPath(target.minor, scenario.name);
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, writeTranscript(await execute(scenario, target)));
}

/** The files of commands that were recorded with a minor version. */
export async function scenariosOf(minor: number, only?: readonly string[]): Promise<Scenario[]> {
  const scenarios = await readScenarios(`${FOLDER}commands`);
  const known = scenarios.filter(({ name }) => only === undefined || only.includes(name));
  return known.filter((scenario) => stepsOf(scenario, minor).some((step: Step) => !step.silent));
}

/** The value of a flag on the command line. */
export function flag(name: string): string | undefined {
  const index = Deno.args.indexOf(`--${name}`);
  return index < 0 ? undefined : Deno.args[index + 1];
}

/** Prints a line. */
export function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function main(): Promise<number> {
  const kubeconfig = flag("kubeconfig");
  const kubectl = flag("kubectl");
  if (kubeconfig === undefined || kubectl === undefined) {
    say("Usage: run.ts --kubeconfig FILE --kubectl BIN [--record] [--only NAME,…]");
    return 2;
  }
  const minor = await minorVersion(kubectl);
  const target = { kubectl, minor, kubeconfig: await Deno.readTextFile(kubeconfig) };
  let failed = 0;
  let passed = 0;
  for (const scenario of await scenariosOf(minor, flag("only")?.split(","))) {
    if (Deno.args.includes("--record")) {
      await record(scenario, target);
      say(`recorded ${scenario.name}`);
      continue;
    }
    const report = await compare(scenario, target);
    say(`${report.file}: ${report.passed} passed, ${report.failures.length} failed`);
    for (const { step, difference } of Deno.args.includes("--quiet") ? [] : report.failures) {
      say([`  ${step}`, ...difference.map((line) => `    ${line}`)].join("\n"));
    }
    passed += report.passed;
    failed += report.failures.length;
  }
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
