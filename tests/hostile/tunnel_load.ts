// Many short tunnels to a pod, by SPDY and by WebSocket in turn, each with a
// connection through it that ends badly.

import { Buffer } from "node:buffer";
import { openForwarder } from "../../apiserver/tunnel/_port_forward_client_for_test.ts";
import type { Target } from "./connections.ts";

const AT_ONCE = 20;
// A record of TLS that is none: the server hangs up.
const NONSENSE = Buffer.from("no TLS at all\r\n\r\n");

/** Opens tunnels and ends them. */
export class TunnelLoad {
  readonly #target: Target;
  #begun = 0;
  #failed = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** How many have been opened so far. */
  get begun(): number {
    return this.#begun;
  }

  /** How many of them have failed. */
  get failed(): number {
    return this.#failed;
  }

  /** Goes on until so many have been opened in all, and all have ended. */
  async run(until: number): Promise<void> {
    const worker = async () => {
      while (this.#begun < until) await this.#tunnel(this.#begun++).catch(() => this.#failed++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async #tunnel(i: number): Promise<void> {
    const { host, port, ...credentials } = this.#target;
    const caller = { url: `https://${host}:${port}`, ...credentials };
    const kind = i % 2 === 0 ? "spdy" : "websocket";
    const forwarder = await openForwarder(caller, "kube-system", "kube-apiserver-m-0", kind);
    const { data } = forwarder.dial(6443);
    const over = new Promise<void>((resolve) => {
      for (const event of ["end", "close", "error"]) data.once(event, () => resolve());
    });
    data.resume();
    data.end(NONSENSE);
    await over;
    forwarder.connection.close();
  }
}
