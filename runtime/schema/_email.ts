// Whether a text is one e-mail address as Go's net/mail.ParseAddress takes it
// (RFC 5322): bare, behind a display name in angle brackets, or alone in a
// group; with comments.

import { parseIP } from "../ip.ts";

const WORD_CHAR = "[!#$%&'*+/=?^_`{|}~\\-A-Za-z0-9\\u0080-\\u{10ffff}]";
const DOT_ATOM = new RegExp(`^${WORD_CHAR}+(?:\\.${WORD_CHAR}+)*(?![.]|${WORD_CHAR})`, "u");
const LOOSE_ATOM = new RegExp(`^(?:${WORD_CHAR}|\\.)+`, "u");
// deno-lint-ignore no-control-regex -- control characters are what is refused
const QUOTED = /^"((?:[^"\\\u0000-\u0008\u000a-\u001f\u007f]|\\[\t -~\u0080-\u{10ffff}])*)"/u;
const LITERAL = /^\[([!-Z^-~\u0080-\u{10ffff}]*)\]/u;
const ENCODED_WORD = /^=\?([^?]+)\?[bBqQ]\?[^?]*\?=$/;
const CHARSETS = new Set(["utf-8", "iso-8859-1", "us-ascii"]);

/** The longest text that is looked at. */
const LENGTH_MAX = 4_096;

/** The text is no address. */
class NoAddress extends Error {}

class AddressText {
  #rest: string;

  constructor(text: string) {
    this.#rest = text;
  }

  /** One address, or a group of exactly one, and nothing after it. */
  single(): void {
    if (this.#address(true) !== 1) throw new NoAddress();
    this.#skipComments();
    if (this.#rest !== "") throw new NoAddress();
  }

  /** How many addresses there were: more or fewer than one only in groups. */
  #address(group: boolean): number {
    this.#skipSpace();
    if (this.#rest === "") throw new NoAddress();
    if (this.#tries(() => this.#spec())) {
      this.#skipSpace();
      if (this.#rest.startsWith("(")) this.#comment();
      return 1;
    }
    if (!this.#rest.startsWith("<")) this.#phrase();
    this.#skipSpace();
    if (group && this.#takes(":")) return this.#group();
    if (!this.#takes("<")) throw new NoAddress();
    this.#spec();
    if (!this.#takes(">")) throw new NoAddress();
    return 1;
  }

  #group(): number {
    let members = 0;
    this.#skipSpace();
    if (this.#takes(";")) return this.#skipComments(), members;
    while (true) {
      this.#skipSpace();
      members += this.#address(false);
      this.#skipComments();
      if (this.#takes(";")) break;
      if (!this.#takes(",")) throw new NoAddress();
    }
    this.#skipComments();
    return members;
  }

  #spec(): void {
    this.#skipSpace();
    if (this.#rest.startsWith('"')) {
      if (this.#match(QUOTED)[1] === "") throw new NoAddress();
    } else this.#match(DOT_ATOM);
    if (!this.#takes("@")) throw new NoAddress();
    this.#skipSpace();
    if (!this.#rest.startsWith("[")) this.#match(DOT_ATOM);
    else if (parseIP(this.#match(LITERAL)[1] ?? "")?.strict !== true) throw new NoAddress();
  }

  /** The words of a display name: as many as there are, but one at least. */
  #phrase(): void {
    for (let words = 0;; words++) {
      if (words > 0) this.#skipComments();
      this.#skipSpace();
      const quoted = this.#rest.startsWith('"');
      const word = (quoted ? QUOTED : LOOSE_ATOM).exec(this.#rest);
      if (word === null || (!quoted && isUndecodable(word[0]))) {
        if (words > 0) return;
        throw new NoAddress();
      }
      this.#rest = this.#rest.slice(word[0].length);
    }
  }

  #match(pattern: RegExp): RegExpExecArray {
    const found = pattern.exec(this.#rest);
    if (found === null) throw new NoAddress();
    this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  #takes(char: string): boolean {
    if (!this.#rest.startsWith(char)) return false;
    this.#rest = this.#rest.slice(1);
    return true;
  }

  #tries(step: () => void): boolean {
    const before = this.#rest;
    try {
      step();
      return true;
    } catch (error) {
      if (!(error instanceof NoAddress)) throw error;
      this.#rest = before;
      return false;
    }
  }

  #skipSpace(): void {
    this.#rest = this.#rest.replace(/^[ \t]+/, "");
  }

  #skipComments(): void {
    this.#skipSpace();
    while (this.#rest.startsWith("(")) {
      this.#comment();
      this.#skipSpace();
    }
  }

  /** A comment, which may hold others. */
  #comment(): void {
    let depth = 0;
    for (let i = 0; i < this.#rest.length; i++) {
      const char = this.#rest[i];
      if (char === "\\" && i + 1 < this.#rest.length) i++;
      else if (char === "(") depth++;
      else if (char === ")" && --depth === 0) {
        this.#rest = this.#rest.slice(i + 1);
        return;
      }
    }
    throw new NoAddress();
  }
}

/** A word in a character set that Go's decoder does not know. */
function isUndecodable(word: string): boolean {
  const charset = ENCODED_WORD.exec(word)?.[1];
  return charset !== undefined && !CHARSETS.has(charset.toLowerCase());
}

/** Whether the text is one address. */
export function isEmailAddress(text: string): boolean {
  if (text.length > LENGTH_MAX) return false;
  try {
    new AddressText(text).single();
    return true;
  } catch (error) {
    if (error instanceof NoAddress) return false;
    throw error;
  }
}
