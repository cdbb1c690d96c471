// The state of one evaluation: the values of variables, what it has cost and
// what it may cost.

import { CostExceeded, type EvaluationError, type Value } from "./values.ts";

/** A variable's value; an error while a fold goes on in spite of one. */
export type Slot = Value | EvaluationError | undefined;

/** The state of one evaluation. */
export class Frame {
  cost = 0;

  constructor(readonly slots: Slot[], readonly limit: number) {}

  /** Adds to the cost. Throws when it is too much. */
  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit) throw new CostExceeded();
  }
}

/** A compiled node. */
export type Code = (frame: Frame) => Value;
