// sprig's functions on the case of letters, and between ways of joining words.
// Source: sprig's documentation, "String Functions".

import { fixed, type Functions } from "./function.ts";

const UPPER = /\p{Lu}/u;

/** The letter's own upper case only: Go maps letters one to one. */
function toUpper(text: string): string {
  return text.replace(/\p{L}|\p{Nl}|\p{So}/gu, (char) => {
    const upper = char.toUpperCase();
    return [...upper].length === 1 ? upper : char;
  });
}

function toLower(text: string): string {
  return text.replace(/\p{L}|\p{Nl}|\p{So}/gu, (char) => {
    const lower = char.toLowerCase();
    return [...lower].length === 1 ? lower : "i";
  });
}

function title(text: string): string {
  return text.replace(/(?<![\p{L}\p{Nd}_]|[^\0-\x7f\s])[^]/gu, toUpper);
}

function swapCase(text: string): string {
  return text.replace(/[\p{Lu}\p{Lt}]|\p{Ll}/gu, (char) => {
    return /\p{Ll}/u.test(char) ? toUpper(char) : toLower(char);
  });
}

type WordKind = "connector" | "punctuation" | "upper" | "letters" | "number" | "other";

interface Word {
  readonly kind: WordKind;
  readonly text: string;
}

const WORDS = new RegExp(
  [
    "(?<connector>[-_\\s]+)",
    "(?<punctuation>\\p{P}+)",
    // The last of several capitals begins the word that goes on in small letters.
    "(?<upper>\\p{Lu}+(?=\\p{Lu}(?!\\p{Lu})\\p{L})|\\p{Lu}{2,}|\\p{Lu}(?:(?!\\p{Lu})\\p{L})*)",
    "(?<letters>(?:(?!\\p{Lu})\\p{L})+)",
    "(?<number>\\p{N}+)",
    "(?<other>[^-_\\s\\p{P}\\p{L}\\p{N}]+)",
  ].join("|"),
  "gu",
);

function wordsOf(text: string): Word[] {
  return [...text.matchAll(WORDS)].map(({ groups = {}, 0: text }) => {
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined);
    return { kind: kind as WordKind, text };
  });
}

/** Joins the words of a text in lower case. */
class WordJoiner {
  readonly #words: Word[];
  #at = 0;
  #text = "";

  constructor(text: string, readonly connector: string) {
    this.#words = wordsOf(text);
  }

  join(): string {
    for (let word = this.#take(); word !== undefined; word = this.#take()) {
      this.#write(word);
      if (this.#next === undefined) break;
      if (word.kind === "number") this.#absorb();
      else if (word.kind === "upper" || word.kind === "letters" || word.kind === "other") {
        this.#afterLetters();
      }
    }
    return this.#text;
  }

  get #next(): WordKind | undefined {
    return this.#words[this.#at]?.kind;
  }

  #take(): Word | undefined {
    return this.#words[this.#at++];
  }

  #write({ kind, text }: Word): void {
    this.#text += kind === "connector"
      ? this.connector.repeat([...text].length)
      : kind === "upper"
      ? toLower(text)
      : text;
  }

  /** Separates from the next word, if that does not do so itself. */
  #separate(): void {
    const next = this.#next;
    if (next !== undefined && next !== "connector" && next !== "punctuation") {
      this.#text += this.connector;
    }
  }

  /** Small letters and digits behind a number belong to it. */
  #absorb(): void {
    while (this.#next === "letters" || this.#next === "number") {
      this.#write(this.#take() as Word);
    }
    this.#separate();
  }

  /** A number belongs to the letters before it, unless small letters follow it. */
  #afterLetters(): void {
    if (this.#next !== "number") return this.#separate();
    const after = this.#words[this.#at + 1]?.kind;
    if (after === undefined) return;
    if (after === "letters") {
      this.#text += this.connector;
      this.#write(this.#take() as Word);
      this.#absorb();
      return;
    }
    this.#write(this.#take() as Word);
    this.#separate();
  }
}

function pascalCase(text: string): string {
  // Nothing but connectors: the last one comes twice.
  if (/^[-_\s]+$/.test(text)) return text + text.slice(-1);
  const lead = /^[-_\s]*/.exec(text)?.[0] ?? "";
  let end = text.length;
  while (/[-_\s]/.test(text.charAt(end - 1))) end--;
  const [inner, tail] = [text.slice(lead.length, end), text.slice(end)];
  const words = inner.replace(/[-_\s]+|[^-_\s]+/g, (part) => {
    // Of the connectors between words, one goes.
    if (/^[-_\s]/.test(part)) return part.slice(0, -1);
    const [first = "", ...rest] = part;
    const shout = UPPER.test(first) ? /^\p{Lu}*/u.exec(rest.join(""))?.[0] ?? "" : "";
    return toUpper(first) + toLower(shout) + rest.join("").slice(shout.length);
  });
  return lead + words + tail;
}

/** The functions. */
export const LETTER_CASE_FUNCTIONS: Functions = {
  upper: fixed(["string"], toUpper),
  lower: fixed(["string"], toLower),
  title: fixed(["string"], title),
  untitle: fixed(["string"], (text) => text.replace(/(?<=^|\s)\S/gu, toLower)),
  swapcase: fixed(["string"], swapCase),
  snakecase: fixed(["string"], (text) => new WordJoiner(text, "_").join()),
  kebabcase: fixed(["string"], (text) => new WordJoiner(text, "-").join()),
  camelcase: fixed(["string"], pascalCase),
};
