// JSON text to a tree, with the errors of Go's decoders, and with what the
// platform's parser does not tell: members given twice, numbers out of
// range, nesting too deep. The platform's parser does the work; only texts
// that turn out special are read again, slowly.

import { duplicatesOf, readDocument, valueOf } from "./_json_document.ts";
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
}

/** How {@linkcode parseJson} goes about it. */
export interface ParseJsonOptions {
  /** Looks for members given twice. Default true. */
  readonly strict?: boolean;
}

const NONE: readonly string[] = [];
/** Shorter texts cannot nest too deeply. */
const SHALLOW_LENGTH = 2 * JSON_DEPTH_MAX;
/** Numbers that may be out of range, and escapes that may be lone surrogates. */
const SPECIAL = /[0-9]{19}|[0-9.][eE]\+?[0-9]{3}|\\u[dD][89a-fA-F]/;
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
  if (!doubled && !SPECIAL.test(text)) return { value, duplicates: NONE };
  const document = readDocument(text);
  return {
    value: valueOf(document, checkNumber),
    duplicates: doubled ? duplicatesOf(document) : NONE,
  };
}

function syntaxError(text: string, cause: unknown): unknown {
  const error = scanJson(text);
  return error === undefined ? cause : new JsonSyntaxError(error.message, error.at);
}

function checkNumber(literal: string, value: number): void {
  if (Number.isFinite(value)) return;
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
