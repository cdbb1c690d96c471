// `capim up`: a management cluster that makes workload clusters, in one
// process.

import { formatRecord, makeLogger } from "../runtime/log.ts";
import { seedTls } from "../runtime/tls_seed.ts";
import { choiceFlag, type Command, integerFlag, portRangeFlag } from "./command.ts";
import { writePrivateFile } from "./files.ts";
import { invocation } from "./invocation.ts";
import { LISTEN_FLAGS, listenModeOf } from "./listen_mode.ts";
import { load } from "./load.ts";
import { MEMORY_FLAG, memoryCeilingOf } from "./memory_limit.ts";
import { listening } from "./serve.ts";
import { openStorage } from "./storage.ts";

/** The command. */
export const up: Command = {
  name: "up",
  synopsis: "[flags]",
  summary: "Runs a management cluster that makes workload clusters.",
  description:
    "Everything is in this process: the management cluster with the Cluster API types and\ncontrollers, the in-memory infrastructure provider, and the workload clusters.",
  flags: [
    { name: "host", value: "ADDRESS", help: "Where all clusters listen", default: "127.0.0.1" },
    {
      name: "port",
      value: "N",
      help: "The management cluster's port; 0 is any free one",
      default: "16443",
    },
    {
      name: "cluster-ports",
      value: "FIRST-LAST",
      help: "The workload clusters' ports",
      default: "20000-24000",
    },
    {
      name: "data-dir",
      value: "DIR",
      help:
        "Keep the clusters here, so that they survive a restart; without it they are gone with the process",
    },
    ...LISTEN_FLAGS,
    MEMORY_FLAG,
    {
      name: "kubeconfig",
      value: "FILE",
      help: "Where to write the management cluster's kubeconfig",
      default: "capim.kubeconfig",
    },
    {
      name: "log-level",
      value: "debug|info|warn|error",
      help: "What the controllers tell",
      default: "info",
    },
  ],
  positionals: { min: 0, max: 0 },
  async run(args, terminal) {
    const host = args.flags["host"] ?? "";
    const port = integerFlag(args, "port", 0, 65535);
    const ports = portRangeFlag(args, "cluster-ports");
    const listenMode = listenModeOf(args);
    const memory = await memoryCeilingOf(args);
    const level = choiceFlag(args, "log-level", ["debug", "info", "warn", "error"]);
    const kubeconfig = args.flags["kubeconfig"] ?? "";
    const directory = args.flags["data-dir"];
    const logger = makeLogger((record) => terminal.err(formatRecord(record)), level);
    const storage = directory === undefined
      ? undefined
      : await openStorage(directory, "capim.sqlite", logger);
    seedTls();
    const { FakeManagement } = await load<typeof import("../clusters/fake_management.ts")>(
      import.meta.resolve("../clusters/fake_management.ts"),
    );
    try {
      await using management = await FakeManagement.start({
        host,
        port,
        fleet: { host, ports, ...listenMode },
        ...(memory === undefined ? {} : { memory }),
        logger,
        ...(storage === undefined ? {} : { storage }),
      });
      await writePrivateFile(kubeconfig, await listening(management.cluster, host, port));
      terminal.out(welcome(await management.cluster.url, kubeconfig, directory));
      if (listenMode.serverPaths !== undefined) terminal.err(PATHS_NOTE);
      await terminal.stopped;
    } finally {
      storage?.close();
    }
    return 0;
  },
};

/** A Cluster's endpoint has no room for a path. */
const PATHS_NOTE =
  "With --listen-mode path workload clusters are reached by their kubeconfigs alone: host and port of a Cluster's controlPlaneEndpoint are the same for all and lead to none.";

function welcome(url: string, kubeconfig: string, directory: string | undefined): string {
  return [
    `Management cluster with Cluster API: ${url}`,
    `kubeconfig: ${kubeconfig}`,
    directory === undefined
      ? "Clusters live in memory only; --data-dir DIR keeps them."
      : `Clusters are kept in ${directory}.`,
    "",
    "In another terminal:",
    `  export KUBECONFIG=${kubeconfig.startsWith("/") ? kubeconfig : `$PWD/${kubeconfig}`}`,
    "  kubectl apply -f manifests/examples/cluster.yaml",
    "  kubectl get clusters,kcp,md,ms,machines",
    `  ${invocation()} kubeconfig demo > demo.kubeconfig`,
    "  kubectl --kubeconfig demo.kubeconfig get nodes,pods -A",
  ].join("\n");
}
