// The ports of a fleet's clusters. A port is bound when a cluster gets it,
// not when its first API server starts: another program could take it in
// between. One that another program has already is passed over as long as no
// client knows of it, and otherwise waited for.

import {
  type Acceptor,
  HeldPort,
  PortPool,
  type PortRange,
  PortsExhaustedError,
} from "../apiserver/listener/mod.ts";
import { NoPortError } from "../controllers/provider/host.ts";
import type { Logger } from "../runtime/log.ts";

/** What a {@linkcode FleetPorts} works with. */
export interface FleetPortsOptions {
  /** The address that is bound. */
  readonly host: string;
  readonly range: PortRange;
  readonly logger: Logger;
}

/** The port of one cluster. */
export class ClusterPort {
  /** Its number. */
  readonly port: number;
  readonly #cluster: string;
  readonly #options: FleetPortsOptions;
  #held: HeldPort | undefined;
  #binding: Promise<void> | undefined;
  #unavailable: string | undefined;

  /** Bound by {@linkcode ClusterPort.bind}. */
  constructor(cluster: string, port: number, options: FleetPortsOptions) {
    this.#cluster = cluster;
    this.port = port;
    this.#options = options;
  }

  /** Why nobody can be served on it; `undefined` while it is bound. */
  get unavailable(): string | undefined {
    return this.#unavailable;
  }

  /** Binds it if it is not. What stands in the way is told once. */
  bind(): Promise<void> {
    if (this.#held !== undefined) return Promise.resolve();
    return this.#binding ??= this.#bind().finally(() => this.#binding = undefined);
  }

  async #bind(): Promise<void> {
    const { host, logger } = this.#options;
    const facts = { cluster: this.#cluster, address: host, port: this.port };
    try {
      this.#held = await HeldPort.bind(host, this.port);
    } catch (error) {
      if (this.#unavailable === undefined) {
        logger.error("Port cannot be bound; the cluster keeps it and waits for it", {
          ...facts,
          error,
        });
      }
      this.#unavailable = whyNot(host, this.port, error);
      return;
    }
    if (this.#unavailable !== undefined) logger.info("Port is free again", facts);
    this.#unavailable = undefined;
  }

  /** Takes over what is bound already. */
  adopt(held: HeldPort): this {
    this.#held = held;
    return this;
  }

  /** Who serves on it; `undefined`: nobody. False while it is not bound. */
  serve(listener: Acceptor | undefined): boolean {
    this.#held?.serve(listener);
    return this.#held !== undefined;
  }

  /** Gives it back to other programs. */
  async close(): Promise<void> {
    await this.#binding;
    const held = this.#held;
    this.#held = undefined;
    await held?.close();
  }
}

/** Hands out ports. */
export class FleetPorts {
  readonly #options: FleetPortsOptions;
  readonly #pool: PortPool;

  /** Binds nothing yet. */
  constructor(options: FleetPortsOptions) {
    this.#options = options;
    this.#pool = new PortPool(options.range);
  }

  /** Keeps this very port, bound as soon as it can be. `undefined` when another cluster has it. */
  async reserve(cluster: string, port: number): Promise<ClusterPort | undefined> {
    if (!this.#pool.reserve(port)) return undefined;
    const reserved = new ClusterPort(cluster, port, this.#options);
    await reserved.bind();
    return reserved;
  }

  /** The lowest port that can be bound. Rejects with a {@linkcode NoPortError} when there is none, and when the address is not this machine's. */
  async take(cluster: string): Promise<ClusterPort> {
    const { host } = this.#options;
    for (;;) {
      const port = this.#lowest();
      try {
        const held = await HeldPort.bind(host, port);
        return new ClusterPort(cluster, port, this.#options).adopt(held);
      } catch (error) {
        if (isTaken(error)) continue; // It stays taken in the pool, so that it is not tried again.
        this.#pool.release(port);
        throw new Error(whyNot(host, port, error), { cause: error });
      }
    }
  }

  #lowest(): number {
    try {
      return this.#pool.take();
    } catch (error) {
      if (error instanceof PortsExhaustedError) throw new NoPortError(error.message);
      throw error;
    }
  }

  /** Gives a port back. */
  async release(port: ClusterPort): Promise<void> {
    await port.close();
    this.#pool.release(port.port);
  }
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? "";
}

function isTaken(error: unknown): boolean {
  return ["EADDRINUSE", "EACCES"].includes(codeOf(error));
}

function whyNot(host: string, port: number, error: unknown): string {
  const where = `port ${port} of ${host}`;
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return `${where} is in use by another program; stop that program, or the cluster cannot be reached`;
    case "EACCES":
      return `${where} may not be bound by this user; choose one above 1023`;
    // Deno says the latter of an address of another machine.
    case "EADDRNOTAVAIL":
    case "EINVAL":
      return `${where} cannot be bound: the address is not this machine's; choose one that is`;
    case "EMFILE":
      return `${where} cannot be bound: this process may open no more files; allow more with "ulimit -n", or let clusters share a port with --listen-mode sni`;
    default:
      return `${where} cannot be bound: ${error instanceof Error ? error.message : String(error)}`;
  }
}
