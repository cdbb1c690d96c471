// Compiles calls: the logical operators, which may absorb errors; operators
// and functions that are known when the expression is compiled; and those
// whose overload is chosen by the arguments at hand.

import type { CallExpr, Expr } from "./ast.ts";
import { costsOne, standardCallCost } from "./cost_model.ts";
import type { Implementation, Overload } from "./declarations.ts";
import { compare, equal } from "./equality.ts";
import type { Code } from "./frame.ts";
import { indexValue, optionalMember } from "./member_access.ts";
import type { Planned, Planner } from "./planner.ts";
import { compileRegexp } from "../schema/_regexp.ts";
import { matchesType } from "./runtime_types.ts";
import {
  ArrayList,
  type CelList,
  EvaluationError,
  fail,
  mapKey,
  typeOf,
  type Value,
} from "./values.ts";

/** Compiles a call. */
export function planCall(planner: Planner, expr: CallExpr): Planned {
  switch (expr.function) {
    case "_&&_":
      return { code: logic(planner, expr, false) };
    case "_||_":
      return { code: logic(planner, expr, true) };
    case "_?_:_":
      return { code: conditional(planner, expr) };
    case "@not_strictly_false":
      return { code: notStrictlyFalse(planner, expr) };
    case "_[_]":
      return { code: member(planner, expr, indexValue) };
    case "_?._":
    case "_[?_]":
      return { code: member(planner, expr, optionalMember) };
    case "_==_":
    case "_!=_":
      return { code: equality(planner, expr) };
    case "@in":
      return { code: planIn(planner, expr) ?? call(planner, expr).code };
    default:
      return call(planner, expr);
  }
}

function boolean(value: Value): boolean {
  return typeof value === "boolean" ? value : fail("no such overload");
}

/** `&&` decides on false, `||` on true; an error on one side counts only if the other does not decide. */
function logic(planner: Planner, { args }: CallExpr, deciding: boolean): Code {
  const left = planner.plan(args[0]!).code;
  const right = planner.plan(args[1]!).code;
  return (frame) => {
    let first: Value;
    try {
      first = left(frame);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (rightDecides(right, frame, deciding)) return deciding;
      throw error;
    }
    if (first === deciding) return deciding;
    const second = right(frame);
    if (second === deciding) return deciding;
    boolean(first);
    return boolean(second);
  };
}

function rightDecides(right: Code, frame: Parameters<Code>[0], deciding: boolean): boolean {
  try {
    return right(frame) === deciding;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return false;
  }
}

function conditional(planner: Planner, { args }: CallExpr): Code {
  const [condition, whenTrue, whenFalse] = args.map((arg) => planner.plan(arg).code);
  return (frame) => boolean(condition!(frame)) ? whenTrue!(frame) : whenFalse!(frame);
}

function notStrictlyFalse(planner: Planner, { args }: CallExpr): Code {
  const value = planner.plan(args[0]!).code;
  return (frame) => {
    frame.cost++;
    try {
      return value(frame) !== false;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return true;
    }
  };
}

function member(
  planner: Planner,
  { args }: CallExpr,
  read: (target: Value, index: Value) => Value,
): Code {
  const target = planner.plan(args[0]!).code;
  const index = planner.plan(args[1]!).code;
  return (frame) => {
    const held = target(frame);
    const at = index(frame);
    frame.cost++;
    return read(held, at);
  };
}

function equality(planner: Planner, { args, function: name }: CallExpr): Code {
  const left = planner.plan(args[0]!).code;
  const right = planner.plan(args[1]!).code;
  const wanted = name === "_==_";
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === "number" && typeof b === "number") {
      frame.charge(1);
      return (a === b) === wanted;
    }
    frame.charge(standardCallCost("equals", [a, b]));
    return equal(a, b) === wanted;
  };
}

/** `x in [constants]` as a look-up, which costs nothing. */
function planIn(planner: Planner, { args }: CallExpr): Code | undefined {
  const list = planner.plan(args[1]!).constant;
  if (!(list instanceof ArrayList)) return undefined;
  const keys = new Set<unknown>();
  for (const item of list) {
    const key = mapKey(item);
    if (key === undefined || typeof key !== typeof mapKey(list.at(0))) return undefined;
    keys.add(key);
  }
  const value = planner.plan(args[0]!).code;
  return (frame) => {
    const key = mapKey(value(frame));
    return key !== undefined && keys.has(key);
  };
}

/** The overloads of a call that fit its form. */
function overloadsOf(planner: Planner, expr: CallExpr): readonly Overload[] {
  const found = planner.environment.findFunction(expr.function);
  const ids = planner.overloadsOf(expr);
  const count = expr.args.length + (expr.target === undefined ? 0 : 1);
  return (found?.overloads ?? []).filter((overload) =>
    overload.params.length === count && overload.member === (expr.target !== undefined) &&
    (ids === undefined || ids.includes(overload.id))
  );
}

function noOverload(name: string, args: readonly Value[], isMember: boolean): never {
  const printed = args.map((arg) => typeOf(arg).toString().replace(/\(.*\)$/, ""));
  const target = isMember ? `${printed.shift()}.` : "";
  return fail(`no such overload: ${target}${name}(${printed.join(", ")})`);
}

