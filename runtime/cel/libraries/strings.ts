// The strings extension of cel-go: charAt, indexOf, replace, split and so on.
// Positions count code points.

import { declare, type FunctionDeclaration } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { ArrayList, type CelList, fail, isInt, type Value } from "../values.ts";
import { formatString, type FormatStyle } from "./string_format.ts";

/** Go's white space. */
const SPACE =
  "[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const TRIM = new RegExp(`^${SPACE}|${SPACE}$`, "g");

function charAt(text: string, index: number): string {
  const points = Array.from(text);
  if (index < 0 || index > points.length) return fail(`index out of range: ${index}`);
  return points[index] ?? "";
}

function matchesAt(points: readonly string[], part: readonly string[], at: number): boolean {
  return part.every((point, index) => points[at + index] === point);
}

function indexOf(text: string, part: string, from: number, strict: boolean): number {
  const points = Array.from(text);
  const wanted = Array.from(part);
  if (part === "" && !strict) return from;
  if (from < 0 || (strict && from > points.length)) return fail(`index out of range: ${from}`);
  if (part === "") return from;
  for (let at = from; at <= points.length - wanted.length; at++) {
    if (matchesAt(points, wanted, at)) return at;
  }
  return -1;
}

function lastIndexOf(
  text: string,
  part: string,
  from: number | undefined,
  strict: boolean,
): number {
  const points = Array.from(text);
  const wanted = Array.from(part);
  if (from === undefined) {
    if (part === "") return points.length;
    if (points.length < wanted.length) return -1;
  } else {
    if (part === "" && !strict) return from;
    if (from < 0 || (strict && from > points.length)) return fail(`index out of range: ${from}`);
    if (part === "") return from;
    if (from >= points.length) return -1;
  }
  const start = Math.min(from ?? Infinity, points.length - wanted.length);
  for (let at = start; at >= 0; at--) {
    if (matchesAt(points, wanted, at)) return at;
  }
  return -1;
}

function replace(text: string, from: string, to: string, count: number): string {
  if (count < 0) {
    return from === "" ? interleave(text, to, Infinity) : text.replaceAll(from, () => to);
  }
  if (from === "") return interleave(text, to, count);
  const parts = text.split(from);
  if (count >= parts.length) return parts.join(to);
  return [parts.slice(0, count + 1).join(to), ...parts.slice(count + 1)].join(from);
}

/** What replacing nothing between all characters gives. */
function interleave(text: string, to: string, count: number): string {
  const points = ["", ...Array.from(text)];
  return points.map((point, index) => index < count ? point + to : point).join("");
}

function split(text: string, separator: string, limit: number): CelList {
  if (limit === 0) return new ArrayList([]);
  const parts = separator === "" ? Array.from(text) : text.split(separator);
  if (limit < 0 || parts.length <= limit) return new ArrayList(parts);
  const head = parts.slice(0, limit - 1);
  return new ArrayList([...head, parts.slice(limit - 1).join(separator)]);
}

function substring(text: string, start: number, end: number | undefined): string {
  const points = Array.from(text);
  if (end !== undefined && start > end) {
    return fail(`invalid substring range. start: ${start}, end: ${end}`);
  }
  if (start < 0 || start > points.length) return fail(`index out of range: ${start}`);
  if (end !== undefined && (end < 0 || end > points.length)) {
    return fail(`index out of range: ${end}`);
  }
  return points.slice(start, end).join("");
}

function join(list: CelList, separator: string): string {
  const parts: string[] = [];
  for (const item of list) {
    if (typeof item !== "string") return fail(`join: invalid input: ${String(item)}`);
    parts.push(item);
  }
  return parts.join(separator);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** A text as a CEL literal. */
export function quoteText(text: string): string {
  return `"${Array.from(text, (point) => ESCAPES[point] ?? point).join("").toWellFormed()}"`;
}

const ascii = (pattern: RegExp, convert: (letter: string) => string) => (text: Value | undefined) =>
  (text as string).replace(pattern, convert);

type Text = string;
const number = (value: Value | undefined): number =>
  isInt(value!) ? Number(value) : fail("no such overload");

const FUNCTIONS: readonly FunctionDeclaration[] = [
  declare(
    "charAt",
    [["string_char_at_int", "string.(int) -> string"]],
    (text, at) => charAt(text as Text, number(at)),
  ),
  declare(
    "lowerAscii",
    [["string_lower_ascii", "string.() -> string"]],
    ascii(/[A-Z]/g, (letter) => letter.toLowerCase()),
  ),
  declare(
    "upperAscii",
    [["string_upper_ascii", "string.() -> string"]],
    ascii(/[a-z]/g, (letter) => letter.toUpperCase()),
  ),
  declare(
    "replace",
    [
      ["string_replace_string_string", "string.(string, string) -> string"],
      ["string_replace_string_string_int", "string.(string, string, int) -> string"],
    ],
    (text, from, to, count) =>
      replace(text as Text, from as Text, to as Text, count === undefined ? -1 : number(count)),
  ),
  declare(
    "split",
    [
      ["string_split_string", "string.(string) -> list(string)"],
      ["string_split_string_int", "string.(string, int) -> list(string)"],
    ],
    (text, separator, limit) =>
      split(text as Text, separator as Text, limit === undefined ? -1 : number(limit)),
  ),
  declare(
    "substring",
    [
      ["string_substring_int", "string.(int) -> string"],
      ["string_substring_int_int", "string.(int, int) -> string"],
    ],
    (text, start, end) =>
      substring(text as Text, number(start), end === undefined ? undefined : number(end)),
  ),
  declare(
    "trim",
    [["string_trim", "string.() -> string"]],
    (text) => (text as Text).replace(TRIM, ""),
  ),
  declare(
    "strings.quote",
    [["strings_quote", "(string) -> string"]],
    (text) => quoteText(text as Text),
  ),
  declare("join", [
    ["list_join", "list(string).() -> string"],
    ["list_join_string", "list(string).(string) -> string"],
  ], (list, separator) => join(list as CelList, separator === undefined ? "" : separator as Text)),
];

const REVERSE = declare(
  "reverse",
  [["string_reverse", "string.() -> string"]],
  (text) => Array.from(text as Text).reverse().join(""),
);

/** Searching; strict versions fail where the start is beyond the end. */
function searches(strict: boolean): readonly FunctionDeclaration[] {
  return [
    declare(
      "indexOf",
      [
        ["string_index_of_string", "string.(string) -> int"],
        ["string_index_of_string_int", "string.(string, int) -> int"],
      ],
      (text, part, from) =>
        indexOf(text as Text, part as Text, from === undefined ? 0 : number(from), strict),
    ),
    declare(
      "lastIndexOf",
      [
        ["string_last_index_of_string", "string.(string) -> int"],
        ["string_last_index_of_string_int", "string.(string, int) -> int"],
      ],
      (text, part, from) =>
        lastIndexOf(
          text as Text,
          part as Text,
          from === undefined ? undefined : number(from),
          strict,
        ),
    ),
  ];
}

/** The extension as of a version: 2 is Kubernetes', 3 adds `reverse`, 4 prints numbers plainly. */
export function stringsLibrary(version: number): Library {
  const style: FormatStyle = version < 4 ? "localized" : "plain";
  const format = declare(
    "format",
    [["string_format", "string.(list(dyn)) -> string"]],
    (text, args) => formatString(text as Text, args as CelList, style),
  );
  return {
    functions: [...FUNCTIONS, ...searches(version >= 4), format, ...(version < 3 ? [] : [REVERSE])],
  };
}
