// Cuts an expression into tokens. Source: the lexical part of the CEL
// grammar; token names are those that syntax errors list.

import type { Issues, Source } from "./source.ts";

/** What a token is: its own text for punctuation and words, else its class. */
export type TokenType = string;

/** A token and its place in code points. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly offset: number;
}

const SPACE = /[\t \r\n\f]+/y;
const COMMENT = /\/\/[^\n]*/y;
const FLOAT =
  /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const UINT = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]/y;
const INT = /(?:0x[0-9a-fA-F]+|[0-9]+)/y;
const ESCAPE = String
  .raw`\\(?:[abfnrtv"'\\?${"`"}]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`;
const TEXT = [
  String.raw`[rR]"""[^]*?"""`,
  String.raw`[rR]'''[^]*?'''`,
  String.raw`[rR]"[^"\n\r]*"`,
  String.raw`[rR]'[^'\n\r]*'`,
  `"""(?:${ESCAPE}|[^\\\\])*?"""`,
  `'''(?:${ESCAPE}|[^\\\\])*?'''`,
  `"(?:${ESCAPE}|[^\\\\"\\n\\r])*"`,
  `'(?:${ESCAPE}|[^\\\\'\\n\\r])*'`,
].join("|");
const STRING = new RegExp(`(?:${TEXT})`, "yu");
const BYTES = new RegExp(`[bB](?:${TEXT})`, "yu");
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_]*/y;
const ESCAPED = /`[A-Za-z0-9_.\-/ ]+`/y;
const PUNCTUATION = /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y;

/** Longest match first; of equal lengths the earlier. */
const CLASSES: readonly (readonly [RegExp, TokenType | undefined])[] = [
  [PUNCTUATION, undefined],
  [FLOAT, "NUM_FLOAT"],
  [INT, "NUM_INT"],
  [UINT, "NUM_UINT"],
  [STRING, "STRING"],
  [BYTES, "BYTES"],
  [IDENTIFIER, "IDENTIFIER"],
  [ESCAPED, "ESC_IDENTIFIER"],
];

const WORDS = new Set(["in", "true", "false", "null"]);

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  return match === null ? 0 : match[0].length;
}

/** All tokens of the source, ending with `<EOF>`. */
export function tokenize(source: Source, issues: Issues): Token[] {
  const { text } = source;
  const ascii = source.points.length === text.length;
  const tokens: Token[] = [];
  let at = 0;
  let offset = 0;
  const advance = (length: number) => {
    offset += ascii ? length : Array.from(text.slice(at, at + length)).length;
    at += length;
  };
  while (at < text.length) {
    const hidden = matchAt(SPACE, text, at) || matchAt(COMMENT, text, at);
    if (hidden > 0) {
      advance(hidden);
      continue;
    }
    let length = 0;
    let type: TokenType = "";
    for (const [pattern, name] of CLASSES) {
      const found = matchAt(pattern, text, at);
      if (found <= length) continue;
      length = found;
      type = name ?? text.slice(at, at + found);
    }
    if (length === 0) {
      const wrong = unrecognized(text, at);
      issues.report(offset, `Syntax error: token recognition error at: '${printable(wrong)}'`);
      advance(wrong.length);
      continue;
    }
    const word = text.slice(at, at + length);
    tokens.push({ type: WORDS.has(word) ? word : type, text: word, offset });
    advance(length);
  }
  tokens.push({ type: "<EOF>", text: "<EOF>", offset });
  return tokens;
}

/** The part of an escape that may stand before the character that is wrong. */
const PARTIAL_ESCAPE = /\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?/y;

/** What the lexer gave up on: what could have begun a token, with the character that ended the hope. */
function unrecognized(text: string, at: number): string {
  const pointAt = (index: number) =>
    index < text.length ? String.fromCodePoint(text.codePointAt(index)!) : "";
  const first = pointAt(at);
  if (first === "|" || first === "&" || first === "=") return first + pointAt(at + 1);
  if (first === "`") {
    const length = matchAt(/`[A-Za-z0-9_.\-/ ]*/y, text, at);
    return text.slice(at, at + length) + pointAt(at + length);
  }
  const opening = /[bB]?([rR]?)("""|\'\'\'|["\'])/y;
  opening.lastIndex = at;
  const match = opening.exec(text);
  if (match === null) return first;
  const [start, raw, quote] = match;
  const multiline = quote!.length === 3;
  const excluded = `${raw === "" ? "\\\\" : ""}${multiline ? "" : `${quote}\\n\\r`}`;
  const plain = excluded === "" ? "[^]" : `[^${excluded}]`;
  const body = new RegExp(`(?:${raw === "" ? `${ESCAPE}|` : ""}${plain})*`, "yu");
  let end = at + start.length;
  end += matchAt(body, text, end);
  if (raw === "" && text[end] === "\\") end += matchAt(PARTIAL_ESCAPE, text, end);
  return text.slice(at, end) + pointAt(end);
}

function printable(text: string): string {
  return text.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
}
