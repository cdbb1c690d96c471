// `capim controller`: the in-memory infrastructure provider for a management
// cluster that runs elsewhere. What it runs is loaded when it is called.

import { seedTls } from "../runtime/tls_seed.ts";
import type { Command } from "./command.ts";
import { CONTROLLER_FLAGS, controllerSettings } from "./controller_flags.ts";
import { load } from "./load.ts";
import { memoryCeilingOf } from "./memory_limit.ts";

/** The command. */
export const controller: Command = {
  name: "controller",
  synopsis: "[flags]",
  summary: "Runs the in-memory infrastructure provider for a management cluster.",
  description:
    "The management cluster is found through --kubeconfig, KUBECONFIG, the pod's service account or\n" +
    "~/.kube/config. The workload clusters are in this process. Ports: see --cluster-ports,\n" +
    "--health-addr, --diagnostics-address, --webhook-port and --debug-port.",
  flags: CONTROLLER_FLAGS,
  positionals: { min: 0, max: 0 },
  async run(args, terminal) {
    const settings = controllerSettings(args, (name) => Deno.env.get(name));
    const memory = await memoryCeilingOf(args);
    seedTls();
    const { runController } = await load<typeof import("./controller_process.ts")>(
      import.meta.resolve("./controller_process.ts"),
    );
    return await runController(settings, terminal, memory);
  },
};
