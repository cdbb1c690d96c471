// JSON text to a tree and back, with the errors of Go's decoders, and with
// what the platform's parser does not tell: members given twice, integers
// that a number cannot hold, numbers out of range, nesting too deep. The
// platform's parser does the work; only texts that turn out special are read
// again, slowly.

import { duplicatesOf, numberOf, readDocument, valueOf } from "./_json_document.ts";
import { JSON_DEPTH_MAX, scanJson } from "./_json_scanner.ts";
import type { JsonValue } from "./object.ts";

export { JSON_DEPTH_MAX } from "./_json_scanner.ts";

/** The text is not JSON. `message` is that of Go's decoders. */
export class JsonSyntaxError extends Error {
  /** Index of the character that is wrong. */
  readonly offset: number;

  /** Carries Go's text. */
  constructor(message: string, offset: number) {
    super(message);
    this.name = "JsonSyntaxError";
    this.offset = offset;
  }
}

/** The text is JSON, but holds a number that no float64 can. `message` is that of Go's decoders. */
export class JsonNumberError extends Error {
  /** Carries Go's text. */
  constructor(message: string) {
    super(message);
    this.name = "JsonNumberError";
  }
}

/** What {@linkcode parseJson} found. */
export interface ParsedJson {
  /** The tree. Of members given twice the last counts. */
  readonly value: JsonValue;
  /** Paths such as `spec.a` of members given twice, in the order of the text. */
  readonly duplicates: readonly string[];
  /**
   * How numbers were written whose text tells more than their value (`1.0`, `1e3`, what no int64
   * can hold), by JSON pointer: Go decodes none of them into an integer.
   */
  readonly literals: NumberLiterals;
}

/** Numbers as they were written, by JSON pointer: `/spec/replicas`. */
export type NumberLiterals = ReadonlyMap<string, string>;

/** How {@linkcode parseJson} goes about it. */
export interface ParseJsonOptions {
  /** Looks for members given twice. Default true. */
  readonly strict?: boolean;
}

const NONE: readonly string[] = [];
const NO_LITERALS: NumberLiterals = new Map();
/** Shorter texts cannot nest too deeply. */
const SHALLOW_LENGTH = 2 * JSON_DEPTH_MAX;
/** Where a number may stand that is more than its value, and escapes that may be lone surrogates. */
const SUSPECT =
  /(?:^|"[ \t\r\n]*:|[[,])[ \t\r\n]*-?(?:[0-9]{16}|[0-9]+(?:\.0+(?![0-9])|(?:\.[0-9]+)?[eE]))|\\u[dD][89a-fA-F]/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*/g;
const SURROGATE = /\\u[dD][89a-fA-F]/;
const MEMBER_NAME = /"(?:[^"\\]|\\.)*"[ \t\r\n]*:/g;

/**
 * Parses JSON text.
 *
 * @example
 * ```ts
 * import { parseJson } from "@capim/capim/runtime";
 *
 * const { duplicates } = parseJson('{"spec":{"a":1,"a":2}}');
 * console.assert(duplicates[0] === "spec.a");
 * ```
 *
 * @throws {JsonSyntaxError} when the text is not JSON.
 * @throws {JsonNumberError} when a number is out of range.
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): ParsedJson {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw syntaxError(text, cause);
  }
  const strict = options.strict ?? true;
  // Walked even when nothing is to be counted: what nests too deeply must not reach other walkers.
  const members = strict || text.length > SHALLOW_LENGTH ? countMembers(value, 0) : 0;
  if (members < 0) throw syntaxError(text, undefined);
  const doubled = strict && members !== countNames(text);
  if (!doubled && !isSpecial(text)) return { value, duplicates: NONE, literals: NO_LITERALS };
  const document = readDocument(text);
  const literals = new Map<string, string>();
  value = valueOf(document, (literal, number, path) => {
    checkNumber(literal, number);
    if (String(number) !== literal && literal !== "-0") literals.set(pointerOf(path), literal);
  });
  return { value, duplicates: doubled ? duplicatesOf(document) : NONE, literals };
}

/** Whether the text holds what the platform's parser does not tell as Go sees it. */
function isSpecial(text: string): boolean {
  // Hardly any text is suspected; most of those that are only say such numbers in strings.
  if (!SUSPECT.test(text)) return false;
  if (SURROGATE.test(text)) return true;
  for (const [token] of text.matchAll(STRING_OR_NUMBER)) {
    if (token.startsWith('"')) continue;
    const number = numberOf(token);
    if (typeof number === "bigint" || String(number) !== token) return true;
  }
  return false;
}

/** The JSON pointer (RFC 6901) of a path. */
export function pointerOf(path: readonly (string | number)[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

// Every engine that capim runs on has it; the library's types do not yet.
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/**
 * The JSON text of a tree, with all digits of its integers. `indent` is the number of spaces a
 * level is set in by; absent for compact text.
 *
 * @example
 * ```ts
 * import { stringifyJson } from "@capim/capim/runtime";
 *
 * console.assert(stringifyJson({ a: 2n ** 53n + 1n }) === '{"a":9007199254740993}');
 * ```
 */
export function stringifyJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch {
    // A bigint, hardly ever; anything else fails again.
    const exact = (_: string, member: unknown) =>
      typeof member === "bigint" ? rawJSON(String(member)) : member;
    return JSON.stringify(value, exact, indent);
  }
}

function syntaxError(text: string, cause: unknown): unknown {
  const error = scanJson(text);
  return error === undefined ? cause : new JsonSyntaxError(error.message, error.at);
}

function checkNumber(literal: string, value: number | bigint): void {
  if (typeof value === "bigint" || Number.isFinite(value)) return;
  throw new JsonNumberError(
    `json: cannot unmarshal number ${literal} into Go value of type float64`,
  );
}

/** Members of all objects in the tree; negative when it nests too deeply. */
function countMembers(value: JsonValue | undefined, depth: number): number {
  if (value === null || typeof value !== "object") return 0;
  if (depth >= JSON_DEPTH_MAX) return -Infinity;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countMembers(item, depth + 1);
    return count;
  }
  for (const name in value) count += 1 + countMembers(value[name], depth + 1);
  return count;
}

/** Members of all objects in the text, also those given twice: a string is a name exactly when a colon follows. */
function countNames(text: string): number {
  let count = 0;
  MEMBER_NAME.lastIndex = 0;
  while (MEMBER_NAME.test(text)) count++;
  return count;
}
