// Where attacks take place: a victim with two clusters, a witness that asks
// one of them for something, and an attacker of the other, each in a process
// of its own.

import type { Order } from "./attacker.ts";
import type { Target } from "./connections.ts";
import { Program } from "./program.ts";
import { answers, type Testimony } from "./witness.ts";

/** What the victim's process holds, and the processor time that it has taken. */
export interface Holding {
  readonly rss: number;
  /** The heap and what hangs on it, in bytes. */
  readonly heapUsed: number;
  /** Open files. */
  readonly handles: number;
  readonly cpu_s: number;
  /** The longest turn of the event loop since the last question, in milliseconds of processor time. */
  readonly turn_ms: number;
}

/** A victim that runs. */
export class Ground implements AsyncDisposable {
  readonly targets: { readonly attacked: Target; readonly bystander: Target };
  readonly #victim: Program;
  readonly #witness: Program;
  readonly #attacker: Program;

  private constructor(
    victim: Program,
    targets: Ground["targets"],
    witness: Program,
    attacker: Program,
  ) {
    this.#victim = victim;
    this.targets = targets;
    this.#witness = witness;
    this.#attacker = attacker;
  }

  /** Starts all three. `args` are the victim's. */
  static async open(args: readonly string[] = []): Promise<Ground> {
    const victim = new Program("./victim.ts", args);
    const targets = await victim.hear() as Ground["targets"];
    const witness = new Program("./witness.ts", [JSON.stringify(targets.bystander)]);
    const attacker = new Program("./attacker.ts", [JSON.stringify(targets.attacked)]);
    await Promise.all([witness.hear(), attacker.hear()]);
    return new Ground(victim, targets, witness, attacker);
  }

  /** What the victim's process holds, after it has collected its garbage. */
  async holding(): Promise<Holding> {
    return await this.#victim.ask("holding") as Holding;
  }

  /** Has the attacker do something; a number that the order explains. */
  async order(order: Order): Promise<number> {
    return await this.#attacker.ask(order) as number;
  }

  /** Whether a cluster answers a request on a new connection. */
  answers(cluster: "attacked" | "bystander"): Promise<boolean> {
    return answers(this.targets[cluster]);
  }

  /** What the bystander sees while something goes on. */
  async witnessed(act: () => Promise<void>): Promise<Testimony> {
    await this.#witness.ask("begin");
    await act();
    return await this.#witness.ask("end") as Testimony;
  }

  /** Ends them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#attacker[Symbol.asyncDispose]();
    await this.#witness[Symbol.asyncDispose]();
    await this.#victim[Symbol.asyncDispose]();
  }
}
