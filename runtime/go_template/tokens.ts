// Cuts a template into tokens: text outside of `{{ }}`, and words, literals
// and marks inside. Not grammar (parser.ts). Tokens are cut on demand, so that
// faults come up in the order in which Go finds them.
// Source: the documentation of text/template, and what Go 1.26 answers.

import { goQuote } from "../go_text.ts";

/** What a token is; keywords are their own type. */
export type TokenType =
  | "error"
  | "bool"
  | "char"
  | "constant"
  | "assign"
  | "declare"
  | "EOF"
  | "field"
  | "identifier"
  | "leftDelim"
  | "leftParen"
  | "number"
  | "pipe"
  | "rightDelim"
  | "rightParen"
  | "space"
  | "string"
  | "text"
  | "variable"
  | Keyword;

const KEYWORDS = [
  "block",
  "break",
  "continue",
  ".",
  "define",
  "else",
  "end",
  "if",
  "nil",
  "range",
  "template",
  "with",
] as const;
type Keyword = typeof KEYWORDS[number];

/** A token. */
export interface Token {
  readonly type: TokenType;
  /** The text of it; the fault for errors. */
  readonly value: string;
  /** Where it begins, in UTF-16 units. */
  readonly position: number;
  /** From 1. */
  readonly line: number;
}

function isKeyword(word: string): word is Keyword {
  return (KEYWORDS as readonly string[]).includes(word);
}

/** A token as faults name it. */
export function describe({ type, value }: Token): string {
  if (type === "EOF") return "EOF";
  if (type === "error") return value;
  if (isKeyword(type)) return `<${value}>`;
  const chars = [...value];
  const long = new TextEncoder().encode(value).length > 10;
  return long ? `${goQuote(chars.slice(0, 10).join(""))}...` : goQuote(value);
}

const RIGHT_DELIM = /(?:[ \t\r\n]-)?\}\}/y;
const COMMENT = /\/\*[^]*?\*\//y;
const SPACE = /[ \t\r\n]+?(?=[ \t\r\n]-\}\})|[ \t\r\n]+/y;
const WORD = /[\p{L}\p{Nd}_]+/uy;
const TERMINATOR = /[ \t\r\n.,|:()]|\}\}|$/y;
const STRING = /"(?:\\[^\n]|[^"\\\n])*"/uy;
const CONSTANT = /'(?:\\[^\n]|[^'\\\n])*'/uy;
const RAW_STRING = /`[^`]*`/y;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;

/** A character as `%#U` prints it. */
function codePoint(char: string): string {
  if (char === "") return "U+FFFFFFFFFFFFFFFF";
  const hex = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char) ? `U+${hex} '${char}'` : `U+${hex}`;
}

