// The JSON object inside a continue token, read with the complaints of Go's
// decoder: they reach the client. Not a general decoder (see http/go_json.ts).

import type { JsonObject } from "../../runtime/object.ts";

/** How Go quotes the character it stumbles over. */
function quoteByte(byte: number): string {
  const char = String.fromCharCode(byte);
  if (char === "'") return `'\\''`;
  if (char === '"') return `'"'`;
  if (byte >= 0x20 && byte < 0x7f) return char === "\\" ? `'\\\\'` : `'${char}'`;
  const named: Record<number, string> = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
  };
  if (named[byte] !== undefined) return `'${named[byte]}'`;
  if (byte < 0x80) return `'\\x${byte.toString(16).padStart(2, "0")}'`;
  // Bytes from 0xa1 on are letters and signs of Latin-1 and stand for themselves.
  return byte > 0xa0 && byte !== 0xad ? `'${char}'` : `'\\u${byte.toString(16).padStart(4, "0")}'`;
}

/** Reads a JSON object; `fail` makes the error of a complaint. */
export function decodeGoJson(bytes: Uint8Array, fail: (why: string) => Error): JsonObject {
  if (bytes.length === 0) throw fail("unexpected end of JSON input");
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
    const kind = Array.isArray(value)
      ? "array"
      : typeof value === "boolean"
      ? "bool"
      : typeof value;
    if (value === null) return {};
    throw fail(`json: cannot unmarshal ${kind} into Go value of type storage.continueToken`);
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    const first = bytes[0]!;
    if (String.fromCharCode(first) === "{") {
      throw fail("unexpected end of JSON input");
    }
    throw fail(`invalid character ${quoteByte(first)} looking for beginning of value`);
  }
}
