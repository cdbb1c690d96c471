// Field selectors: `metadata.name=a,status.phase!=Running`, parsed as
// k8s.io/apimachinery/pkg/fields does, with its error texts. Which fields a
// kind knows is not decided here.

import { SelectorError } from "./label.ts";

/** One term. */
export interface FieldTerm {
  /** The field's label, such as `metadata.name`. */
  readonly field: string;
  /** How the label or field is compared. */
  readonly operator: "=" | "!=";
  /** The value it is compared with. */
  readonly value: string;
}

/** A parsed selector. */
export interface FieldSelector {
  /** Selects everything. */
  readonly empty: boolean;
  /** The conditions; all must hold. */
  readonly terms: readonly FieldTerm[];
  /** `fields` answers a field's value; unknown fields are empty. */
  matches(fields: (field: string) => string): boolean;
  /** The value that the selector demands of a field, if it does. */
  requires(field: string): string | undefined;
}

/** A selector of these terms. */
export function fieldSelector(terms: readonly FieldTerm[]): FieldSelector {
  return {
    empty: terms.length === 0,
    terms,
    matches: (fields) =>
      terms.every(({ field, operator, value }) => (fields(field) === value) === (operator === "=")),
    requires: (field) =>
      terms.find((term) => term.field === field && term.operator === "=")
        ?.value,
  };
}

/** Parses. Throws {@linkcode SelectorError}. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms: FieldTerm[] = [];
  for (const part of splitTerms(text).sort()) {
    if (part === "") continue;
    const match = /!=|==|=/.exec(part);
    if (match === null) {
      throw new SelectorError(
        `invalid selector: '${text}'; can't understand '${part}'`,
      );
    }
    terms.push({
      field: part.slice(0, match.index),
      operator: match[0] === "!=" ? "!=" : "=",
      value: unescape(part.slice(match.index + match[0].length)),
    });
  }
  return fieldSelector(terms);
}

/** Splits at commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescape(text: string): string {
  let value = "";
  const chars = [...text];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!;
    if (char === "\\") {
      const next = chars[++i];
      if (next === undefined || !"\\,=".includes(next)) {
        throw new SelectorError(
          `invalid field selector: invalid escape sequence: \\${next ?? ""}`,
        );
      }
      value += next;
    } else if (char === "," || char === "=") {
      // Go prints the rune as a number.
      throw new SelectorError(
        `invalid field selector: unescaped character in value: ${char.codePointAt(0)}`,
      );
    } else value += char;
  }
  return value;
}
