// How the provider is called that a run plays with: from the sources, or as
// Dockerfile.npm or Dockerfile makes it. Their instructions are carried out in
// the folder of the run, on the files that .dockerignore leaves.

import { entrypointOf, instructionsOf, moved } from "./dockerfile.ts";
import { output } from "./program.ts";
import type { Settings } from "./settings.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const FILES = { image: "Dockerfile.npm", compiled: "Dockerfile" };
/** The Deno that runs this stands for the image's own, and for the system's programs its base. */
const PATH = `PATH=${Deno.execPath().replace(/\/[^/]*$/, "")}:/usr/bin:/bin`;
const made = new Map<string, Promise<string[]>>();

/** `capim` as the run asks for it, made once. */
export function capimOf({ provider, work }: Settings): Promise<string[]> {
  if (provider === "source") {
    return Promise.resolve([Deno.execPath(), "run", "-A", `${ROOT}cmd/capim.ts`]);
  }
  const folder = `${work}/${provider}`;
  const found = made.get(folder) ?? make(FILES[provider], folder);
  made.set(folder, found);
  return found;
}

/**
 * Carries out a Dockerfile below the folder. `deno compile` brings its runtime
 * from the network, or takes the file that DENORT_BIN names.
 */
async function make(file: string, folder: string): Promise<string[]> {
  const instructions = instructionsOf(await Deno.readTextFile(ROOT + file));
  const ignored = (await Deno.readTextFile(`${ROOT}.dockerignore`)).trim().split("\n");
  let place = folder;
  let variables: string[] = [];
  for (const { name, text } of instructions) {
    const here = moved(text, folder);
    if (name === "FROM") variables = [];
    if (name === "ENV") variables.push(...here.split(" "));
    if (name === "WORKDIR") place = here;
    if (name === "COPY" && text === ". .") await copy(ROOT, place, ignored);
    if (name === "RUN" && !text.startsWith("npm install --global deno")) {
      await output(["env", "-C", place, PATH, ...variables, "sh", "-c", here]);
    }
  }
  const entry = entrypointOf(instructions).map((arg) => moved(arg, folder));
  return ["env", "-i", PATH, ...variables, ...entry];
}

async function copy(from: string, to: string, ignored: readonly string[] = []): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    if (ignored.includes(name)) continue;
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
