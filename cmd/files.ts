// Files that the command line writes and reads. They hold private keys, so
// nobody but their owner may read them; and they appear whole or not at all.

import { dirname } from "node:path";
import { UsageError } from "./command.ts";

/** Writes a file that only its owner can read, in one step. Throws {@linkcode UsageError}. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${Deno.pid}.tmp`;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(draft, text, { mode: 0o600 });
    await Deno.rename(draft, path);
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw new UsageError(`Cannot write ${path}: ${reason(error)}`);
  }
}

/** Reads a file. Throws {@linkcode UsageError}. */
export async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return (error as Error).message;
}