function withoutSpaceAtEnd(text: string): string {
  let end = text.length;
  while (end > 0 && " \t\r\n".includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Cuts one template. */
export class Tokenizer {
  #position = 0;
  #line = 1;
  #inside = false;
  #parens = 0;
  #failed = false;

  constructor(readonly text: string) {}

  /** The next token; `EOF` at the end and behind errors. */
  next(): Token {
    if (this.#failed) return { type: "EOF", value: "EOF", position: 0, line: this.#line };
    return this.#inside ? this.#insideAction() : this.#outside();
  }

  #match(pattern: RegExp, at = this.#position): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.text)?.[0];
  }

  /** A token of the text that comes next. */
  #take(type: TokenType, value: string): Token {
    const token = { type, value, position: this.#position, line: this.#line };
    this.#skip(value.length);
    return token;
  }

  #skip(length: number): void {
    const end = this.#position + length;
    for (let i = this.#position; i < end; i++) if (this.text[i] === "\n") this.#line++;
    this.#position = end;
  }

  #fail(fault: string): Token {
    this.#failed = true;
    return { type: "error", value: fault, position: this.#position, line: this.#line };
  }

  #skipSpace(): void {
    this.#skip(this.#match(/[ \t\r\n]*/y)?.length ?? 0);
  }

  #outside(): Token {
    for (;;) {
      const open = this.text.indexOf("{{", this.#position);
      const rest = this.text.slice(this.#position, open < 0 ? undefined : open);
      if (open < 0) return rest === "" ? this.#take("EOF", "") : this.#take("text", rest);
      const trims = this.#match(/-[ \t\r\n]/y, open + 2) !== undefined;
      const kept = trims ? withoutSpaceAtEnd(rest) : rest;
      if (kept !== "") {
        const token = this.#take("text", kept);
        this.#skip(rest.length - kept.length);
        return token;
      }
      this.#skip(rest.length);
      const start = open + (trims ? 4 : 2);
      if (!this.text.startsWith("/*", start)) return this.#openAction(trims);
      const fault = this.#comment(start);
      if (fault !== undefined) return fault;
    }
  }

  #openAction(trims: boolean): Token {
    const token = this.#take("leftDelim", "{{");
    if (trims) this.#skip(2);
    this.#inside = true;
    this.#parens = 0;
    return token;
  }

  #comment(start: number): Token | undefined {
    this.#skip(start - this.#position);
    const comment = this.#match(COMMENT);
    if (comment === undefined) return this.#fail("unclosed comment");
    const delim = this.#match(RIGHT_DELIM, start + comment.length);
    if (delim === undefined) return this.#fail("comment ends before closing delimiter");
    this.#skip(comment.length + delim.length);
    if (delim.length > 2) this.#skipSpace();
    return undefined;
  }

  #insideAction(): Token {
    const delim = this.#match(RIGHT_DELIM);
    if (delim !== undefined) return this.#closeAction(delim);
    const char = String.fromCodePoint(this.text.codePointAt(this.#position) ?? 0);
    if (this.#position >= this.text.length) return this.#fail("unclosed action");
    const space = this.#match(SPACE);
    if (space !== undefined) return this.#take("space", space);
    if (/[\d+-]/.test(char) || /\.\d/y.test(this.text.slice(this.#position, this.#position + 2))) {
      return this.#number();
    }
    if (/[\p{L}\p{Nd}_]/u.test(char)) return this.#identifier();
    return this.#mark(char);
  }

  #closeAction(delim: string): Token {
    if (this.#parens > 0) return this.#fail("unclosed left paren");
    if (delim.length > 2) this.#skip(2);
    const token = this.#take("rightDelim", "}}");
    if (delim.length > 2) this.#skipSpace();
    this.#inside = false;
    return token;
  }

  #mark(char: string): Token {
    switch (char) {
      case "=":
        return this.#take("assign", char);
      case ":":
        if (this.text[this.#position + 1] !== "=") return this.#fail("expected :=");
        return this.#take("declare", ":=");
      case "|":
        return this.#take("pipe", char);
      case '"':
        return this.#quoted("string", STRING, "unterminated quoted string");
      case "`":
        return this.#quoted("string", RAW_STRING, "unterminated raw quoted string");
      case "'":
        return this.#quoted("constant", CONSTANT, "unterminated character constant");
      case "$":
      case ".":
        return this.#fieldOrVariable(char);
      case "(":
        this.#parens++;
        return this.#take("leftParen", char);
      case ")":
        if (--this.#parens < 0) return this.#fail("unexpected right paren");
        return this.#take("rightParen", char);
    }
    if (/[!-~]/.test(char)) return this.#take("char", char);
    return this.#fail(`unrecognized character in action: ${codePoint(char)}`);
  }

  #quoted(type: TokenType, pattern: RegExp, fault: string): Token {
    const literal = this.#match(pattern);
    return literal === undefined ? this.#fail(fault) : this.#take(type, literal);
  }

  #unterminated(end: number): Token | undefined {
    if (this.#match(TERMINATOR, end) !== undefined) return undefined;
    const code = this.text.codePointAt(end);
    return this.#fail(`bad character ${codePoint(code ? String.fromCodePoint(code) : "")}`);
  }

  #fieldOrVariable(first: string): Token {
    const word = first + (this.#match(WORD, this.#position + 1) ?? "");
    const fault = this.#unterminated(this.#position + word.length);
    if (fault !== undefined) return fault;
    if (first === "$") return this.#take("variable", word);
    return this.#take(word === "." ? "." : "field", word);
  }

  #identifier(): Token {
    const word = this.#match(WORD) ?? "";
    const fault = this.#unterminated(this.#position + word.length);
    if (fault !== undefined) return fault;
    if (word === "true" || word === "false") return this.#take("bool", word);
    return this.#take(isKeyword(word) ? word : "identifier", word);
  }

  #number(): Token {
    const literal = this.#match(NUMBER) ?? "";
    const end = this.#position + literal.length;
    const next = this.#match(/[\p{L}\p{Nd}_]|[+-]/uy, end);
    if (next === undefined) return this.#take("number", literal);
    const shown = /[+-]/.test(next) ? literal + (this.#match(NUMBER, end) ?? "") : literal + next;
    return this.#fail(`bad number syntax: ${goQuote(shown)}`);
  }
}
