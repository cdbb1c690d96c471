// `'…'.format([…])`: %s %d %f %e %b %x %X %o. Source: cel-go's strings
// extension, whose older versions print floats the way the language
// en-US does: grouped, and exponents as powers of ten.

import { plainFloat, toText } from "../conversions.ts";
import { goQuote } from "../../go_text.ts";
import { Type } from "../types.ts";
import {
  CelList,
  CelMap,
  Double,
  Duration,
  fail,
  isInt,
  Timestamp,
  typeOf,
  Uint,
  type Value,
} from "../values.ts";

/** How floats are printed. */
export type FormatStyle = "localized" | "plain";

const PRECISION = 6;
/** As many as the platform prints, and more than doubles near one have. */
const EXACT_DIGITS = 100;

/** Fills the clauses of a format with arguments. */
export function formatString(format: string, args: CelList, style: FormatStyle): string {
  return fillFormat(
    format,
    args.size,
    ({ letter, precision, index }) => formatClause(letter, precision, args.at(index), style),
  );
}

/** A clause of a format: what it asks for, and of which argument. */
export interface FormatClause {
  readonly letter: string;
  readonly precision: number;
  readonly index: number;
}

/** Puts what `fill` makes of each clause into a format that has `count` arguments. */
export function fillFormat(
  format: string,
  count: number,
  fill: (clause: FormatClause) => string,
): string {
  let out = "";
  let used = 0;
  for (let at = 0; at < format.length; at++) {
    if (format[at] !== "%") {
      out += format[at];
      continue;
    }
    if (format[at + 1] === "%") {
      out += "%";
      at++;
      continue;
    }
    if (at + 1 >= format.length) return fail("unexpected end of string");
    if (used >= count) return fail(`index ${used} out of range`);
    const { letter, precision, end } = readClause(format, at + 1);
    out += fill({ letter, precision, index: used++ });
    at = end;
  }
  return out;
}

function readClause(
  format: string,
  start: number,
): { letter: string; precision: number; end: number } {
  let at = start;
  let precision = PRECISION;
  if (format[at] === ".") {
    const digits = /^[0-9]*/.exec(format.slice(at + 1))![0];
    at += 1 + digits.length;
    if (at >= format.length) {
      return fail(
        "could not parse formatting clause: error while parsing precision: could not find end of precision specifier",
      );
    }
    precision = Number(digits);
  }
  const letter = format[at]!;
  if (!/[sdfebxXo]/.test(letter)) {
    return fail(`could not parse formatting clause: unrecognized formatting clause "${letter}"`);
  }
  return { letter, precision, end: at };
}

function typeName(value: Value): string {
  return typeOf(value).name;
}

function wrongFor(clause: string, wanted: string, value: Value): never {
  return fail(
    `error during formatting: ${clause} clause can only be used on ${wanted}, was given ${
      typeName(value)
    }`,
  );
}

function formatClause(letter: string, precision: number, value: Value, style: FormatStyle): string {
  switch (letter) {
    case "s":
      return printText(value, style);
    case "d":
      return printDecimal(value, style);
    case "f":
      return fixed(value, precision, style);
    case "e":
      return scientific(value, precision, style);
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      return radix(value, 2, "binary", "integers and bools");
    case "o":
      return radix(value, 8, "octal", "integers");
    default:
      return hex(value, letter === "X");
  }
}

function radix(value: Value, base: number, clause: string, wanted: string): string {
  if (isInt(value)) return BigInt(value).toString(base);
  if (value instanceof Uint) return value.value.toString(base);
  return wrongFor(clause, wanted, value);
}

function hex(value: Value, upper: boolean): string {
  let text: string;
  if (typeof value === "string" || value instanceof Uint8Array) {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  } else text = radix(value, 16, "hex", "integers, byte buffers, and strings");
  return upper ? text.toUpperCase() : text;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "Infinity";
  return value === -Infinity ? "-Infinity" : undefined;
}

/** The number of a float clause; texts that are no finite numbers are let through. */
function floatOf(value: Value, clause: string, style: FormatStyle): number {
  if (value instanceof Double) return value.value;
  if (style === "plain") {
    if (isInt(value)) return Number(value);
    if (value instanceof Uint) return Number(value.value);
  } else if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return wrongFor(clause, style === "plain" ? "numbers" : "doubles", value);
}

