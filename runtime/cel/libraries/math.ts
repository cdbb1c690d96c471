// The math extension of cel-go. Not part of Kubernetes' environments.

import { declare, type Implementation } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { compare } from "../equality.ts";
import type { Macro } from "../macros.ts";
import { CelList, Double, fail, intValue, isInt, Uint, type Value } from "../values.ts";

const NUMBERS = ["int", "double", "uint"] as const;

function extreme(name: string, better: (order: number) => boolean): Implementation {
  return (...args) => {
    const values = args[0] instanceof CelList ? [...args[0]] : args;
    if (values.length === 0) return fail(`math.@${name}(list) argument must not be empty`);
    let best = values[0]!;
    for (const value of values) {
      if (!isInt(value) && !(value instanceof Uint) && !(value instanceof Double)) {
        return fail(`no such overload: math.@${name}`);
      }
      if (better(compare(value, best))) best = value;
    }
    return best;
  };
}

function extremeMacro(name: string, target: string): Macro {
  return (make, receiver, args) => {
    if (receiver?.kind !== "ident" || receiver.name !== "math") return undefined;
    if (args.length === 0) {
      return { error: `math.${name}() requires at least one argument`, at: receiver };
    }
    for (const arg of args) {
      const wrong = arg.kind === "literal" &&
        !(isInt(arg.value) || arg.value instanceof Uint || arg.value instanceof Double);
      if (
        wrong || arg.kind === "map" || arg.kind === "struct" ||
        (arg.kind === "list" && args.length > 1)
      ) {
        return args.length === 1
          ? { error: `math.${name}() invalid single argument value`, at: arg }
          : { error: `math.${name}() simple literal arguments must be numeric`, at: arg };
      }
    }
    if (args.length <= 2) return { expr: make.call(target, ...args) };
    return { expr: make.call(target, make.list(...args)) };
  };
}

function extremeOverloads(name: string): [string, string][] {
  const overloads: [string, string][] = [];
  for (const one of NUMBERS) {
    overloads.push([`math_@${name}_${one}`, `(${one}) -> ${one}`]);
    overloads.push([`math_@${name}_list_${one}`, `(list(${one})) -> ${one}`]);
    for (const other of NUMBERS) {
      const result = one === other ? one : "dyn";
      overloads.push([`math_@${name}_${one}_${other}`, `(${one}, ${other}) -> ${result}`]);
    }
  }
  overloads.push([`math_@${name}_list_dyn`, "(list(dyn)) -> dyn"]);
  return overloads;
}

const double = (value: Value | undefined): number => (value as Double).value;
const onDouble = (compute: (value: number) => number): Implementation => (value) =>
  new Double(compute(double(value)));

/** Half away from zero. */
function round(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}

function absolute(value: Value | undefined): Value {
  if (value instanceof Double) return new Double(Math.abs(value.value));
  if (value instanceof Uint) return value;
  const number = BigInt(value as number);
  if (number === -(2n ** 63n)) return fail("integer overflow");
  return intValue(number < 0n ? -number : number);
}

function sign(value: Value | undefined): Value {
  if (value instanceof Double) return new Double(Math.sign(value.value));
  if (value instanceof Uint) return new Uint(value.value === 0n ? 0n : 1n);
  const number = BigInt(value as number);
  return number === 0n ? 0 : number < 0n ? -1 : 1;
}

function squareRoot(value: Value | undefined): Value {
  if (value instanceof Double) return new Double(Math.sqrt(value.value));
  if (value instanceof Uint) return new Double(Math.sqrt(Number(value.value)));
  return new Double(Math.sqrt(Number(value)));
}

function bits(compute: (a: bigint, b: bigint) => bigint): Implementation {
  return (a, b) =>
    a instanceof Uint
      ? new Uint(BigInt.asUintN(64, compute(a.value, (b as Uint).value)))
      : intValue(BigInt.asIntN(64, compute(BigInt(a as number), BigInt(b as number))));
}

function shift(name: string, compute: (value: bigint, by: bigint) => bigint): Implementation {
  return (a, b) => {
    const by = BigInt(b as number);
    if (by < 0n) return fail(`math.${name}() negative offset: ${by}`);
    if (a instanceof Uint) {
      return new Uint(by >= 64n ? 0n : BigInt.asUintN(64, compute(a.value, by)));
    }
    if (by >= 64n) return 0;
    const value = BigInt(a as number);
    // Shifting right moves zeros in, whatever the sign.
    return intValue(BigInt.asIntN(64, compute(BigInt.asUintN(64, value), by)));
  };
}

const both = (id: string): [string, string][] => [
  [`${id}_int_int`, "(int, int) -> int"],
  [`${id}_uint_uint`, "(uint, uint) -> uint"],
];
const shifts = (id: string): [string, string][] => [
  [`${id}_int_int`, "(int, int) -> int"],
  [`${id}_uint_int`, "(uint, int) -> uint"],
];

/** cel-go's math extension. */
export const MATH: Library = {
  macros: [
    ["greatest/*/member", extremeMacro("greatest", "math.@max")],
    ["least/*/member", extremeMacro("least", "math.@min")],
  ],
  functions: [
    declare("math.@max", extremeOverloads("max"), extreme("max", (order) => order > 0)),
    declare("math.@min", extremeOverloads("min"), extreme("min", (order) => order < 0)),
    declare("math.ceil", [["math_ceil_double", "(double) -> double"]], onDouble(Math.ceil)),
    declare("math.floor", [["math_floor_double", "(double) -> double"]], onDouble(Math.floor)),
    declare("math.round", [["math_round_double", "(double) -> double"]], onDouble(round)),
    declare("math.trunc", [["math_trunc_double", "(double) -> double"]], onDouble(Math.trunc)),
    declare(
      "math.isInf",
      [["math_isInf_double", "(double) -> bool"]],
      (value) => Math.abs(double(value)) === Infinity,
    ),
    declare(
      "math.isNaN",
      [["math_isNaN_double", "(double) -> bool"]],
      (value) => Number.isNaN(double(value)),
    ),
    declare(
      "math.isFinite",
      [["math_isFinite_double", "(double) -> bool"]],
      (value) => Number.isFinite(double(value)),
    ),
    declare(
      "math.abs",
      NUMBERS.map((type) => [`math_abs_${type}`, `(${type}) -> ${type}`]),
      absolute,
    ),
    declare(
      "math.sign",
      NUMBERS.map((type) => [`math_sign_${type}`, `(${type}) -> ${type}`]),
      sign,
    ),
    declare(
      "math.sqrt",
      NUMBERS.map((type) => [`math_sqrt_${type}`, `(${type}) -> double`]),
      squareRoot,
    ),
    declare("math.bitAnd", both("math_bitAnd"), bits((a, b) => a & b)),
    declare("math.bitOr", both("math_bitOr"), bits((a, b) => a | b)),
    declare("math.bitXor", both("math_bitXor"), bits((a, b) => a ^ b)),
    declare("math.bitNot", [
      ["math_bitNot_int_int", "(int) -> int", (value) => intValue(~BigInt(value as number))],
      [
        "math_bitNot_uint_uint",
        "(uint) -> uint",
        (value) => new Uint(BigInt.asUintN(64, ~(value as Uint).value)),
      ],
    ]),
    declare(
      "math.bitShiftLeft",
      shifts("math_bitShiftLeft"),
      shift("bitShiftLeft", (value, by) => value << by),
    ),
    declare(
      "math.bitShiftRight",
      shifts("math_bitShiftRight"),
      shift("bitShiftRight", (value, by) => value >> by),
    ),
  ],
};
