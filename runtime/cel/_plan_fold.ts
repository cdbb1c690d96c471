// Compiles comprehensions. Those that macros make are recognised by their
// form and run as plain loops; the general fold remains for all others. What
// they cost is what the general fold costs.

import type { CallExpr, ComprehensionExpr, Expr } from "./ast.ts";
import type { Code, Frame } from "./frame.ts";
import type { Planner } from "./planner.ts";
import {
  ArrayList,
  CelList,
  CelMap,
  EntryMap,
  EvaluationError,
  fail,
  mapKey,
  type Value,
} from "./values.ts";

function isCall(expr: Expr, name: string): expr is CallExpr {
  return expr.kind === "call" && expr.function === name;
}

function isAccumulator(expr: Expr | undefined, fold: ComprehensionExpr): boolean {
  return expr?.kind === "ident" && expr.name === fold.accumulator;
}

/** Compiles a comprehension. */
export function planFold(planner: Planner, fold: ComprehensionExpr): Code {
  if (fold.variable === "#unused") return binding(planner, fold);
  const range = planner.plan(fold.range).code;
  const names = fold.variable2 === undefined ? [fold.variable] : [fold.variable, fold.variable2];
  return quantifier(planner, fold, range, names) ?? collector(planner, fold, range, names) ??
    general(planner, fold, range, names);
}

/** `cel.bind` and the like: a value with a name. */
function binding(planner: Planner, fold: ComprehensionExpr): Code {
  const init = planner.plan(fold.init).code;
  return planner.withVariables([fold.accumulator], ([slot]) => {
    const result = planner.plan(fold.result).code;
    return (frame) => {
      try {
        frame.slots[slot!] = init(frame);
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
        frame.slots[slot!] = error;
      }
      return result(frame);
    };
  });
}

/** Calls `each` for all items until it says no; sets the variables before. */
function iterate(
  frame: Frame,
  range: Value,
  slots: readonly number[],
  each: () => boolean,
): void {
  const [first, second] = slots;
  if (range instanceof CelList) {
    for (let index = 0; index < range.size; index++) {
      if (second === undefined) frame.slots[first!] = range.at(index);
      else {
        frame.slots[first!] = index;
        frame.slots[second] = range.at(index);
      }
      if (!each()) return;
    }
    return;
  }
  if (!(range instanceof CelMap)) return fail("no such overload");
  for (const key of range.keys()) {
    frame.slots[first!] = key;
    if (second !== undefined) frame.slots[second] = range.get(key);
    if (!each()) return;
  }
}

/** `all` and `exists`. */
function quantifier(
  planner: Planner,
  fold: ComprehensionExpr,
  range: Code,
  names: readonly string[],
): Code | undefined {
  const { init, step, condition, result } = fold;
  if (init.kind !== "literal" || typeof init.value !== "boolean") return undefined;
  const all = init.value;
  if (!isCall(condition, "@not_strictly_false") || !isAccumulator(result, fold)) return undefined;
  if (!isCall(step, all ? "_&&_" : "_||_") || !isAccumulator(step.args[0], fold)) return undefined;
  return planner.withVariables(names, (slots) => {
    const predicate = planner.plan(step.args[1]!).code;
    // The condition and the accumulator of the step, see above.
    const overhead = all ? 3 : 4;
    return (frame) => {
      const over = range(frame);
      let failure: EvaluationError | undefined;
      let decided = false;
      iterate(frame, over, slots, () => {
        frame.charge(overhead);
        try {
          const value = predicate(frame);
          if (typeof value !== "boolean") fail("no such overload");
          decided = value !== all;
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error;
          failure ??= error;
        }
        if (decided) frame.charge(overhead - 1);
        return !decided;
      });
      frame.charge(1);
      if (decided) return !all;
      if (failure !== undefined) throw failure;
      return all;
    };
  });
}

type Collect = (frame: Frame, range: Value) => Value;

