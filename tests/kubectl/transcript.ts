// Recordings, as text: what was typed (`$`), what came out (`|` standard output, `!` standard
// error) and the exit code where it is not zero (`=`), step after step.

/** What a command did. */
export interface Outcome {
  /** The arguments, as the step has them. */
  readonly args: string;
  /** Standard output, normalised. */
  readonly stdout: string;
  /** Standard error, normalised. */
  readonly stderr: string;
  /** The exit code. */
  readonly code: number;
}

/** A line without an end, as the last of an output. */
const UNENDED = "\\";

function marked(mark: string, text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  const last = lines.pop();
  if (last !== "") lines.push(`${last}${UNENDED}`);
  return lines.map((line) => line === "" ? mark : `${mark} ${line}`);
}

/** The lines of one outcome. */
export function outcomeLines({ args, stdout, stderr, code }: Outcome): string[] {
  return [
    `$ kubectl ${args}`,
    ...marked("|", stdout),
    ...marked("!", stderr),
    ...(code === 0 ? [] : [`= ${code}`]),
  ];
}

/** The text of a recording. */
export function writeTranscript(outcomes: readonly Outcome[]): string {
  return outcomes.map((outcome) => outcomeLines(outcome).join("\n") + "\n").join("\n");
}

/** The lines of each step of a recording. */
export function readTranscript(text: string): string[][] {
  const steps: string[][] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("$ ")) steps.push([line]);
    else if (line !== "") steps.at(-1)?.push(line);
  }
  return steps;
}
