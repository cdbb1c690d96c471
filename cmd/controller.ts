// `capim controller`: the in-memory infrastructure provider for a management
// cluster that runs elsewhere.

import { systemClock } from "../runtime/clock.ts";
import { formatRecord, makeLogger } from "../runtime/log.ts";
import { systemRandom } from "../runtime/random.ts";
import { type Command, UsageError } from "./command.ts";
import { portRange } from "./up.ts";
import { CAPIM_VERSION } from "./version.ts";

/** The command. */
export const controller: Command = {
  name: "controller",
  synopsis: "[flags]",
  summary: "Runs the in-memory infrastructure provider for a management cluster.",
  description:
    "The management cluster is found through --kubeconfig, KUBECONFIG, the pod's service account or\n" +
    "~/.kube/config. The workload clusters are in this process.",
  flags: [
    { name: "kubeconfig", value: "FILE", help: "The management cluster's kubeconfig" },
    {
      name: "host",
      value: "ADDRESS",
      help: "The address that workload clusters are known by (default $POD_IP, or 127.0.0.1)",
    },
    {
      name: "cluster-ports",
      value: "FIRST-LAST",
      help: "The workload clusters' ports",
      default: "20000-30000",
    },
  ],
  positionals: { min: 0, max: 0 },
  async run(args, terminal) {
    const ports = portRange(args);
    const podAddress = Deno.env.get("POD_IP") || undefined;
    const host = args.flags["host"] ?? podAddress ?? "127.0.0.1";
    const logger = makeLogger((record) => terminal.err(formatRecord(record)), "info");
    const { InMemoryProvider } = await import("../in_memory_provider.ts");
    const { ConnectionError, findConnection, HttpsTransport, RemoteClient } = await import(
      "../remote/mod.ts"
    );
    const { kubeconfig } = args.flags;
    try {
      const connection = await findConnection(kubeconfig === undefined ? {} : { kubeconfig });
      const client = new RemoteClient({
        transport: new HttpsTransport(connection),
        clock: systemClock,
        random: systemRandom,
        userAgent: `capim/${CAPIM_VERSION}`,
        qps: 100,
        burst: 200,
      });
      await using provider = new InMemoryProvider({
        client,
        logger,
        fleet: { host, ports, ...(podAddress === undefined ? {} : { bind: anyAddress(host) }) },
      });
      await Promise.race([provider.start(), terminal.stopped]);
      terminal.out(`ready ${connection.server} host=${host}`);
      await terminal.stopped;
    } catch (error) {
      if (error instanceof ConnectionError) throw new UsageError(error.message);
      throw error;
    }
    return 0;
  },
};

/** All interfaces, in the family of `host`. */
function anyAddress(host: string): string {
  return host.includes(":") ? "::" : "0.0.0.0";
}
