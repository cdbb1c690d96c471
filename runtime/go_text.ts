// How Go writes values into error texts: quoted strings (`%q`), numbers
// (`%v`), and JSON with members in order and HTML characters escaped, as
// encoding/json writes maps.

const ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};

/** What letters and the backslash stand for behind a backslash. */
export const GO_ESCAPES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ESCAPES).filter(([char]) => char !== '"').map(([char, short]) => [short[1], char]),
);

// Letters, marks, numbers, punctuation, symbols and the plain space are printable; the rest is not.
const UNPRINTABLE = /["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;
const UNPRINTABLE_ALL = new RegExp(UNPRINTABLE.source, "gu");

function escape(char: string): string {
  const short = ESCAPES[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x80) return `\\x${hex.padStart(2, "0")}`;
  if (code >= 0xd800 && code < 0xe000) return "\ufffd";
  return code > 0xffff ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}

/** A string as `%q` prints it. */
export function goQuote(text: string): string {
  return UNPRINTABLE.test(text) ? `"${text.replace(UNPRINTABLE_ALL, escape)}"` : `"${text}"`;
}

/** A float64 as `%v` prints it: in the shortest form, with an exponent below 1e-4 and from 1e6 on. */
export function goFloat(value: number): string {
  const scientific = value.toExponential();
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  if (exponent >= -4 && exponent < 6) return String(value);
  // Go writes at least two digits of exponent.
  return scientific.replace(/e([+-])([0-9])$/, "e$10$2");
}

/** A number as `%v` prints it: as an int64 if it is one, else as a float64. */
export function goNumber(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return String(value);
  const large = Number.isInteger(value) && Math.abs(value) < 2 ** 63;
  return large ? String(BigInt(value)) : goFloat(value);
}

/** A number as encoding/json writes it: plainly between 1e-6 and 1e21. */
function jsonNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-6) return value.toExponential();
  return String(value);
}

const HTML = /[<>&\u2028\u2029]/;
const HTML_ALL = new RegExp(HTML.source, "g");

function jsonString(text: string): string {
  const json = JSON.stringify(text.toWellFormed());
  if (!HTML.test(json)) return json;
  return json.replace(
    HTML_ALL,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Compares strings as Go does: by their UTF-8 bytes, which is by code points. */
export function compareGo(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all others.
    const high = (unit: number) => unit >= 0xd800 && unit < 0xe000;
    return high(x) === high(y) ? x - y : high(x) ? 1 : -1;
  }
  return a.length - b.length;
}

/** A Go struct: its members are written in the order in which they were set, those of other objects (maps) by name. */
export class GoStruct {
  /** The members. */
  [member: string]: unknown;
}

/** A value as encoding/json writes maps, structs, lists and scalars. `undefined` members are left out. */
export function goJson(value: unknown): string {
  switch (typeof value) {
    case "string":
      return jsonString(value);
    case "number":
      return jsonNumber(value);
    case "object":
      break;
    default:
      return value === undefined ? "null" : String(value);
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(goJson).join(",")}]`;
  const members = value as Record<string, unknown>;
  const names = Object.keys(members).filter((name) => members[name] !== undefined);
  if (!(value instanceof GoStruct)) names.sort(compareGo);
  return `{${names.map((name) => `${jsonString(name)}:${goJson(members[name])}`).join(",")}}`;
}
