// The value of a string or bytes literal: quotes off, escapes resolved.
// Source: the CEL language definition, string and bytes values.

const SIMPLE: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** The text between the quotes and whether it is raw; line ends are `\n`. */
function strip(literal: string): { body: string; raw: boolean } {
  let text = literal.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  const raw = text.startsWith("r") || text.startsWith("R");
  if (raw) text = text.slice(1);
  const quotes = text.startsWith("'''") || text.startsWith('"""') ? 3 : 1;
  return { body: text.slice(quotes, -quotes), raw };
}

/** The value of a string literal; an error's text where it is none. */
export function unquoteString(literal: string): { value: string } | { error: string } {
  const { body, raw } = strip(literal);
  if (raw || !body.includes("\\")) return { value: body };
  let out = "";
  for (const part of escapes(body)) {
    if (typeof part === "string") out += part;
    else if (part > 0x10ffff || (part >= 0xd800 && part <= 0xdfff)) {
      return { error: "invalid unicode code point" };
    } else out += String.fromCodePoint(part);
  }
  return { value: out };
}

/** The value of a bytes literal, without its `b`. */
export function unquoteBytes(literal: string): { value: Uint8Array } | { error: string } {
  const { body, raw } = strip(literal);
  const encoder = new TextEncoder();
  if (raw || !body.includes("\\")) return { value: encoder.encode(body) };
  if (/(?<!\\)(?:\\\\)*\\[uU]/.test(body)) return { error: "unable to unescape string" };
  const bytes: number[] = [];
  for (const part of escapes(body)) {
    if (typeof part === "string") bytes.push(...encoder.encode(part));
    else bytes.push(part);
  }
  return { value: Uint8Array.from(bytes) };
}

/** Text as it stands, and the code points that numeric escapes name. */
function* escapes(body: string): Generator<string | number> {
  let at = 0;
  while (at < body.length) {
    const next = body.indexOf("\\", at);
    if (next < 0) {
      yield body.slice(at);
      return;
    }
    if (next > at) yield body.slice(at, next);
    const letter = body[next + 1]!;
    const width = { x: 2, X: 2, u: 4, U: 8 }[letter];
    if (width !== undefined) {
      yield parseInt(body.slice(next + 2, next + 2 + width), 16);
      at = next + 2 + width;
    } else if (letter >= "0" && letter <= "3") {
      yield parseInt(body.slice(next + 1, next + 4), 8);
      at = next + 4;
    } else {
      yield SIMPLE[letter] ?? letter;
      at = next + 2;
    }
  }
}
