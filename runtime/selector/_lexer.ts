// The words and signs of a label selector's text, as the lexer of
// k8s.io/apimachinery/pkg/labels cuts them.

/** What a piece of a selector is. */
export type TokenType =
  | "word"
  | "end"
  | "error"
  | "!"
  | "="
  | "=="
  | "!="
  | ">"
  | "<"
  | "("
  | ")"
  | ",";

/** A piece of a selector. */
export interface Token {
  readonly type: TokenType;
  readonly text: string;
}

const SIGNS = new Set([")", ",", "!", "==", "=", ">", "<", "!=", "("]);
const isSpace = (char: string) => char === " " || char === "\t" || char === "\r" || char === "\n";
const isSign = (char: string) => "=!(),><".includes(char);

/** Cuts a selector's text. */
export class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    // A zero byte ends the text, as in Go.
    const zero = text.indexOf("\0");
    this.#text = zero < 0 ? text : text.slice(0, zero);
  }

  /** All pieces; the last is the end. */
  all(): Token[] {
    const tokens: Token[] = [];
    do tokens.push(this.#next()); while (
      tokens[tokens.length - 1]!.type !== "end"
    );
    return tokens;
  }

  #next(): Token {
    const text = this.#text;
    while (this.#at < text.length && isSpace(text[this.#at]!)) this.#at++;
    if (this.#at >= text.length) return { type: "end", text: "" };
    if (isSign(text[this.#at]!)) return this.#sign();
    const start = this.#at;
    while (
      this.#at < text.length && !isSign(text[this.#at]!) &&
      !isSpace(text[this.#at]!)
    ) {
      this.#at++;
    }
    return { type: "word", text: text.slice(start, this.#at) };
  }

  /** The longest sign that begins here. */
  #sign(): Token {
    const two = this.#text.slice(this.#at, this.#at + 2);
    const sign = SIGNS.has(two) ? two : this.#text[this.#at]!;
    this.#at += sign.length;
    return { type: sign as TokenType, text: sign };
  }
}
