// Where workload clusters listen: each on a port of its own, or all on one,
// told apart by the server name that clients ask for.

import { type Arguments, choiceFlag, type Flag, integerFlag, UsageError } from "./command.ts";

/** The flags that say it, beside `--cluster-ports`. */
export const LISTEN_FLAGS: readonly Flag[] = [
  {
    name: "listen-mode",
    value: "port|sni",
    help: "A port for each workload cluster, or one port and a server name for each",
    default: "port",
  },
  {
    name: "shared-port",
    value: "N",
    help: "The one port, with --listen-mode sni; 0 is any free one",
    default: "16444",
  },
  {
    name: "name-suffix",
    value: "DOMAIN",
    help: "What follows CLUSTER.NAMESPACE in server names; resolve it to --host",
    default: "capim.local",
  },
];

/** What the flags say: absent with a port for each cluster. Throws {@linkcode UsageError}. */
export function serverNamesOf(args: Arguments): { port: number; suffix: string } | undefined {
  const port = integerFlag(args, "shared-port", 0, 65535);
  if (choiceFlag(args, "listen-mode", ["port", "sni"]) === "port") return undefined;
  const suffix = args.flags["name-suffix"] ?? "";
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(suffix)) {
    throw new UsageError(
      `--name-suffix is "${suffix}"; it must be a domain in lower case, such as capim.local`,
    );
  }
  return { port, suffix };
}
