// The folder of `--data-dir`.

import { join } from "node:path";
import type { ManagementStorage } from "../clusters/fake_management.ts";
import type { Logger } from "../runtime/log.ts";
import { UsageError } from "./command.ts";
import { load } from "./load.ts";

/** Opens the file of that name in the folder, which is made if need be. Throws {@linkcode UsageError}. */
export async function openStorage(
  directory: string,
  file: string,
  logger: Logger,
): Promise<ManagementStorage & { close(): void }> {
  // SQLite is loaded only where it is used.
  const { SqliteStorage } = await load<typeof import("../apiserver/persistence/sqlite_storage.ts")>(
    import.meta.resolve("../apiserver/persistence/sqlite_storage.ts"),
  );
  try {
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    const writing = (error: unknown) =>
      error === undefined
        ? logger.info("Clusters are kept again", { directory })
        : logger.error("Clusters cannot be kept: writes to them are refused", { directory, error });
    return new SqliteStorage(join(directory, file), { writing });
  } catch (error) {
    throw new UsageError(`Cannot keep clusters in ${directory}: ${(error as Error).message}`);
  }
}
