// Our provider's process: started, killed and started again with the same
// arguments, as a pod that is rescheduled would be.

import { Program } from "./program.ts";
import { eventually } from "./waiting.ts";

const PORTS = 1000;
/** Other runs on the machine, which a cluster's port must be free of while its provider is killed, begin elsewhere. */
let nextPort = 20_000 + (Deno.pid % 6) * 2 * PORTS;

interface ProviderPorts {
  readonly health: number;
  readonly metrics: number;
}

/** How the provider is started. */
export interface ProviderOptions {
  /** As what `capim` is called. */
  readonly capim: readonly string[];
  /** Where its log and the certificate of its webhooks are. */
  readonly folder: string;
  /** The management cluster, and who the provider is there. */
  readonly kubeconfig: string;
  /** Where workload clusters are. */
  readonly host: string;
  /** Whether it acts only while it holds the Lease. */
  readonly elects: boolean;
}

/** `capim controller`. */
export class Provider {
  /** The process at present. */
  program: Program;
  /** How often it was killed. */
  kills = 0;
  readonly #start: () => Promise<Program>;
  readonly #ports: ProviderPorts;
  #killing: Promise<void> = Promise.resolve();

  private constructor(program: Program, start: () => Promise<Program>, ports: ProviderPorts) {
    this.program = program;
    this.#start = start;
    this.#ports = ports;
  }

  /**
   * Starts it. Four ports: of its webhooks, its probes, its debug API and its metrics.
   */
  static async start(
    { capim, folder, kubeconfig, host, elects }: ProviderOptions,
    [webhook = 0, health = 0, debug = 0, metrics = 0]: readonly number[],
  ): Promise<Provider> {
    const first = nextPort;
    nextPort += PORTS;
    const start = () =>
      Program.start("provider", `${folder}/provider.log`, [
        ...capim,
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
        `--diagnostics-address=127.0.0.1:${metrics}`,
        "--insecure-diagnostics",
        `--leader-elect=${elects}`,
      ]);
    const provider = new Provider(await start(), start, { health, metrics });
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

  /** Memory and heap in MiB, and seconds of CPU. */
  async cost(): Promise<{ resident_mib: number; heap_mib: number; cpu_s: number }> {
    const [, heap_bytes] = /^v8_heap_used_bytes (\S+)$/m.exec(await this.#metrics()) ?? [];
    return { ...await this.program.cost(), heap_mib: Number(heap_bytes) / 2 ** 20 };
  }

  /** Requests of the present process that the management cluster has not allowed, as its metrics tell. */
  async forbidden(): Promise<string[]> {
    const metrics = await this.#metrics();
    return [...metrics.matchAll(/^rest_client_requests_total\{code="40[13]".*$/gm)].map(String);
  }

  async #metrics(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.#ports.metrics}/metrics`)).text();
  }

  #ready(): Promise<void> {
    return eventually("the provider is ready", 60, async () => {
      this.program.assertRunning();
      const response = await fetch(`http://127.0.0.1:${this.#ports.health}/readyz`);
      return response.ok ? void await response.body?.cancel() : await response.text();
    });
  }
}
