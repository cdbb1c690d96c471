// The ceiling on a process's memory, as a flag.

import type { MemoryCeiling } from "../apiserver/mod.ts";
import { systemClock } from "../runtime/clock.ts";
import { type Arguments, type Flag, integerFlag } from "./command.ts";
import { load } from "./load.ts";

const MIB_MAX = 1 << 24;

/** The flag. */
export const MEMORY_FLAG: Flag = {
  name: "memory-limit",
  value: "MIB",
  help: "Refuse new lists and watches with 429 while the process is larger; 0 never does",
  default: "0",
};

/** What the flag says. Throws a `UsageError`. */
export async function memoryCeilingOf(args: Arguments): Promise<MemoryCeiling | undefined> {
  const limit = integerFlag(args, MEMORY_FLAG.name, 0, MIB_MAX);
  if (limit === 0) return undefined;
  const { MemoryCeiling } = await load<typeof import("../apiserver/http/memory_ceiling.ts")>(
    import.meta.resolve("../apiserver/http/memory_ceiling.ts"),
  );
  return new MemoryCeiling({ limit_bytes: limit * 2 ** 20, clock: systemClock });
}
