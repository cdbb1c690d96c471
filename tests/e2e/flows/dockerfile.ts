// What a Dockerfile of ours asks for, as far as it can be carried out without
// a container: its folders are moved below one of the machine's.

/** An instruction in its upper case, and what follows it. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions, in their order. None of ours goes over more than one line. */
export function instructionsOf(dockerfile: string): Instruction[] {
  return dockerfile.split("\n").filter((line) => /^[A-Z]+ /.test(line)).map((line) => {
    const end = line.indexOf(" ");
    return { name: line.slice(0, end), text: line.slice(end + 1).trim() };
  });
}

/** What our Dockerfiles make at the root of the image. */
const MADE = /(^|[\s=>"'])\/(app|deno|manager|src)(?=$|[\s/"'])/g;

/** The text with the image's paths below the folder. The system's own, such as `/bin/sh`, stay. */
export function moved(text: string, folder: string): string {
  return text.replace(MADE, (_, before: string, name: string) => `${before}${folder}/${name}`);
}

/** The program and arguments that `ENTRYPOINT` has as a list. Throws `Error` when it has none. */
export function entrypointOf(instructions: readonly Instruction[]): string[] {
  const entry = instructions.findLast(({ name }) => name === "ENTRYPOINT");
  if (entry === undefined) throw new Error("The Dockerfile has no ENTRYPOINT");
  return JSON.parse(entry.text) as string[];
}
