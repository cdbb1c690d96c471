// Bounds, factors and formats of numbers. Integers are compared with bounds
// cut to integers, as kube-openapi does.

import { invalid } from "../field/error.ts";
import { goFloat, goNumber } from "../go_text.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { type Check, isInt64, report, words } from "./_check.ts";
import type { Outcome } from "./_finding.ts";

const INT32_BOUND = 2 ** 31;
const MAX_FLOAT32 = 3.4028235677973366e38;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
/** How near to an integer a quotient must be. */
const EPSILON = 1e-9;

/** What Go makes of a float64 it converts to an int64; one that is too large becomes the smallest. */
function toInt64(value: number): number {
  return Math.abs(value) >= 2 ** 63 ? -(2 ** 63) : Math.trunc(value);
}

/** Whether a number can be held by the schema's type and format. */
type Holds = (value: number | bigint) => boolean;

function holdsOf(type: string, format: string): Holds {
  if (type === "integer") {
    if (format !== "int32") return isInt64;
    return (value) => isInt64(value) && value >= -INT32_BOUND && value < INT32_BOUND;
  }
  return format === "float" ? (value) => Math.abs(Number(value)) < MAX_FLOAT32 : () => true;
}

/** A number of the schema, which Go holds as a float64. */
function floatOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

/** go-openapi's notion of a float that is an integer. */
function isNearInteger(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > MAX_SAFE) return false;
  const rounded = Math.round(value);
  const distance = Math.abs(value - rounded);
  if (value === rounded) return true;
  if (value === 0 || rounded === 0 || distance < Number.MIN_VALUE) {
    return distance < EPSILON * Number.MIN_VALUE;
  }
  return distance / (Math.abs(value) + Math.abs(rounded)) < EPSILON;
}

function isMultiple(value: number | bigint, factor: number, integers: boolean): boolean {
  if (typeof value === "bigint" && integers) return value % BigInt(factor) === 0n;
  const number = Number(value);
  if (integers) return number % factor === 0;
  return isNearInteger(factor < 1 ? (1 / factor) * number : number / factor);
}

/** Compiles the keywords that look at numbers. */
export function compileNumber(
  schema: JsonObject,
  types: readonly string[],
  format: string,
): Check<number | bigint> {
  const only = types.length === 1 ? types[0] : undefined;
  const type = only === "integer" || only === "number" ? only : "";
  const known = type === "" ? "" : format;
  const holds = holdsOf(type, known);
  const suffix = known === "" ? "(default format)" : `with format ${known}`;
  const cannotHold = (what: string, path: string, outcome: Outcome) => {
    const text = `${what} value must be of type ${type} ${suffix} in ${path}`;
    report(outcome, text, invalid("", "", text));
  };
  const bounds = [
    factorCheck(schema, holds, cannotHold),
    boundCheck(schema, "minimum", holds, cannotHold),
    boundCheck(schema, "maximum", holds, cannotHold),
  ].filter((check) => check !== undefined);
  return (value, path, outcome) => {
    if (!holds(value)) cannotHold("Checked", path, outcome);
    for (const check of bounds) check(value, path, outcome);
    outcome.matches++;
  };
}

/** The nearest float64, as `%v` prints it. */
function goNearest(value: number | bigint): string {
  return goFloat(Number(value));
}

/** Reports a number, printed as what it was compared as. */
function reportNumber(outcome: Outcome, path: string, printed: string, what: string): void {
  const text = words(path, what);
  const message = `Invalid value: ${printed}: ${text}`;
  report(outcome, text, { type: "FieldValueInvalid", field: path, message });
}

type CannotHold = (what: string, path: string, outcome: Outcome) => void;

function factorCheck(
  schema: JsonObject,
  holds: Holds,
  cannotHold: CannotHold,
): Check<number | bigint> | undefined {
  const multipleOf = floatOf(schema["multipleOf"]);
  if (multipleOf === undefined) return undefined;
  const held = holds(multipleOf);
  return (value, path, outcome) => {
    if (!held) cannotHold("MultipleOf", path, outcome);
    const integers = held && isInt64(value);
    const factor = integers ? toInt64(multipleOf) : multipleOf;
    const print = integers ? goNumber : goNearest;
    if (factor <= 0) {
      const text = `factor MultipleOf declared for ${path} must be positive: ${print(factor)}`;
      report(outcome, text, invalid(path, factor, text));
    } else if (!isMultiple(value, factor, integers)) {
      reportNumber(outcome, path, print(value), `should be a multiple of ${print(factor)}`);
    }
  };
}

function boundCheck(
  schema: JsonObject,
  keyword: "minimum" | "maximum",
  holds: Holds,
  cannotHold: CannotHold,
): Check<number | bigint> | undefined {
  const declared = floatOf(schema[keyword]);
  if (declared === undefined) return undefined;
  const above = keyword === "minimum";
  const exclusive = schema[above ? "exclusiveMinimum" : "exclusiveMaximum"] === true;
  const held = holds(declared);
  const side = above ? "greater than" : "less than";
  const what = exclusive ? side : `${side} or equal to`;
  return (value, path, outcome) => {
    if (!held) cannotHold(above ? "Minimum boundary" : "Maximum boundary", path, outcome);
    const integers = held && isInt64(value);
    const bound = integers ? toInt64(declared) : declared;
    const inside = above
      ? (exclusive ? value > bound : value >= bound)
      : (exclusive ? value < bound : value <= bound);
    if (!inside) {
      const print = integers ? goNumber : goNearest;
      reportNumber(outcome, path, print(value), `should be ${what} ${print(bound)}`);
    }
  };
}
