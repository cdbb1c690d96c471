// Our provider's process: started, killed and started again with the same
// arguments, as a pod that is rescheduled would be.

import { Program } from "./program.ts";
import { eventually } from "./waiting.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const PORTS = 1000;
/** Other runs on the machine, which a cluster's port must be free of while its provider is killed, begin elsewhere. */
let nextPort = 20_000 + (Deno.pid % 6) * 2 * PORTS;

/** `capim controller`. */
export class Provider {
  /** The process at present. */
  program: Program;
  /** How often it was killed. */
  kills = 0;
  readonly #start: () => Promise<Program>;
  readonly #health: number;
  #killing: Promise<void> = Promise.resolve();

  private constructor(program: Program, start: () => Promise<Program>, health: number) {
    this.program = program;
    this.#start = start;
    this.#health = health;
  }

  /**
   * Starts it for the management cluster of a kubeconfig; workload clusters are at `host`. Three ports: of its
   * webhooks, its probes and its debug API.
   */
  static async start(
    folder: string,
    kubeconfig: string,
    host: string,
    [webhook = 0, health = 0, debug = 0]: readonly number[],
  ): Promise<Provider> {
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
        `--webhook-port=${webhook}`,
        `--webhook-cert-dir=${folder}/webhooks`,
        `--health-addr=127.0.0.1:${health}`,
        `--debug-port=${debug}`,
        "--diagnostics-address=0",
      ]);
    const provider = new Provider(await start(), start, health);
    await provider.#ready();
    return provider;
  }

  /** kill -9, and another process at once. One at a time. */
  kill(): Promise<void> {
    this.#killing = this.#killing.then(async () => {
      await this.program.stop("SIGKILL");
      this.program = await this.#start();
      this.kills++;
      await this.#ready();
    });
    return this.#killing;
  }

  #ready(): Promise<void> {
    return eventually("the provider is ready", 60, async () => {
      this.program.assertRunning();
      const response = await fetch(`http://127.0.0.1:${this.#health}/readyz`);
      return response.ok ? void await response.body?.cancel() : await response.text();
    });
  }
}
