// sprig's functions for JSON, base64, base32 and checksums. Source: sprig's
// documentation, "Encoding Functions" and "Cryptographic and Security
// Functions"; those that make keys and passwords are not here.

import { createHash } from "node:crypto";
import { Base64Error, decodeBase64, encodeBase64 } from "../base64.ts";
import { compareGo, goJson } from "../go_text.ts";
import { parseJson } from "../json.ts";
import { plain, toJson } from "./format.ts";
import { fixed, type Functions } from "./function.ts";
import { Walk } from "./limits.ts";
import { CallError, fromJsonValue, type Value } from "./values.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function encodeBase32(bytes: Uint8Array): string {
  let [bits, count, text] = [0, 0, ""];
  for (const byte of bytes) {
    bits = (bits << 8 | byte) & 0xfff;
    count += 8;
    while (count >= 5) text += BASE32[bits >> (count -= 5) & 31];
  }
  if (count > 0) text += BASE32[bits << (5 - count) & 31];
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}

function decodeBase32(text: string): string {
  const clean = text.replace(/[\r\n]/g, "");
  let end = clean.length;
  while (clean[end - 1] === "=") end--;
  const digits = clean.slice(0, end);
  const wrong = /[^A-Z2-7]/.exec(digits)?.index ?? -1;
  const padding = clean.length - digits.length;
  if (wrong >= 0 || clean.length % 8 !== 0 || ![0, 1, 3, 4, 6].includes(padding)) {
    const at = wrong >= 0 ? wrong : clean.length;
    return `illegal base32 data at input byte ${at}`;
  }
  const bytes: number[] = [];
  let [bits, count] = [0, 0];
  for (const digit of digits) {
    bits = (bits << 5 | BASE32.indexOf(digit)) & 0xfff;
    count += 5;
    if (count >= 8) bytes.push(bits >> (count -= 8) & 255);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function decode64(text: string): string {
  try {
    return new TextDecoder().decode(decodeBase64(text));
  } catch (error) {
    // What is wrong is the result.
    if (error instanceof Base64Error) return error.message;
    throw error;
  }
}

function hash(algorithm: string) {
  return fixed(["string"], (text) => createHash(algorithm).update(text).digest("hex"));
}

function adler32(text: string): string {
  let [a, b] = [1, 0];
  for (const byte of bytesOf(text)) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return String(b * 65536 + a);
}

function parse(text: string): { value: Value } | { fault: string } {
  try {
    return { value: fromJsonValue(parseJson(text).value) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

/** JSON whose HTML characters stand for themselves. */
function unescapeHtml(json: string): string {
  return json.replace(
    /\\\\|\\u00(3c|3e|26)/g,
    (whole, hex) => hex === undefined ? whole : String.fromCharCode(parseInt(hex, 16)),
  );
}

/** JSON over several lines; empty lists and maps stay on one. */
function pretty(value: unknown, margin = ""): string {
  if (typeof value !== "object" || value === null) return goJson(value);
  const inner = `${margin}  `;
  const list = Array.isArray(value);
  const parts = list
    ? value.map((item) => inner + pretty(item, inner))
    : sortedMembers(value as Record<string, unknown>).map(([name, member]) =>
      `${inner}${goJson(name)}: ${pretty(member, inner)}`
    );
  const [open, close] = list ? "[]" : "{}";
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${parts.join(",\n")}\n${margin}${close}`;
}

function sortedMembers(members: Record<string, unknown>): [string, unknown][] {
  return Object.keys(members).sort(compareGo).map((name) => [name, members[name]]);
}

function prettyJson(value: Value): string | undefined {
  const tree = plain(value, new Walk(), 0);
  return tree === undefined ? undefined : pretty(tree);
}

function rawJson(value: Value): string | undefined {
  const json = toJson(value);
  return json === undefined ? undefined : unescapeHtml(json);
}

/** A writer that gives nothing, and one that refuses, where JSON has no such value. */
function writers(write: (value: Value) => string | undefined) {
  return [
    fixed(["interface {}"], (value) => write(value) ?? ""),
    fixed(["interface {}"], (value) => {
      const json = write(value);
      if (json === undefined) throw new CallError("json: unsupported value");
      return json;
    }),
  ] as const;
}

const [json, mustJson] = writers(toJson);
const [prettyText, mustPretty] = writers(prettyJson);
const [, raw] = writers(rawJson);

/** The functions. */
export const ENCODING_FUNCTIONS: Functions = {
  toJson: json,
  mustToJson: mustJson,
  toPrettyJson: prettyText,
  mustToPrettyJson: mustPretty,
  toRawJson: raw,
  mustToRawJson: raw,
  fromJson: fixed(["string"], (text) => {
    const parsed = parse(text);
    return "value" in parsed ? parsed.value : null;
  }),
  mustFromJson: fixed(["string"], (text) => {
    const parsed = parse(text);
    if ("value" in parsed) return parsed.value;
    throw new CallError(parsed.fault);
  }),
  b64enc: fixed(["string"], (text) => encodeBase64(bytesOf(text))),
  b64dec: fixed(["string"], decode64),
  b32enc: fixed(["string"], (text) => encodeBase32(bytesOf(text))),
  b32dec: fixed(["string"], decodeBase32),
  sha1sum: hash("sha1"),
  sha256sum: hash("sha256"),
  sha512sum: hash("sha512"),
  adler32sum: fixed(["string"], adler32),
};
