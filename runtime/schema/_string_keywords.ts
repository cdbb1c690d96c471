// Length, pattern and format of strings.

import type { JsonObject } from "../object.ts";
import { tooLong, typeInvalid } from "../field/error.ts";
import { goQuote } from "../go_text.ts";
import { type Check, report, reportInvalid, words } from "./_check.ts";
import { formatCheck } from "./_formats.ts";
import type { Outcome } from "./_finding.ts";
import { compileRegexp, type Regexp } from "./_regexp.ts";

/** The checks, and the format as far as it is supported for the type. */
export interface StringKeywords {
  readonly check: Check<string>;
  readonly format: string;
}

const NUMBER_FORMATS: Readonly<Record<string, readonly string[]>> = {
  integer: ["int32", "int64"],
  number: ["float", "double"],
};

function supportedFormat(format: string, types: readonly string[]): string {
  const type = types.length === 1 ? types[0] ?? "" : "";
  if (type === "" || type === "string") return formatCheck(format) === undefined ? "" : format;
  return NUMBER_FORMATS[type]?.includes(format) ? format : "";
}

/** Unicode characters, which is what lengths count. */
function characters(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit >= 0xdc00) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next < 0xe000) length--;
  }
  return length;
}

/** Compiles the keywords that look at strings. */
export function compileString(schema: JsonObject, types: readonly string[]): StringKeywords {
  const { maxLength: max, minLength: min, pattern } = schema;
  const format = supportedFormat(typeof schema.format === "string" ? schema.format : "", types);
  const validFormat = formatCheck(format);
  const match = typeof pattern === "string" && pattern !== "" ? compilePattern(pattern) : undefined;
  const check: Check<string> = (value, path, outcome) => {
    if (typeof max === "number" && value.length > max && characters(value) > max) {
      const text = words(path, `should be at most ${max} chars long`);
      report(outcome, text, tooLong(path, max));
    } else if (typeof min === "number" && characters(value) < min) {
      reportInvalid(outcome, path, value, `should be at least ${min} chars long`);
    } else match?.(value, path, outcome);
    if (validFormat === undefined) return;
    if (!validFormat(value)) {
      const text = words(path, `must be of type ${format}: ${goQuote(value)}`);
      report(outcome, text, typeInvalid(path, value, text));
    }
    outcome.matches++;
  };
  return { check, format };
}

function compilePattern(pattern: string): Check<string> {
  let regexp: Regexp;
  try {
    regexp = compileRegexp(pattern);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return (value, path, outcome) =>
      reportInvalid(
        outcome,
        path,
        value,
        `should match '${pattern}, but pattern is invalid: ${why}'`,
      );
  }
  const what = `should match '${pattern}'`;
  return (value: string, path: string, outcome: Outcome) => {
    if (!regexp.test(value)) reportInvalid(outcome, path, value, what);
  };
}
