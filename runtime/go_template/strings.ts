// sprig's functions on strings, apart from those that change case
// (letter_case.ts). Source: sprig's documentation, "String Functions".

import { compareGo, goQuote } from "../go_text.ts";
import { byteLength, sliceBytes } from "./bytes.ts";
import { formatValue, textOf } from "./format.ts";
import { fixed, type Functions, variadic } from "./function.ts";
import { checkSize } from "./limits.ts";
import { CallError, GoList, GoMap, strings, type Value } from "./values.ts";

const SPACE =
  "\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]+`, "g");
const ONE_SPACE = new RegExp(`[${SPACE}]`);

function trimAll(cutset: string, text: string): string {
  const cut = new Set(cutset);
  return trimWhere(text, (char) => cut.has(char));
}

/** Without such characters at both ends. A pattern would look at runs within the text again and again. */
function trimWhere(text: string, isCut: (char: string) => boolean): string {
  const chars = [...text];
  let [start, end] = [0, chars.length];
  while (start < end && isCut(chars[start] as string)) start++;
  while (end > start && isCut(chars[end - 1] as string)) end--;
  return chars.slice(start, end).join("");
}

/** A text so many times. */
export function repeat(count: number, text: string): string {
  if (count < 0) throw new CallError("strings: negative Repeat count");
  checkSize(count * text.length);
  return text.repeat(count);
}

function replaceAll(old: string, by: string, text: string): string {
  const parts = old === "" ? ["", ...text, ""] : text.split(old);
  checkSize(text.length + parts.length * by.length);
  return parts.join(by);
}

/** Parts between separators, characters if it is empty; the last of `limit` parts is the rest. */
function splitText(separator: string, text: string, limit = Infinity): string[] {
  if (limit < 0) return splitText(separator, text);
  const parts = separator === "" ? [...text] : text.split(separator);
  if (parts.length <= limit) return parts;
  if (limit === 0) return [];
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

function numbered(parts: readonly string[]): GoMap {
  return new GoMap(new Map(parts.map((part, i) => [`_${i}`, part])), "string");
}

/** Any value as texts: lists as those of their elements that are not nil. */
export function textsOf(value: Value): string[] {
  const items = value instanceof GoList ? value.items : [value];
  return items.filter((item) => item !== null).map(textOf);
}

function indent(spaces: number, text: string): string {
  const pad = repeat(spaces, " ");
  return pad + replaceAll("\n", `\n${pad}`, text);
}

function trunc(count: number, text: string): string {
  const length = byteLength(text);
  if (count < 0) return length + count > 0 ? sliceBytes(text, length + count, length) : text;
  return length > count ? sliceBytes(text, 0, count) : text;
}

function substr(start: number, end: number, text: string): string {
  const length = byteLength(text);
  if (start < 0) return sliceBytes(text, 0, end);
  return sliceBytes(text, start, end < 0 || end > length ? length : end);
}

/** Cuts to a width, with dots at the end, and at the start if it begins at an offset. */
function abbreviate(text: string, offset: number, width: number): string {
  const length = byteLength(text);
  if (text === "" || width < 4) return "";
  if (length <= width) return text;
  const from = Math.min(offset, length, Math.max(length - (width - 3), 0));
  if (from <= 4) return `${sliceBytes(text, 0, width - 3)}...`;
  if (width < 7) return "";
  if (from + width - 3 < length) {
    return `...${abbreviate(sliceBytes(text, from, length), 0, width - 3)}`;
  }
  return `...${sliceBytes(text, length - (width - 3), length)}`;
}

/** Breaks lines at spaces before a width, and in words if they are to be broken. */
function wrap(text: string, width: number, lineEnd: string, breaksWords: boolean): string {
  const limit = Math.max(width, 1);
  const lines: string[] = [];
  let rest = text;
  while (rest.length > limit) {
    if (rest.startsWith(" ")) {
      rest = rest.slice(1);
      continue;
    }
    const before = rest.lastIndexOf(" ", limit);
    const space = before >= 0 || breaksWords ? before : rest.indexOf(" ", limit);
    if (space < 0 && !breaksWords) break;
    const end = space < 0 ? limit : space;
    lines.push(rest.slice(0, end));
    rest = rest.slice(space < 0 ? end : end + 1);
  }
  checkSize(text.length + lines.length * lineEnd.length);
  return [...lines, rest].join(lineEnd);
}

const trimAllFunction = fixed(["string", "string"], trimAll);

/** The functions. */
export const STRING_FUNCTIONS: Functions = {
  hello: fixed([], () => "Hello!"),
  trim: fixed(["string"], (text) => trimWhere(text, (char) => ONE_SPACE.test(char))),
  trimAll: trimAllFunction,
  trimall: trimAllFunction,
  trimPrefix: fixed(
    ["string", "string"],
    (prefix, text) => text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimSuffix: fixed(
    ["string", "string"],
    (suffix, text) => text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  nospace: fixed(["string"], (text) => text.replace(SPACES, "")),
  repeat: fixed(["int", "string"], repeat),
  replace: fixed(["string", "string", "string"], replaceAll),
  contains: fixed(["string", "string"], (part, text) => text.includes(part)),
  hasPrefix: fixed(["string", "string"], (prefix, text) => text.startsWith(prefix)),
  hasSuffix: fixed(["string", "string"], (suffix, text) => text.endsWith(suffix)),
  trunc: fixed(["int", "string"], trunc),
  substr: fixed(["int", "int", "string"], substr),
  abbrev: fixed(["int", "string"], (width, text) => width < 4 ? text : abbreviate(text, 0, width)),
  abbrevboth: fixed(
    ["int", "int", "string"],
    (left, right, text) =>
      right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right),
  ),
  initials: fixed(
    ["string"],
    (text) => text.split(SPACES).map((word) => word.slice(0, 1)).join(""),
  ),
  wrap: fixed(["int", "string"], (width, text) => wrap(text, width, "\n", false)),
  wrapWith: fixed(
    ["int", "string", "string"],
    (width, lineEnd, text) => wrap(text, width, lineEnd || "\n", true),
  ),
  quote: variadic(
    [],
    "interface {}",
    (...values) =>
      values.filter((value) => value !== null).map((value) => goQuote(textOf(value))).join(" "),
  ),
  squote: variadic(
    [],
    "interface {}",
    (...values) =>
      values.filter((value) => value !== null).map((value) => `'${textOf(value)}'`).join(" "),
  ),
  cat: variadic(
    [],
    "interface {}",
    (...values) => values.filter((value) => value !== null).map(formatValue).join(" "),
  ),
  indent: fixed(["int", "string"], indent),
  nindent: fixed(["int", "string"], (spaces, text) => `\n${indent(spaces, text)}`),
  plural: fixed(["string", "string", "int"], (one, many, count) => count === 1 ? one : many),
  split: fixed(["string", "string"], (separator, text) => numbered(splitText(separator, text))),
  splitn: fixed(
    ["string", "int", "string"],
    (separator, count, text) => numbered(splitText(separator, text, count)),
  ),
  splitList: fixed(["string", "string"], (separator, text) => strings(splitText(separator, text))),
  join: fixed(["string", "interface {}"], (separator, value) => {
    const texts = textsOf(value);
    checkSize(texts.reduce((size, text) => size + text.length + separator.length, 0));
    return texts.join(separator);
  }),
  sortAlpha: fixed(
    ["interface {}"],
    (value) => strings(value instanceof GoList ? textsOf(value).sort(compareGo) : [textOf(value)]),
  ),
  toString: fixed(["interface {}"], textOf),
  toStrings: fixed(["interface {}"], (value) => strings(textsOf(value))),
};
