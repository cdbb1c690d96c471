// `capim version`.

import denoJson from "../deno.json" with { type: "json" };
import type { Command } from "./command.ts";

/** capim's own version. */
export const CAPIM_VERSION: string = denoJson.version;

/** The Kubernetes release whose API server is followed. */
export const KUBERNETES_VERSION = "v1.36.3";

/** The command. */
export const version: Command = {
  name: "version",
  synopsis: "",
  summary: "Prints the versions of capim, Kubernetes and Deno.",
  description: "",
  flags: [],
  positionals: { min: 0, max: 0 },
  run(_args, terminal) {
    terminal.out(
      `capim ${CAPIM_VERSION} (Kubernetes ${KUBERNETES_VERSION}, Deno ${Deno.version.deno})`,
    );
    return Promise.resolve(0);
  },
};
