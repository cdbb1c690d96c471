// `capim serve`: one bare fake cluster at one address.

import type { FakeCluster } from "../clusters/fake_cluster.ts";
import { seedTls } from "../runtime/tls_seed.ts";
import { choiceFlag, type Command, integerFlag, UsageError } from "./command.ts";
import { writePrivateFile } from "./files.ts";
import { load } from "./load.ts";
import { MEMORY_FLAG, memoryCeilingOf } from "./memory_limit.ts";

/** The command. */
export const serve: Command = {
  name: "serve",
  synopsis: "[flags]",
  summary: "Serves one bare fake cluster.",
  description:
    'Prints "ready URL kubeconfig=FILE" once it serves and goes on until it is interrupted.',
  flags: [
    { name: "host", value: "ADDRESS", help: "Where to listen", default: "127.0.0.1" },
    { name: "port", value: "N", help: "The port; 0 is any free one", default: "0" },
    {
      name: "kubeconfig",
      value: "FILE",
      help: "Where to write the administrator's kubeconfig",
      default: "capim.kubeconfig",
    },
    {
      name: "controllers",
      value: "none|default",
      help:
        "What runs beside the API server: nothing, or garbage collector, namespaces, service accounts",
      default: "default",
    },
    MEMORY_FLAG,
  ],
  positionals: { min: 0, max: 0 },
  async run(args, terminal) {
    const port = integerFlag(args, "port", 0, 65535);
    const controllers = choiceFlag(args, "controllers", ["none", "default"]);
    const host = args.flags["host"] ?? "";
    const file = args.flags["kubeconfig"] ?? "";
    seedTls();
    const { FakeCluster } = await load<typeof import("../clusters/fake_cluster.ts")>(
      import.meta.resolve("../clusters/fake_cluster.ts"),
    );
    const memory = await memoryCeilingOf(args);
    await using cluster = await FakeCluster.start({
      name: "capim",
      host,
      port,
      controllers,
      ...(memory === undefined ? {} : { server: { http: { memory } } }),
    });
    await writePrivateFile(file, await listening(cluster, host, port));
    terminal.out(`ready ${await cluster.url} kubeconfig=${file}`);
    await terminal.stopped;
    return 0;
  },
};

/** The cluster's kubeconfig, or one line on why it cannot listen there. */
export async function listening(cluster: FakeCluster, host: string, port: number): Promise<string> {
  try {
    return await cluster.kubeconfig();
  } catch (error) {
    const { code } = error as { code?: string };
    const why = code === "EADDRINUSE"
      ? "something else listens there; choose another with --port"
      : code === "EACCES"
      ? "the system does not allow it; choose a port above 1023"
      : (error as Error).message;
    throw new UsageError(`Cannot listen on ${host} port ${port}: ${why}`);
  }
}
