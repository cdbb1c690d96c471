// A cluster's life from one seed: clients write, list and watch, time passes,
// history is compacted, disks refuse and servers restart, in an order that
// the seed decides. Ends with everybody at rest and everything compared.

import { Violation } from "./history.ts";
import { KINDS } from "./kinds.ts";
import { listSomething } from "./lister.ts";
import { Watcher } from "./watcher.ts";
import { World } from "./world.ts";
import { Writers } from "./writer.ts";

/** How a simulation is run. */
export interface SimulationOptions {
  readonly seed: number;
  readonly steps: number;
}

/** What happened in a simulation that found nothing wrong. */
export interface SimulationReport {
  readonly seed: number;
  readonly steps: number;
  readonly writes: number;
  readonly events: number;
  readonly expiries: number;
  readonly restarts: number;
  readonly lists: number;
  /** Answers by method and code. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** The same for the same seed. */
  readonly digest: string;
}

/** A promise that did not hold, with the seed that shows it again. */
export class SimulationError extends Error {
  override name = "SimulationError";

  constructor({ seed, steps }: SimulationOptions, cause: unknown, recent: readonly string[]) {
    const why = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    super(
      `Seed ${seed} with ${steps} steps: ${why}\n\nBefore that:\n${recent.join("\n")}\n\n` +
        `Repeat with: SEED=${seed} STEPS=${steps} deno test -A tests/simulation`,
      { cause },
    );
  }
}

const WATCHERS = 8;
const EAGER = 5;
const PENDING_MAX = 12;
const STEPS = {
  write: 40,
  watch: 30,
  list: 8,
  resume: 15,
  time: 14,
  cut: 1,
  minute: 0.4,
  compact: 0.2,
  disk: 0.2,
  restart: 0.1,
};

/** Runs one simulation. Throws {@linkcode SimulationError}. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const world = await World.begin(options.seed);
  const simulation = new Simulation(world);
  try {
    for (let i = 0; i < options.steps && world.failure === undefined; i++) {
      await simulation.step();
    }
    await simulation.rest();
    if (world.failure !== undefined) throw world.failure;
  } catch (error) {
    throw new SimulationError(options, error, world.recent);
  } finally {
    world.server.close();
  }
  return { ...options, ...simulation.report() };
}

class Simulation {
  readonly #world: World;
  readonly #writers: Writers;
  readonly #watchers: Watcher[] = [];
  #lists = 0;
  #listing = 0;

  constructor(world: World) {
    this.#world = world;
    this.#writers = new Writers(world);
    for (let i = 0; i < WATCHERS; i++) this.#watchers.push(new Watcher(world, `watcher ${i}`));
  }

  async step(): Promise<void> {
    const { dice, server, clock } = this.#world;
    switch (dice.weighted(STEPS)) {
      case "write":
        if (this.#writers.pending < PENDING_MAX) this.#writers.start();
        else await clock.advance(dice.below(10));
        break;
      case "watch":
        this.#pumpSome();
        break;
      case "list":
        this.#list();
        break;
      case "resume":
        this.#world.resumeOne();
        break;
      case "time":
        await clock.advance(dice.below(20));
        break;
      case "cut":
        dice.pick(this.#watchers).cut();
        break;
      case "minute":
        await clock.advance(61_000);
        break;
      case "compact":
        server.store.compact(server.store.revision - dice.below(60));
        break;
      case "disk":
        this.#world.diskFull = !this.#world.diskFull && dice.chance(0.5);
        break;
      case "restart":
        this.#world.restart();
        break;
    }
    for (let turns = dice.below(12); turns > 0; turns--) await Promise.resolve();
  }

  /** Some read eagerly, some so seldom that they fall off the log. */
  #pumpSome(): void {
    const { dice } = this.#world;
    const i = dice.below(this.#watchers.length);
    if (i < EAGER || dice.chance(0.05)) this.#watchers[i]!.pump();
  }

  #list(): void {
    this.#lists++;
    this.#listing++;
    const kind = this.#world.dice.pick(KINDS);
    this.#world.spawn(async () => {
      try {
        await listSomething(this.#world, kind);
      } finally {
        this.#listing--;
      }
    });
  }

  /** Nobody writes any more; everybody gets to know everything. */
  async rest(): Promise<void> {
    const world = this.#world;
    world.diskFull = false;
    await world.settle(() => this.#writers.pending === 0 && this.#listing === 0, "A request");
    await world.settle(() => {
      for (const watcher of this.#watchers) if (!watcher.upToDate) watcher.pump();
      return this.#watchers.every((watcher) => watcher.upToDate);
    }, "A watch");
    if (world.failure !== undefined) return;
    for (const watcher of this.#watchers) watcher.verifyCache();
    this.#writers.verifyComplete();
    if (world.history.size === 0) throw new Violation("Nothing was ever written");
    for (const watcher of this.#watchers) watcher.cut();
  }

  report(): Omit<SimulationReport, "seed" | "steps"> {
    const sum = (of: (watcher: Watcher) => number) =>
      this.#watchers.reduce((total, watcher) => total + of(watcher), 0);
    const { history, generation } = this.#world;
    const outcomes = Object.fromEntries([...this.#writers.outcomes].sort());
    const report = {
      writes: history.size,
      events: sum(({ events }) => events),
      expiries: sum(({ expiries }) => expiries),
      restarts: generation,
      lists: this.#lists,
      outcomes,
    };
    const state = KINDS.map((kind) =>
      history.list(kind, { namespace: "", labels: [], fields: [] }, history.revision)
    );
    return { ...report, digest: JSON.stringify([report, state]) };
  }
}
