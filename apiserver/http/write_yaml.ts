// JSON trees as YAML, laid out as kubectl and kube-apiserver print them:
// members sorted, lists flush with their key, strings quoted only where they
// would read as something else, lines folded at 80 columns. Source:
// sigs.k8s.io/yaml over go-yaml v2's emitter (YAML 1.1).

import type { JsonValue } from "../../runtime/object.ts";

const WIDTH = 80;

/** The YAML text of a JSON value, with a final newline. */
export function writeYaml(value: unknown): string {
  const writer = new YamlWriter();
  writer.value(value as JsonValue, 0, false);
  return writer.text();
}

class YamlWriter {
  readonly #parts: string[] = [];
  /** How far the last line reaches. */
  #column = 0;

  text(): string {
    this.#put("\n");
    return this.#parts.join("");
  }

  #put(text: string): void {
    this.#parts.push(text);
    const newline = text.lastIndexOf("\n");
    this.#column = newline < 0 ? this.#column + text.length : text.length - newline - 1;
  }

  #indent(depth: number): void {
    this.#put("\n" + " ".repeat(depth));
  }

  /** `inline`: the first line of a block collection goes on where we are (after `- `). */
  value(value: JsonValue | undefined, depth: number, inline: boolean): void {
    if (value !== null && typeof value === "object") {
      if (Array.isArray(value)) this.#sequence(value, depth, inline);
      else this.#mapping(value, depth, inline);
      return;
    }
    if (typeof value === "string") this.#string(value, depth, false);
    else if (typeof value === "number") this.#put(numberText(value));
    else this.#put(value === null || value === undefined ? "null" : String(value));
  }

  #sequence(items: readonly JsonValue[], depth: number, inline: boolean): void {
    if (items.length === 0) return this.#put("[]");
    items.forEach((item, i) => {
      if (i > 0 || (!inline && this.#parts.length > 0)) this.#indent(depth);
      this.#put("- ");
      this.value(item, depth + 2, true);
    });
  }

  #mapping(object: { [name: string]: JsonValue | undefined }, depth: number, inline: boolean) {
    const names = Object.keys(object).filter((name) => object[name] !== undefined);
    if (names.length === 0) return this.#put("{}");
    names.sort(naturalOrder);
    names.forEach((name, i) => {
      if (i > 0 || (!inline && this.#parts.length > 0)) this.#indent(depth);
      this.#member(name, object[name]!, depth);
    });
  }

  #member(name: string, value: JsonValue, depth: number): void {
    this.#string(name, depth, true);
    this.#put(":");
    if (value === null || typeof value !== "object") {
      this.#put(" ");
      this.value(value, depth + 2, false);
    } else if (Array.isArray(value)) {
      if (value.length === 0) this.#put(" ");
      this.value(value, depth, false);
    } else {
      if (isEmpty(value)) this.#put(" ");
      this.value(value, depth + 2, false);
    }
  }

  #string(text: string, depth: number, key: boolean): void {
    if (needsDoubleQuotes(text)) return this.#doubleQuoted(text, depth, key);
    if (text.includes("\n")) {
      return key ? this.#doubleQuoted(text, depth, key) : this.#literal(text, depth);
    }
    if (resolvesOtherwise(text)) return this.#doubleQuoted(text, depth, key);
    if (plainAllowed(text)) return this.#folded(text, depth, key);
    this.#put("'");
    this.#folded(text.replaceAll("'", "''"), depth, key);
    this.#put("'");
  }

  /** Breaks at single spaces beyond the width, as the emitter's writer does. */
  #folded(text: string, depth: number, key: boolean): void {
    if (key || this.#column + text.length <= WIDTH) return this.#put(text);
    let start = 0;
    let column = this.#column;
    for (let i = 0; i < text.length; i++) {
      const single = text[i] === " " && text[i - 1] !== " " && text[i + 1] !== " ";
      if (single && column > WIDTH && i > 0 && i < text.length - 1) {
        this.#put(text.slice(start, i));
        this.#indent(Math.max(depth, 2));
        start = i + 1;
        column = Math.max(depth, 2);
      } else column++;
    }
    this.#put(text.slice(start));
  }

  #literal(text: string, depth: number): void {
    const stripped = text.replace(/\n+$/, "");
    const breaks = text.length - stripped.length;
    const hint = text.startsWith(" ") || text.startsWith("\n") ? "2" : "";
    this.#put(`|${hint}${breaks === 0 ? "-" : breaks > 1 ? "+" : ""}`);
    const lines = text.split("\n");
    if (breaks === 1) lines.pop();
    // With `+` the last line break is the writer's own.
    if (breaks > 1) lines.pop();
    for (const line of lines) {
      if (line === "") this.#put("\n");
      else {
        this.#indent(Math.max(depth, 2));
        this.#put(line);
      }
    }
  }

  #doubleQuoted(text: string, depth: number, key: boolean): void {
    this.#put('"');
    let out = "";
    let column = this.#column;
    let spaces = false;
    const chars = [...text];
    chars.forEach((char, i) => {
      const inside = i > 0 && i < chars.length - 1;
      if (char === " " && !key && !spaces && inside && column > WIDTH) {
        out += "\n" + " ".repeat(Math.max(depth, 2));
        column = Math.max(depth, 2);
        if (chars[i + 1] === " ") {
          out += "\\";
          column++;
        }
        spaces = true;
        return;
      }
      const shown = escaped(char);
      out += shown;
      column += shown.length;
      spaces = char === " ";
    });
    this.#put(out + '"');
  }
}

