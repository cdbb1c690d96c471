// How much a template may do: it comes from a user and runs in the process
// that serves everybody. Not part of Go, which has a bound on depth alone.

import { CallError } from "./values.ts";

/** Characters that one text may have, and elements one list. */
export const SIZE_MAX = 1 << 20;
/** Characters that all calls of one rendering may produce. */
const PRODUCED_MAX = 16 << 20;
/** Nodes that one rendering may walk. */
const STEPS_MAX = 500_000;
/** Templates within templates. */
export const TEMPLATE_DEPTH_MAX = 500;
/** Parentheses within parentheses, and blocks within blocks. */
export const NESTING_MAX = 500;
/** Lists and maps within each other when they are printed, copied or compared. */
export const VALUE_DEPTH_MAX = 500;

/** Refuses a size that is not to be made. */
export function checkSize(size: number): void {
  if (size > SIZE_MAX) throw new CallError(`result is larger than ${SIZE_MAX}`);
}

/** Refuses to go deeper into a value. */
export function checkDepth(depth: number): void {
  if (depth > VALUE_DEPTH_MAX) {
    throw new CallError(`value is nested deeper than ${VALUE_DEPTH_MAX}`);
  }
}

/** Counts the nodes of a value that is walked: parts that it holds many times count every time. */
export class Walk {
  #nodes = 0;
  /** Counts one node at a depth. */
  enter(depth: number): void {
    checkDepth(depth);
    checkSize(++this.#nodes);
  }
}

/** What one rendering has used. */
export class Budget {
  #steps = 0;
  #produced = 0;

  /** How many steps have been taken. */
  get steps(): number {
    return this.#steps;
  }

  /** Takes a step. */
  step(): void {
    if (++this.#steps > STEPS_MAX) throw new CallError(`more than ${STEPS_MAX} steps`);
  }

  /** Notes a result of a size. */
  produce(size: number): void {
    checkSize(size);
    this.#produced += size;
    if (this.#produced > PRODUCED_MAX) {
      throw new CallError(`calls produced more than ${PRODUCED_MAX} characters`);
    }
  }
}
