// How this program is called, for hints that name a command: as one compiled
// file, or by Deno from a checkout, from an image or from a registry.

import { fileURLToPath } from "node:url";

/** What the platform knows of the process. */
export interface Process {
  /** Compiled into one file. */
  readonly standalone: boolean;
  /** The program that runs, a path. */
  readonly execPath: string;
  /** The module that was started, a URL. */
  readonly mainModule: string;
  /** The present folder. */
  readonly cwd: string;
}

/**
 * `capim` as whoever started this process can call it again, in the folder where they are.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { invocation } from "./invocation.ts";
 *
 * const compiled = { standalone: true, execPath: "/capim", mainModule: "", cwd: "/" };
 * assertEquals(invocation(compiled), "/capim");
 * ```
 */
export function invocation(process: Process = thisProcess()): string {
  const { standalone, execPath, mainModule, cwd } = process;
  if (standalone) return within(execPath, cwd, "./");
  const module = mainModule.startsWith("file:")
    ? within(fileURLToPath(mainModule), cwd, "")
    : mainModule;
  return `npx -y deno@2.9 run -A ${module}`;
}

function thisProcess(): Process {
  return {
    standalone: Deno.build.standalone,
    execPath: Deno.execPath(),
    mainModule: Deno.mainModule,
    cwd: Deno.cwd(),
  };
}

/** The path as seen from the folder, where that is shorter. */
function within(path: string, folder: string, prefix: string): string {
  return folder !== "/" && path.startsWith(`${folder}/`)
    ? prefix + path.slice(folder.length + 1)
    : path;
}