function call(planner: Planner, expr: CallExpr): Planned {
  const overloads = overloadsOf(planner, expr);
  const operands: readonly Expr[] = expr.target === undefined
    ? expr.args
    : [expr.target, ...expr.args];
  const planned = operands.map((operand) => planner.plan(operand));
  const name = expr.function;
  const isMember = expr.target !== undefined;
  const [only] = overloads;
  if (only === undefined) {
    const codes = planned.map(({ code }) => code);
    return {
      code: (frame) => noOverload(name, codes.map((code) => code(frame)), isMember),
    };
  }
  const id = overloads.length === 1 ? only.id : "";
  const compute = implementationOf(name, overloads, isMember);
  const strict = planner.environment.options.instantiatesConstants === true;
  const prepared = prepare(name, strict, planned, compute);
  if (prepared !== undefined && prepared.constant !== undefined) return prepared;
  return { code: priced(planner, name, id, planned, prepared?.compute ?? compute) };
}

/** What computes the call: the one overload, or the one that fits the arguments. */
function implementationOf(
  name: string,
  overloads: readonly Overload[],
  isMember: boolean,
): Implementation {
  const checked = overloads.map(({ params, implementation }) => ({ params, implementation }));
  const first = checked[0]!.implementation;
  // Operators and the like are one function for all their overloads, which looks at its arguments.
  const shared = checked.every(({ implementation }) => implementation === first);
  if (shared && first !== undefined && /^(?:_[^_]+_|-_|!_)$/.test(name)) return first;
  return (...args) => {
    for (const { params, implementation } of checked) {
      if (!params.every((param, index) => matchesType(args[index]!, param))) continue;
      if (implementation !== undefined) return implementation(...args);
    }
    return noOverload(name, args, isMember);
  };
}

interface Prepared {
  readonly code: Code;
  readonly constant?: Value;
  readonly compute?: Implementation;
}

const CONVERSIONS = new Set([
  "timestamp",
  "duration",
  "int",
  "uint",
  "double",
  "string",
  "bytes",
  "bool",
]);

/** A constant part of an expression fails whatever it is evaluated with. */
export class InstantiationError extends Error {}

/** Computes conversions of constants, and compiles patterns that are constants, beforehand. */
function prepare(
  name: string,
  strict: boolean,
  planned: readonly Planned[],
  compute: Implementation,
): Prepared | undefined {
  if (CONVERSIONS.has(name) && planned.length === 1 && planned[0]!.constant !== undefined) {
    try {
      const constant = compute(planned[0]!.constant);
      return { code: () => constant, constant };
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      if (strict) throw new InstantiationError(error.message);
    }
  }
  const pattern = planned[1]?.constant;
  if (strict && /^find(?:All)?$/.test(name) && typeof pattern === "string") {
    try {
      compileRegexp(pattern);
    } catch (error) {
      throw new InstantiationError((error as Error).message);
    }
  }
  if (name === "matches" && typeof pattern === "string") {
    try {
      const regexp = compileRegexp(pattern);
      return {
        code: planned[0]!.code,
        compute: (text) => typeof text === "string" ? regexp.test(text) : compute(text!, pattern),
      };
    } catch {
      // The pattern is wrong: the evaluation says so.
      return undefined;
    }
  }
  return undefined;
}

function priced(
  planner: Planner,
  name: string,
  id: string,
  planned: readonly Planned[],
  compute: Implementation,
): Code {
  const { costs } = planner.environment.options;
  const [a, b, c] = planned.map(({ code }) => code);
  const fixed = costs === undefined && costsOne(id);
  if (planned.length === 2 && COMPARISONS[name] !== undefined) {
    return comparison(a!, b!, id, COMPARISONS[name], compute);
  }
  const finish = (frame: Parameters<Code>[0], args: readonly Value[], result: Value): Value => {
    frame.charge(
      fixed ? 1 : costs?.actual(name, id, args, result) ?? standardCallCost(id, args),
    );
    return result;
  };
  switch (planned.length) {
    case 1:
      return (frame) => {
        const first = a!(frame);
        return finish(frame, [first], compute(first));
      };
    case 2:
      return (frame) => {
        const first = a!(frame);
        const second = b!(frame);
        return finish(frame, [first, second], compute(first, second));
      };
    case 3:
      return (frame) => {
        const first = a!(frame);
        const second = b!(frame);
        const third = c!(frame);
        return finish(frame, [first, second, third], compute(first, second, third));
      };
    default:
      return (frame) => {
        const args = planned.map(({ code }) => code(frame));
        return finish(frame, args, compute(...args));
      };
  }
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  "_<_": (order) => order < 0,
  "_<=_": (order) => order <= 0,
  "_>_": (order) => order > 0,
  "_>=_": (order) => order >= 0,
};

function comparison(
  left: Code,
  right: Code,
  id: string,
  decide: (order: number) => boolean,
  compute: Implementation,
): Code {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (typeof a === "number" && typeof b === "number") {
      frame.charge(1);
      return decide(a - b);
    }
    frame.charge(standardCallCost(id, [a, b]));
    return compute(a, b);
  };
}

/** The comparison operators as functions. */
export const comparisons: Readonly<Record<string, Implementation>> = Object.fromEntries(
  Object.entries(COMPARISONS).map(([name, decide]) => [
    name,
    (left: Value | undefined, right: Value | undefined) => decide(compare(left!, right!)),
  ]),
);

/** Whether a list holds a value. */
export function listContains(list: CelList, value: Value): boolean {
  for (const item of list) {
    if (equal(item, value)) return true;
  }
  return false;
}
