// What a function of templates is: the Go types of its parameters, by which
// arguments are checked, and what it computes. Not the functions themselves.

import { CallError, GoInt, GoMap, typeOf, type Value } from "./values.ts";

/** What implementations get for each type of parameter. */
export interface Arguments {
  string: string;
  /** An int of 64 bits, as far as a number is exact. */
  int: number;
  bool: boolean;
  float64: number;
  "map[string]interface {}": GoMap;
  "interface {}": Value;
  "reflect.Value": Value;
}

/** The Go type of a parameter. */
export type ParameterType = keyof Arguments;

/** A function that templates can call. */
export interface GoFunction {
  readonly parameters: readonly ParameterType[];
  /** The type of further parameters, of which there may be any number. */
  readonly rest?: ParameterType;
  /** Throws `CallError` for what it refuses. */
  run(args: readonly Arguments[ParameterType][]): Value;
}

type ArgumentsOf<T extends readonly ParameterType[]> = { [K in keyof T]: Arguments[T[K]] };

/** A function of so many parameters. */
export function fixed<const T extends readonly ParameterType[]>(
  parameters: T,
  run: (...args: ArgumentsOf<T>) => Value,
): GoFunction {
  return { parameters, run: (args) => run(...args as unknown as ArgumentsOf<T>) };
}

/** A function of so many parameters or more. */
export function variadic<const T extends readonly ParameterType[], R extends ParameterType>(
  parameters: T,
  rest: R,
  run: (...args: [...ArgumentsOf<T>, ...Arguments[R][]]) => Value,
): GoFunction {
  return {
    parameters,
    rest,
    run: (args) => run(...args as unknown as [...ArgumentsOf<T>, ...Arguments[R][]]),
  };
}

/** Functions by name. */
export type Functions = Readonly<Record<string, GoFunction>>;

/** Why a value cannot be an argument of a type; undefined if it can. */
export function mismatch(value: Value, boxed: boolean, type: ParameterType): string | undefined {
  if (type === "interface {}" || type === "reflect.Value") return undefined;
  if (value === null && !boxed) {
    return type.startsWith("map") ? undefined : `invalid value; expected ${type}`;
  }
  const actual = value === null ? "interface {}" : typeOf(value);
  return actual === type ? undefined : `wrong type for value; expected ${type}; got ${actual}`;
}

/** A value that fits a type as implementations get it. */
export function toArgument(value: Value, type: ParameterType): Arguments[ParameterType] {
  if (value === null && type.startsWith("map")) return new GoMap(new Map(), "interface {}", true);
  if (type === "int" && value instanceof GoInt) {
    const number = Number(value.value);
    if (!Number.isSafeInteger(number)) throw new CallError(`${value.value} is out of range`);
    return number;
  }
  return value;
}
