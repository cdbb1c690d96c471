// Strings as Go has them: in bytes. What cuts a character in two leaves
// U+FFFD, as it is when the text is encoded at last.

import { CallError } from "./values.ts";

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  return isAscii(text) ? text.length : new TextEncoder().encode(text).length;
}

// deno-lint-ignore no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** `text[start:end]`, with the fault of Go's runtime for bounds that are none. */
export function sliceBytes(text: string, start: number, end: number): string {
  const length = byteLength(text);
  if (end < 0 || end > length) {
    const size = end < 0 ? "" : ` with length ${length}`;
    throw new CallError(`runtime error: slice bounds out of range [:${end}]${size}`);
  }
  if (start < 0 || start > end) {
    throw new CallError(
      `runtime error: slice bounds out of range [${start}:${start < 0 ? "" : end}]`,
    );
  }
  if (length === text.length) return text.slice(start, end);
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(start, end));
}
