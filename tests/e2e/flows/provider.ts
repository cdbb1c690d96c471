// Our provider's process: started, killed and started again with the same
// arguments, as a pod that is rescheduled would be.

import { Program } from "./program.ts";
import { eventually } from "./waiting.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const PORTS = 1000;
let nextPort = 21_000;

/** `capim controller`. */
export class Provider {
  /** The process at present. */
  program: Program;
  /** How often it was killed. */
  kills = 0;
  readonly #start: () => Promise<Program>;
  #killing: Promise<void> = Promise.resolve();

  private constructor(program: Program, start: () => Promise<Program>) {
    this.program = program;
    this.#start = start;
  }

  /** Starts it for the management cluster of a kubeconfig; workload clusters are at `host`. */
  static async start(folder: string, kubeconfig: string, host: string): Promise<Provider> {
    const first = nextPort;
    nextPort += PORTS;
    const start = () =>
      Program.start("provider", `${folder}/provider.log`, [
        Deno.execPath(),
        "run",
        "-A",
        `${ROOT}cmd/capim.ts`,
        "controller",
        "--kubeconfig",
        kubeconfig,
        "--host",
        host,
        "--cluster-ports",
        `${first}-${first + PORTS - 1}`,
      ]);
    const provider = new Provider(await start(), start);
    await provider.#ready(1);
    return provider;
  }

  /** kill -9, and another process at once. One at a time. */
  kill(): Promise<void> {
    this.#killing = this.#killing.then(async () => {
      await this.program.stop("SIGKILL");
      this.program = await this.#start();
      this.kills++;
      await this.#ready(this.kills + 1);
    });
    return this.#killing;
  }

  #ready(times: number): Promise<void> {
    return eventually("the provider is ready", 60, async () => {
      if (this.program.ended) return `it ended; see ${this.program.log}`;
      const text = await Deno.readTextFile(this.program.log);
      return (text.match(/^ready /gm) ?? []).length < times ? "it does not say ready" : undefined;
    });
  }
}
