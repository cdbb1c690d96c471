// Go's JSON scanner, run only over text that is known or suspected to be
// wrong: it finds the first offending byte and says what Go's decoders say.
// Source of the texts: encoding/json and sigs.k8s.io/json.

/** Deeper nesting than this is an error. Go stops at 10,000, but everything here that walks a tree recurses. */
export const JSON_DEPTH_MAX = 1_000;

const SPACE = /[ \t\r\n]*/y;
// deno-lint-ignore no-control-regex -- control characters are what strings may not hold
const STRING_PART = /[^"\\\u0000-\u001f]*/y;
const DIGITS = /[0-9]*/y;
const HEX = /[0-9a-fA-F]/;

/** What is wrong, or that the text ended too early. */
export interface ScanError {
  message: string;
  /** Index of the offending code unit. */
  at: number;
}

class Stop {
  constructor(readonly error: ScanError) {}
}

/** A character as Go quotes the byte it starts with. */
function quoteByte(text: string, at: number): string {
  const char = text.charAt(at);
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  const [byte = 0] = new TextEncoder().encode(String.fromCodePoint(text.codePointAt(at) ?? 0));
  return `'${quoteRune(byte)}'`;
}

const ESCAPES: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  92: "\\\\",
};

function quoteRune(rune: number): string {
  const escaped = ESCAPES[rune];
  if (escaped !== undefined) return escaped;
  if (rune < 0x20 || rune === 0x7f) return `\\x${rune.toString(16).padStart(2, "0")}`;
  // The C1 controls, the no-break space and the soft hyphen are not printable.
  if ((rune >= 0x80 && rune <= 0xa0) || rune === 0xad) {
    return `\\u${rune.toString(16).padStart(4, "0")}`;
  }
  return String.fromCodePoint(rune);
}

class Scanner {
  #at = 0;
  readonly #text: string;
  /** `{` or `[` of every value that is open. */
  readonly #open: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    this.#skip(SPACE);
    this.#value();
    while (this.#open.length > 0) this.#continue();
    this.#skip(SPACE);
    if (this.#at < this.#text.length) this.#fail("after top-level value", true);
  }

  /** `whole` where a space could stand: at its end Go's scanner reads one more, and complains of that elsewhere. */
  #fail(context: string, whole = false): never {
    const ended = this.#at >= this.#text.length;
    const char = ended ? "' '" : quoteByte(this.#text, this.#at);
    const message = ended && whole
      ? "unexpected end of JSON input"
      : `invalid character ${char} ${context}`;
    throw new Stop({ message, at: this.#at });
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
  }

  #peek(): string {
    return this.#text.charAt(this.#at);
  }

  /** A scalar, or the start of an object or list with what follows its bracket. */
  #value(): void {
    const char = this.#peek();
    if (char === "{" || char === "[") return this.#begin(char);
    if (char === '"') return this.#string();
    if (char === "-" || (char >= "0" && char <= "9")) return this.#number();
    if (char === "t") return this.#literal("true");
    if (char === "f") return this.#literal("false");
    if (char === "n") return this.#literal("null");
    this.#fail("looking for beginning of value", true);
  }

  #begin(bracket: "{" | "["): void {
    if (this.#open.length >= JSON_DEPTH_MAX) this.#fail("exceeded max depth");
    this.#open.push(bracket);
    this.#at++;
    this.#skip(SPACE);
    if (this.#peek() === (bracket === "{" ? "}" : "]")) {
      this.#at++;
      this.#open.pop();
    } else if (bracket === "{") this.#member();
    else this.#value();
  }

  #member(): void {
    if (this.#peek() !== '"') this.#fail("looking for beginning of object key string", true);
    this.#string();
    this.#skip(SPACE);
    if (this.#peek() !== ":") this.#fail("after object key", true);
    this.#at++;
    this.#skip(SPACE);
    this.#value();
  }

  /** What follows a value inside an object or list. */
  #continue(): void {
    const inObject = this.#open[this.#open.length - 1] === "{";
    this.#skip(SPACE);
    const char = this.#peek();
    if (char === ",") {
      this.#at++;
      this.#skip(SPACE);
      if (inObject) this.#member();
      else this.#value();
    } else if (char === (inObject ? "}" : "]")) {
      this.#at++;
      this.#open.pop();
    } else this.#fail(inObject ? "after object key:value pair" : "after array element", true);
  }

  #string(): void {
    this.#at++;
    while (true) {
      this.#skip(STRING_PART);
      const char = this.#peek();
      if (char === '"') break;
      if (char !== "\\") this.#fail("in string literal", true);
      this.#at++;
      this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    const char = this.#peek();
    if (char === "" || !'bfnrt\\/"u'.includes(char)) this.#fail("in string escape code");
    this.#at++;
    for (let i = 0; char === "u" && i < 4; i++, this.#at++) {
      if (!HEX.test(this.#peek())) this.#fail("in \\u hexadecimal character escape");
    }
  }

  #digit(context: string): void {
    const char = this.#peek();
    if (char === "" || char < "0" || char > "9") this.#fail(context);
  }

  #number(): void {
    if (this.#peek() === "-") this.#at++;
    this.#digit("in numeric literal");
    if (this.#peek() === "0") this.#at++;
    else this.#skip(DIGITS);
    if (this.#peek() === ".") {
      this.#at++;
      this.#digit("after decimal point in numeric literal");
      this.#skip(DIGITS);
    }
    if (this.#peek() === "e" || this.#peek() === "E") {
      this.#at++;
      if (this.#peek() === "+" || this.#peek() === "-") this.#at++;
      this.#digit("in exponent of numeric literal");
      this.#skip(DIGITS);
    }
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.#at++) {
      const expected = word.charAt(i);
      if (this.#peek() !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
    }
  }
}

/** The first thing wrong with the text as JSON, or `undefined`. */
export function scanJson(text: string): ScanError | undefined {
  try {
    new Scanner(text).run();
    return undefined;
  } catch (error) {
    if (error instanceof Stop) return error.error;
    throw error;
  }
}
