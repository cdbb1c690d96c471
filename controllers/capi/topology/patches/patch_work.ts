// How much the patches of one Cluster may do: they come from users, and run in
// the process that serves everybody. Others get their turn while they do it.
// Not part of Cluster API, where they only keep the topology controller busy.

import { type Clock, soon } from "../../../../runtime/clock.ts";
import { Budget } from "../../../../runtime/go_template/limits.ts";
import { renderTemplate } from "../../../../runtime/go_template/render_template.ts";
import type { Variables } from "./variable_value.ts";

/** Steps of templates and parts of variables, for all values of one Cluster: some ten seconds. */
const WORK_MAX = 100_000_000;
/** What is done before others get their turn: some milliseconds. */
const WORK_AT_ONCE = 20_000;
/** What a value costs that takes no steps. */
const VALUE_WORK = 100;
/** Characters of variables that take as long to read as a step. */
const CHARACTERS_A_STEP = 10;

/** Counts what the patches of one Cluster do. */
export class PatchWork {
  readonly #clock: Clock;
  readonly #max: number;
  /** How long variables are, as JSON. */
  readonly #sizes = new WeakMap<Variables, number>();
  #done = 0;
  #turnAt = WORK_AT_ONCE;

  /** Gives turns on `clock`; `max` is a smaller limit, for tests. */
  constructor(clock: Clock, max: number = WORK_MAX) {
    this.#clock = clock;
    this.#max = max;
  }

  /** To be awaited before each value, or what takes so many steps. */
  async turn(steps: number = VALUE_WORK): Promise<void> {
    this.#add(steps);
    if (this.#done < this.#turnAt) return;
    this.#turnAt = this.#done + WORK_AT_ONCE;
    await new Promise<void>((resolve) => soon(this.#clock, resolve));
  }

  /** The text of a template with variables as its dot. */
  render(template: string, variables: Variables): string {
    this.#add(Math.ceil(this.#sizeOf(variables) / CHARACTERS_A_STEP));
    const budget = new Budget();
    try {
      return renderTemplate(template, Object.fromEntries(variables), budget);
    } finally {
      this.#done += budget.steps;
    }
  }

  #add(work: number): void {
    this.#done += work;
    if (this.#done > this.#max) {
      throw new Error(`the patches of a Cluster may not take more than ${this.#max} steps`);
    }
  }

  #sizeOf(variables: Variables): number {
    const known = this.#sizes.get(variables);
    if (known !== undefined) return known;
    const size = JSON.stringify(
      [...variables.values()],
      (_, value) => typeof value === "bigint" ? Number(value) : value,
    ).length;
    this.#sizes.set(variables, size);
    return size;
  }
}
