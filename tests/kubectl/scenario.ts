// Files of kubectl commands (commands/*.yaml): their format and how they are read. A file is a
// story of one namespace, `t-` and the file's name, which its kubeconfig is set to; whatever else
// it makes it deletes again, since files run one after the other against the same server.

import { parse } from "yaml";

/** One command, or the end of one that runs beside others. */
export interface Step {
  /** The arguments of kubectl, quoted as for a shell. */
  readonly args: string;
  /** What kubectl reads from its standard input. */
  readonly stdin?: string;
  /** Files written into the working folder before the command runs. */
  readonly files?: Readonly<Record<string, string>>;
  /** Environment variables of the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is replaced in the output, beside what normalise.ts knows: pattern and replacement. */
  readonly mask?: readonly (readonly [string, string])[];
  /** Compare the lines in sorted order, where the client leaves their order to chance. */
  readonly unordered?: boolean;
  /** Compare nothing: the step only prepares others. */
  readonly silent?: boolean;
  /** Repeat it until it succeeds, where the real server publishes something a moment later. */
  readonly patient?: boolean;
  /** The least minor version of kubectl that knows the command. */
  readonly since?: number;
  /** The last minor version of kubectl that knows the command. */
  readonly to?: number;
  /** Runs beside the steps that follow, under this name, once its output matches `ready`. */
  readonly background?: string;
  /** What the output of a background command shows when it has started. */
  readonly ready?: string;
  /** Waits for the background command of this name (its `args` are repeated here). */
  readonly finish?: string;
  /** What the output of a finished background command shows at last; then it is interrupted. */
  readonly until?: string;
}

/** A file of commands. */
export interface Scenario {
  /** The file's name without its ending. */
  readonly name: string;
  /** What the file is about, in a line. */
  readonly description: string;
  /** Files in the working folder from the start. */
  readonly files: Readonly<Record<string, string>>;
  /** The commands, in order. */
  readonly steps: readonly Step[];
}

/** Reads every file of commands in a folder, in the order of their names. */
export async function readScenarios(folder: string): Promise<Scenario[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isFile && entry.name.endsWith(".yaml")) names.push(entry.name.slice(0, -5));
  }
  return await Promise.all(
    names.sort().map(async (name) => {
      const text = await Deno.readTextFile(`${folder}/${name}.yaml`);
      const { description, files = {}, steps } = parse(text) as Omit<Scenario, "name">;
      return { name, description, files, steps };
    }),
  );
}

/** The steps that a minor version of kubectl knows. */
export function stepsOf(scenario: Scenario, minor: number): Step[] {
  return scenario.steps.filter(({ since = 0, to = Infinity }) => since <= minor && minor <= to);
}

/** Splits a command line as a shell does, with quotes and without anything else. */
export function splitArguments(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)) {
    words.push(word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
  }
  return words;
}