function isEmpty(object: { [name: string]: JsonValue | undefined }): boolean {
  for (const name in object) if (object[name] !== undefined) return false;
  return true;
}

function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  const text = String(value);
  return text.includes("e") ? text.replace(/e([+-])(\d)$/, "e$10$2") : text;
}

// What YAML 1.1 would read as null, a boolean, a number, a time or a merge key.
const KEYWORDS = new Set(
  ("~ null Null NULL y Y yes Yes YES on On ON n N no No NO off Off OFF true True TRUE " +
    "false False FALSE << .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF .nan .NaN .NAN")
    .split(" "),
);
const NUMBER = /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|\s+)\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d*)?\s*(?:Z|[-+]\d{1,2}(?::\d{2})?)?)?$/;

function resolvesOtherwise(text: string): boolean {
  if (text === "") return true;
  if (KEYWORDS.has(text)) return true;
  const first = text.charCodeAt(0);
  const numeric = first >= 48 && first <= 57 || first === 43 || first === 45 || first === 46;
  return numeric &&
    (NUMBER.test(text) || FLOAT.test(text) || BASE_60.test(text) || TIMESTAMP.test(text));
}

/** Whether the emitter escapes a character: controls, separators, whatever lies beyond the basic plane. */
function unprintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code < 0x7f || code === 0x0a) continue;
    if (code < 0xa0 || code === 0x2028 || code === 0x2029 || code === 0xfeff) return true;
    if (code >= 0xd800 && code < 0xe000 || code > 0xfffd) return true;
  }
  return false;
}

function needsDoubleQuotes(text: string): boolean {
  if (!unprintable(text)) return false;
  // A tab alone does not force quotes in a literal block.
  return !text.includes("\n") || unprintable(text.replaceAll("\t", ""));
}

function plainAllowed(text: string): boolean {
  if (text.startsWith(" ") || text.endsWith(" ")) return false;
  if (text.startsWith("---") || text.startsWith("...")) return false;
  const next = text[1] ?? " ";
  if ("#,[]{}&*!|>'\"%@`".includes(text[0]!)) return false;
  if ("-?:".includes(text[0]!) && next === " ") return false;
  if (text.includes(": ") || text.endsWith(":") || text.includes(" #")) return false;
  return true;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
  "\ufeff": "\\uFEFF",
};

function escaped(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  if (!unprintable(char)) return char;
  const code = char.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** Digits compare as numbers, letters after everything else, as go-yaml sorts keys. */
function naturalOrder(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  let digits = false;
  for (let i = 0; i < left.length && i < right.length; i++) {
    const x = left[i]!;
    const y = right[i]!;
    if (x === y) {
      digits = isDigit(x);
      continue;
    }
    const xl = isLetter(x);
    const yl = isLetter(y);
    if (xl && yl) return x < y ? -1 : 1;
    if (xl || yl) {
      // In the middle of a number letters come first, otherwise last.
      return digits ? (xl ? -1 : 1) : (xl ? 1 : -1);
    }
    const [xn, xe] = numberAt(left, i, digits);
    const [yn, ye] = numberAt(right, i, digits);
    if (xn !== yn) return xn < yn ? -1 : 1;
    if (xe !== ye) return xe - ye;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function numberAt(chars: readonly string[], at: number, digits: boolean): [bigint, number] {
  // Leading zeros of a longer number count.
  let from = at;
  if (digits) { while (from > 0 && isDigit(chars[from - 1]!)) from--; }
  let end = at;
  while (end < chars.length && isDigit(chars[end]!)) end++;
  return [end === from ? 0n : BigInt(chars.slice(from, end).join("") || "0"), end];
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function isLetter(char: string): boolean {
  return /\p{L}/u.test(char);
}
