// Where workload clusters listen: each on a port of its own, or all on one,
// told apart by the server name that clients ask for or by the path.

import type { ServerNames, ServerPaths } from "../mod.ts";
import { type Arguments, choiceFlag, type Flag, integerFlag, UsageError } from "./command.ts";

/** The flags that say it, beside `--cluster-ports`. */
export const LISTEN_FLAGS: readonly Flag[] = [
  {
    name: "listen-mode",
    value: "port|sni|path",
    help:
      "A port for each workload cluster, or one port and a server name for each, or one port and a path (/clusters/NAMESPACE/NAME) for each (capim up only)",
    default: "port",
  },
  {
    name: "shared-port",
    value: "N",
    help: "The one port, with --listen-mode sni or path; 0 is any free one",
    default: "16444",
  },
  {
    name: "name-suffix",
    value: "DOMAIN",
    help: "What follows CLUSTER.NAMESPACE in server names; resolve it to --host",
    default: "capim.local",
  },
];

/** What a fleet is to be told; empty with a port for each cluster. */
export interface ListenMode {
  /** With `sni`. */
  readonly serverNames?: ServerNames;
  /** With `path`. */
  readonly serverPaths?: ServerPaths;
}

/** What the flags say. Throws {@linkcode UsageError}. */
export function listenModeOf(args: Arguments): ListenMode {
  const port = integerFlag(args, "shared-port", 0, 65535);
  const mode = choiceFlag(args, "listen-mode", ["port", "sni", "path"]);
  if (mode === "port") return {};
  if (mode === "path") return { serverPaths: { port } };
  const suffix = args.flags["name-suffix"] ?? "";
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(suffix)) {
    throw new UsageError(
      `--name-suffix is "${suffix}"; it must be a domain in lower case, such as capim.local`,
    );
  }
  return { serverNames: { port, suffix } };
}