/** `map`, `filter` and the transformations: a list or a map that grows. */
function collector(
  planner: Planner,
  fold: ComprehensionExpr,
  range: Code,
  names: readonly string[],
): Code | undefined {
  const { init, condition, result } = fold;
  if (condition.kind !== "literal" || condition.value !== true) return undefined;
  if (!isAccumulator(result, fold)) return undefined;
  const step = stepOf(fold);
  if (step === undefined) return undefined;
  const collect = planner.withVariables(names, (slots): Collect | undefined => {
    const filter = step.filter === undefined ? undefined : planner.plan(step.filter).code;
    const keep = (frame: Frame) => {
      if (filter === undefined) return true;
      const value = filter(frame);
      if (typeof value !== "boolean") return fail("no such overload");
      if (!value) frame.charge(1);
      return value;
    };
    if (init.kind === "list" && isCall(step.add, "_+_")) {
      const [, added] = step.add.args;
      if (added?.kind !== "list" || added.elements.length !== 1) return undefined;
      return listCollector(planner.plan(added.elements[0]!).code, slots, keep);
    }
    if (init.kind === "map" && isCall(step.add, "cel.@mapInsert")) {
      return mapCollector(step.add.args.slice(1).map((arg) => planner.plan(arg).code), slots, keep);
    }
    return undefined;
  });
  return collect === undefined ? undefined : (frame) => collect(frame, range(frame));
}

/** What a step adds, and on what condition. */
function stepOf(fold: ComprehensionExpr): { filter?: Expr; add: Expr } | undefined {
  const { step } = fold;
  if (step.kind !== "call") return undefined;
  if (step.function === "_?_:_") {
    const [filter, add, otherwise] = step.args;
    if (add?.kind !== "call" || !isAccumulator(add.args[0], fold)) return undefined;
    return isAccumulator(otherwise, fold) ? { filter: filter!, add } : undefined;
  }
  return isAccumulator(step.args[0], fold) ? { add: step } : undefined;
}

function listCollector(
  item: Code,
  slots: readonly number[],
  keep: (frame: Frame) => boolean,
): Collect {
  return (frame, range) => {
    const items: Value[] = [];
    iterate(frame, range, slots, () => {
      if (!keep(frame)) return true;
      items.push(item(frame));
      frame.charge(12);
      return true;
    });
    frame.charge(1);
    return new ArrayList(items);
  };
}

function mapCollector(
  codes: readonly Code[],
  slots: readonly number[],
  keep: (frame: Frame) => boolean,
): Collect {
  return (frame, range) => {
    const entries = new Map<unknown, readonly [Value, Value]>();
    const insert = (key: Value, value: Value) => {
      const name = mapKey(key);
      if (entries.has(name)) fail(`insert failed: key ${String(key)} already exists`);
      entries.set(name, [key, value]);
    };
    iterate(frame, range, slots, () => {
      if (!keep(frame)) return true;
      const [first, second] = codes.map((code) => code(frame));
      if (second !== undefined) insert(first!, second);
      else if (first instanceof CelMap) {
        for (const key of first.keys()) insert(key, first.get(key)!);
      } else fail("no such overload");
      frame.charge(2);
      return true;
    });
    frame.charge(1);
    return new EntryMap(entries.values());
  };
}

function general(
  planner: Planner,
  fold: ComprehensionExpr,
  range: Code,
  names: readonly string[],
): Code {
  const init = planner.plan(fold.init).code;
  return planner.withVariables([fold.accumulator], ([accumulator]) => {
    const [slots, condition, step] = planner.withVariables(
      names,
      (places) =>
        [places, planner.plan(fold.condition).code, planner.plan(fold.step).code] as const,
    );
    const result = planner.plan(fold.result).code;
    return (frame) => {
      const over = range(frame);
      frame.slots[accumulator!] = init(frame);
      iterate(frame, over, slots, () => {
        if (condition(frame) !== true) return false;
        try {
          frame.slots[accumulator!] = step(frame);
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error;
          frame.slots[accumulator!] = error;
        }
        frame.charge(0);
        return true;
      });
      return result(frame);
    };
  });
}
