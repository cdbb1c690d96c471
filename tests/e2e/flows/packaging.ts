// How the provider is called that a run plays with: from the sources, or as
// Dockerfile.npm or Dockerfile makes it. Their commands are read from them and
// carried out in the folder of the run, on the files that .dockerignore leaves.

import { output } from "./program.ts";
import type { Settings } from "./settings.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const made = new Map<string, Promise<string[]>>();

/** `capim` as the run asks for it, made once. */
export function capimOf({ provider, work }: Settings): Promise<string[]> {
  const folder = `${work}/${provider}`;
  const found = made.get(folder) ?? make(provider, folder);
  made.set(folder, found);
  return found;
}

async function make(provider: Settings["provider"], folder: string): Promise<string[]> {
  if (provider === "source") return [Deno.execPath(), "run", "-A", `${ROOT}cmd/capim.ts`];
  const ignored = (await Deno.readTextFile(`${ROOT}.dockerignore`)).trim().split("\n");
  await copy(ROOT, `${folder}/app`, ignored);
  return provider === "image" ? await image(folder) : await compiled(folder);
}

/** The image that has all modules in DENO_DIR. */
async function image(folder: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${ROOT}Dockerfile.npm`);
  const [, variables = ""] = /^ENV (.*)$/m.exec(text) ?? [];
  const env = variables.split(" ").map((pair) => pair.replace("=/", `=${folder}/`));
  await run(
    `${folder}/app`,
    env,
    lineOf(text, "RUN", "deno install").replaceAll("/deno", `${folder}/deno`),
  );
  const [, entry = ""] = /^ENTRYPOINT (.*)$/m.exec(text) ?? [];
  const [, ...args] = (JSON.parse(entry) as string[]).map((arg) =>
    arg.replace("/app/", `${folder}/app/`)
  );
  return ["env", "-i", ...env, Deno.execPath(), ...args];
}

/** The program of one file. Deno brings its runtime from the network, or takes the file that DENORT_BIN names. */
async function compiled(folder: string): Promise<string[]> {
  const text = await Deno.readTextFile(`${ROOT}Dockerfile`);
  const command = lineOf(text, "RUN", "deno compile").replace(
    "--output /capim",
    `--output ${folder}/capim`,
  );
  await run(`${folder}/app`, [], command);
  return ["env", "-i", `${folder}/capim`];
}

function lineOf(text: string, instruction: string, command: string): string {
  const line = text.split("\n").find((one) =>
    one.startsWith(`${instruction} `) && one.includes(command)
  );
  if (line === undefined) {
    throw new Error(`No "${instruction}" with "${command}" in the Dockerfile`);
  }
  return line.slice(instruction.length + 1);
}

/** By a shell, as `RUN` does; its `deno` is the one that runs this. */
async function run(folder: string, env: readonly string[], command: string): Promise<void> {
  const path = `PATH=${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`;
  await output(["env", "-C", folder, path, ...env, "sh", "-c", command]);
}

async function copy(from: string, to: string, ignored: readonly string[] = []): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    if (ignored.includes(name)) continue;
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else if (isFile) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
