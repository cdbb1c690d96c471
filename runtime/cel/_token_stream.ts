// The tokens of an expression as the parser goes through them, and how it
// goes on after a wrong one: as the parsers that ANTLR generates do, since
// that shows in the errors that follow the first.

import type { Token, TokenType } from "./lexer.ts";
import type { Issues, Source } from "./source.ts";

const RECOVERIES_MAX = 4;

/** The order in which errors list what was expected. */
const ORDER: readonly TokenType[] = [
  ..."== != in < <= >= > && || [ ] { } ( ) . , - ! ? : + * / % true false null".split(" "),
  ..."NUM_FLOAT NUM_INT NUM_UINT STRING BYTES IDENTIFIER ESC_IDENTIFIER".split(" "),
];
/** What an expression may begin with. */
export const EXPRESSION: ReadonlySet<TokenType> = new Set([
  ..."[ { ( . - ! true false null".split(" "),
  ..."NUM_FLOAT NUM_INT NUM_UINT STRING BYTES IDENTIFIER".split(" "),
]);
const BINARY: ReadonlySet<TokenType> = new Set(
  "== != in < <= >= > && || + - * / % ?".split(" "),
);

/** Thrown to leave the parser at once. */
export class Abandoned {}

/** Thrown by a rule that cannot go on, after it reported why. */
export class Mismatch {}

function printedSet(types: ReadonlySet<TokenType>): string {
  const names = ORDER.filter((type) => types.has(type)).map(printedType);
  return names.length === 1 ? names[0]! : `{${names.join(", ")}}`;
}

function printedType(type: TokenType): string {
  return /^[A-Z_]+$/.test(type) || type === "<EOF>" ? type : `'${type}'`;
}

/** Tokens, one after the other, with errors. */
export abstract class TokenStream {
  protected tokens: readonly Token[] = [];
  protected at = 0;
  #recovering = false;
  #recoveries = 0;
  #lastErrorAt = -1;
  /** What may end the constructs that are open. */
  protected readonly closers: TokenType[] = ["<EOF>"];

  constructor(readonly source: Source, readonly issues: Issues) {}

  protected get token(): Token {
    return this.tokens[this.at]!;
  }

  protected peek(ahead: number): TokenType {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!.type;
  }

  protected next(): Token {
    const token = this.token;
    if (token.type !== "<EOF>") this.at++;
    this.#recovering = false;
    return token;
  }

  protected syntaxError(token: Token, message: string): void {
    if (this.#recovering) return;
    this.#recovering = true;
    this.issues.report(token.offset, `Syntax error: ${message}`);
  }

  protected countRecovery(): void {
    if (this.#recoveries++ < RECOVERIES_MAX) return;
    this.issues.report(
      this.token.offset,
      `Syntax error: error recovery attempt limit exceeded: ${RECOVERIES_MAX}`,
    );
    throw new Abandoned();
  }

  /** Skips what cannot follow, as far as something that may end what is open or joins operands. */
  protected recover(): void {
    this.countRecovery();
    if (this.#lastErrorAt === this.at) this.skip();
    this.#lastErrorAt = this.at;
    while (this.token.type !== "<EOF>" && !this.mayFollow(this.token.type)) this.skip();
  }

  protected skip(): void {
    if (this.token.type !== "<EOF>") this.at++;
  }

  protected mayFollow(type: TokenType): boolean {
    return BINARY.has(type) || this.closers.includes(type);
  }

  /** Takes a token of the type, mending one token too many or too few. */
  protected expect(type: TokenType): Token {
    if (this.token.type === type) return this.next();
    const token = this.token;
    if (this.peek(1) === type) {
      this.countRecovery();
      this.syntaxError(token, `extraneous input '${token.text}' expecting ${printedType(type)}`);
      this.at++;
      return this.next();
    }
    if (type !== "<EOF>" && this.fitsAfter(type, token.type)) {
      this.countRecovery();
      this.syntaxError(token, `missing ${printedType(type)} at '${token.text}'`);
      return { type, text: "", offset: token.offset };
    }
    this.syntaxError(token, `mismatched input '${token.text}' expecting ${printedType(type)}`);
    throw new Mismatch();
  }

  /** Whether the token could have come right after the missing one. */
  protected fitsAfter(missing: TokenType, type: TokenType): boolean {
    if (missing === ":") return EXPRESSION.has(type);
    if (missing !== ")" && missing !== "]" && missing !== "}") return false;
    return BINARY.has(type) || type === "." || type === "[" ||
      this.closers.includes(type);
  }

  /** Checks that something of the set comes, mending one token too many. */
  protected sync(types: ReadonlySet<TokenType>): void {
    const token = this.token;
    if (types.has(token.type)) return;
    const printed = printedSet(types);
    if (types.has(this.peek(1))) {
      this.countRecovery();
      this.syntaxError(token, `extraneous input '${token.text}' expecting ${printed}`);
      this.at++;
      return;
    }
    this.syntaxError(token, `mismatched input '${token.text}' expecting ${printed}`);
    throw new Mismatch();
  }

  /** Whether the comma at hand is the last thing before the end. */
  protected endsAfterComma(closer: TokenType): boolean {
    const type = this.peek(1);
    return type === closer || type === "<EOF>";
  }

  /** Says that the token is too much. */
  protected unwanted(types: ReadonlySet<TokenType>): never {
    const { token } = this;
    this.syntaxError(
      token,
      `extraneous input '${token.text}' expecting ${printedSet(types)}`,
    );
    throw new Mismatch();
  }

  protected noAlternative(start: number, again = false): never {
    const token = this.token;
    const first = this.tokens[start]!;
    const until = token.type === "<EOF>"
      ? this.source.points.length
      : token.offset + Array.from(token.text).length;
    const end = token.type === "<EOF>"
      ? this.tokens[this.at - 1]!.offset + Array.from(this.tokens[this.at - 1]!.text).length
      : until;
    const text = this.source.points.slice(first.offset, end).join("");
    const word = /^.(true|false|null)$/s.exec(text)?.[1];
    this.syntaxError(
      token,
      word === undefined
        ? `no viable alternative at input '${text}'`
        : `mismatched input '${word}' expecting IDENTIFIER`,
    );
    if (again) this.at = start;
    throw new Mismatch();
  }

  protected end(): void {
    try {
      this.expect("<EOF>");
    } catch (thrown) {
      if (!(thrown instanceof Mismatch)) throw thrown;
    }
  }

  protected within<T>(closer: TokenType, parse: () => T): T {
    this.closers.push(closer, ",");
    try {
      return parse();
    } finally {
      this.closers.length -= 2;
    }
  }
}