/** Digits after the point, rounded as the exact value demands. */
function digits(value: number, precision: number): string {
  if (Math.abs(value) < 1e21 && precision <= EXACT_DIGITS) return toEven(value, precision);
  return precision === 0 ? plainFloat(value) : `${plainFloat(value)}.${"0".repeat(precision)}`;
}

/** `toFixed` rounds ties up; Go rounds them to the even digit. */
function toEven(value: number, precision: number): string {
  const exact = value.toFixed(EXACT_DIGITS);
  const cut = exact.length - EXACT_DIGITS + precision;
  const kept = exact.slice(0, precision === 0 ? cut - 1 : cut);
  const isTie = /^50*$/.test(exact.slice(cut));
  return isTie && /[02468]$/.test(kept) ? kept : value.toFixed(precision);
}

function fixed(value: Value, precision: number, style: FormatStyle): string {
  const number = floatOf(value, "fixed-point", style);
  const word = special(number);
  if (word !== undefined) return style === "plain" ? word : word.replace("Infinity", "∞");
  const text = digits(number, precision);
  if (style === "plain") return text;
  const [whole, fraction] = text.split(".");
  const grouped = whole!.replace(/\B(?=(?:[0-9]{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

function scientific(value: Value, precision: number, style: FormatStyle): string {
  const number = floatOf(value, "scientific", style);
  const word = special(number);
  if (word !== undefined) return style === "plain" ? word : word.replace("Infinity", "∞");
  // The printer of languages takes no notice of the precision.
  const kept = style === "plain" ? Math.min(precision, EXACT_DIGITS) : PRECISION;
  const [mantissa, exponent] = number.toExponential(kept).split("e");
  const sign = exponent!.startsWith("-") ? "-" : "+";
  const power = exponent!.slice(1).padStart(2, "0");
  if (style === "plain") return `${mantissa}e${sign}${power}`;
  const raised = Array.from(power, (digit) => SUPERSCRIPT[Number(digit)]).join("");
  return `${mantissa}×10${sign === "-" ? "⁻" : ""}${raised}`;
}

function printDecimal(value: Value, style: FormatStyle): string {
  if (isInt(value)) return String(value);
  if (value instanceof Uint) return String(value.value);
  if (style === "plain" && value instanceof Double) {
    return special(value.value) ?? plainFloat(value.value);
  }
  return wrongFor("decimal", style === "plain" ? "numbers" : "integers", value);
}

function printText(value: Value, style: FormatStyle): string {
  if (value === null) return "null";
  if (value instanceof CelList) return printList(value, style);
  if (value instanceof CelMap) return printMap(value, style);
  if (value instanceof Type) return value.name;
  if (value instanceof Double && style === "plain") {
    return special(value.value) ?? plainFloat(value.value);
  }
  const printable = typeof value === "string" || typeof value === "boolean" || isInt(value) ||
    value instanceof Uint || value instanceof Double || value instanceof Timestamp ||
    value instanceof Duration || value instanceof Uint8Array;
  if (!printable) {
    return wrongFor(
      "string",
      "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
      value,
    );
  }
  return toText(value);
}

/** An item of a list or map, quoted where it is text. */
function printItem(value: Value, style: FormatStyle): string {
  if (style === "plain") return printText(value, style);
  if (typeof value === "string") return goQuote(value);
  if (value instanceof Uint8Array) return `b${goQuote(toText(value))}`;
  if (value instanceof Timestamp) return `timestamp(${goQuote(toText(value))})`;
  if (value instanceof Duration) return `duration(${goQuote(toText(value))})`;
  if (value instanceof Double) {
    const word = special(value.value);
    return word === undefined ? digits(value.value, PRECISION) : goQuote(word);
  }
  return printText(value, style);
}

function printList(list: CelList, style: FormatStyle): string {
  return `[${Array.from(list, (item) => printItem(item, style)).join(", ")}]`;
}

function printMap(map: CelMap, style: FormatStyle): string {
  const entries: [string, string][] = [];
  for (const key of map.keys()) {
    if (key instanceof Double && style === "localized") {
      return fail(
        `error during formatting: no formatting function for map key of type ${typeName(key)}`,
      );
    }
    entries.push([printItem(key, style), printItem(map.get(key)!, style)]);
  }
  entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  const separator = style === "plain" ? ": " : ":";
  return `{${entries.map(([key, value]) => `${key}${separator}${value}`).join(", ")}}`;
}
