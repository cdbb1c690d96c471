// Numbers, characters and strings as Go's syntax writes them.
// Source: the Go specification, "Integer literals" to "String literals", as
// strconv.ParseInt, ParseFloat and Unquote read them.

import { GO_ESCAPES, goQuote } from "../go_text.ts";
import type { NumberNode } from "./nodes.ts";
import { GoInt } from "./values.ts";

const ESCAPE =
  /\\(?:([abfnrtv\\])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(["'])|([^]|$))/g;

/** What a quoted string or character stands for; undefined if it is malformed. */
export function unquote(literal: string): string | undefined {
  const [quote, inside] = [literal[0], literal.slice(1, -1)];
  if (quote === "`") return inside.replaceAll("\r", "");
  let valid = true;
  const bytes: number[] = [];
  const add = (text: string) => {
    for (const byte of new TextEncoder().encode(text)) bytes.push(byte);
  };
  let end = 0;
  for (const match of inside.matchAll(ESCAPE)) {
    add(inside.slice(end, match.index));
    end = match.index + match[0].length;
    const [, short, hex, octal, four, eight, quoted] = match;
    const code = parseInt(four ?? eight ?? "0", 16);
    if (short !== undefined) add(GO_ESCAPES[short] ?? "");
    else if (hex !== undefined) bytes.push(parseInt(hex, 16));
    else if (octal !== undefined && parseInt(octal, 8) < 256) bytes.push(parseInt(octal, 8));
    else if (quoted === quote && quoted !== undefined) add(quoted);
    else if ((four ?? eight) === undefined || code > 0x10ffff || code >> 11 === 27) valid = false;
    else add(String.fromCodePoint(code));
  }
  add(inside.slice(end));
  return valid ? new TextDecoder().decode(new Uint8Array(bytes)) : undefined;
}

/** Longer texts are no numbers, so that nothing long has to be read as one. */
const LENGTH_MAX = 1_000;

const INTEGER =
  /^[+-]?(?:0|[1-9](?:_?\d)*|0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+)$/;
const FLOAT =
  /^[+-]?(?:(?:\d(?:_?\d)*)?\.?(?:\d(?:_?\d)*)?(?:[eE][+-]?\d+)?|0[xX][\da-fA-F]*\.?[\da-fA-F]*[pP][+-]?\d+)$/;

/** The integer that a text writes; undefined if it writes none, of whatever size. */
export function parseInteger(text: string): bigint | undefined {
  if (text.length > LENGTH_MAX || !INTEGER.test(text)) return undefined;
  const digits = text.replaceAll("_", "").replace(/^[+-]/, "").replace(/^0(?=[0-7])/, "0o");
  return text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
}

/** The float that a text writes; undefined if it writes none. */
export function parseFloatText(text: string): number | undefined {
  if (text.length > LENGTH_MAX || !FLOAT.test(text) || !/\d/.test(text)) return undefined;
  const hex = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d+)$/.exec(text);
  if (hex === null) {
    const value = Number(text.replaceAll("_", ""));
    return Number.isNaN(value) ? undefined : value;
  }
  const [, sign, whole = "", part = "", exponent] = hex;
  const size = Number(BigInt(`0x0${whole}${part}`)) * 2 ** (Number(exponent) - 4 * part.length);
  return sign === "-" ? -size : size;
}

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;

/** A number or character of a template; a fault for what is none. */
export function parseNumber(literal: string, position: number): NumberNode | string {
  if (literal.startsWith("'")) return parseCharacter(literal, position);
  if (literal.endsWith("i")) return `complex numbers are not supported: ${goQuote(literal)}`;
  const node = { type: "number", position, literal } as const;
  const whole = parseInteger(literal);
  if (whole !== undefined && whole < 2n ** 64n && whole >= INT_MIN) {
    const value = whole <= INT_MAX ? new GoInt(whole) : undefined;
    return { ...node, integer: value && whole, float: Number(whole), value };
  }
  if (whole !== undefined) return `integer overflow: ${goQuote(literal)}`;
  const float = parseFloatText(literal);
  // What has the form of an integer and is none, such as 08, is one that is too large to Go.
  if (float !== undefined && !/[.eEpP]/.test(literal)) {
    return `integer overflow: ${goQuote(literal)}`;
  }
  if (float === undefined || !Number.isFinite(float)) {
    return `illegal number syntax: ${goQuote(literal)}`;
  }
  const integer = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? BigInt(float) : undefined;
  return { ...node, integer, float, value: float };
}

function parseCharacter(literal: string, position: number): NumberNode | string {
  if (literal === "''") return "invalid syntax";
  const text = unquote(literal);
  const [char = ""] = text ?? "";
  if (text === undefined || text === "" || char !== text) {
    return `malformed character constant: ${literal}`;
  }
  const code = char.codePointAt(0) ?? 0;
  return {
    type: "number",
    position,
    literal,
    integer: BigInt(code),
    float: code,
    value: new GoInt(code),
  };
}
