// Words errors about the value of a variable as Cluster API does: each shows
// the whole value in JSON, whatever part of it is wrong. Source: Cluster API's
// validation of cluster variables.

import type { FieldError } from "../runtime/field/error.ts";
import { goQuote } from "../runtime/go_text.ts";

const SHOWS_VALUE = /^(Invalid|Unsupported|Duplicate) value|^Not found|^Too many/;
const SCALAR = /^(?:"(?:[^"\\]|\\.)*"|[-+]?[\d.][\w.+-]*|true|false|null)(?=: |$)/;

/** The error with `raw`, the value in JSON, where it shows the wrong part. */
export function showingWhole(error: FieldError, raw: string): FieldError {
  const words = SHOWS_VALUE.exec(error.message)?.[0];
  if (words === undefined) return error;
  // The value itself has no name in its schema.
  const detail = detailOf(error.message.slice(words.length).replace(/^: /, ""))
    .replace(/^ in body /, "");
  const message = `${words}: ${goQuote(raw)}${detail === "" ? "" : `: ${detail}`}`;
  return { ...error, message };
}

/** What comes after the value, where there is one. */
function detailOf(text: string): string {
  const length = SCALAR.exec(text)?.[0].length ?? structureLength(text);
  return text.slice(length).replace(/^: /, "");
}

/** How long the JSON object or list is that a text begins with; 0 without one. */
function structureLength(text: string): number {
  if (!/^[{[]/.test(text)) return 0;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    if (depth === 0) return index + token.length;
  }
  return 0;
}
