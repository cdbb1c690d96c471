// Formats with verbs, `%-5d` and the like. Not the plain text of values
// (format.ts). Source: the documentation of package fmt.

import { goQuote } from "../go_text.ts";
import { formatFloat, formatValue, formatWith } from "./format.ts";
import { checkSize } from "./limits.ts";
import { GoInt, type GoList, type GoMap, GoObject, typeOf, type Value } from "./values.ts";

/** What stands between `%` and the verb. */
interface Directive {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

const DIRECTIVE = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:\[(\d+)\])?([^]|$)/gu;
/** Wider is a mistake to Go as well. */
const WIDTH_MAX = 1_000_000;

/** `fmt.Sprintf`. */
export function printf(format: string, args: readonly Value[]): string {
  let next = 0;
  let size = 0;
  let reordered = false;
  const text = format.replace(DIRECTIVE, (whole, flags, width, precision, position, verb) => {
    const shown = formatOne();
    checkSize(size += shown.length);
    return shown;

    function formatOne(): string {
      let faults = "";
      const number = (digits: string | undefined, bad: string): number | undefined => {
        if (digits === undefined) return undefined;
        const arg = digits === "*" ? args[next++] : undefined;
        const value = digits !== "*"
          ? Number(digits)
          : arg instanceof GoInt
          ? Number(arg.value)
          : NaN;
        if (Math.abs(value) <= WIDTH_MAX) return value;
        faults += bad;
        return undefined;
      };
      let wide = number(width, "%!(BADWIDTH)");
      if (wide !== undefined && wide < 0) [flags, wide] = [`${flags}-`, -wide];
      const dot = whole.includes(".") && verb !== ".";
      const exact = dot ? number(precision ?? "0", "%!(BADPREC)") : undefined;
      if (verb === "") return `${faults}%!(NOVERB)`;
      if (verb === "%") return `${faults}%`;
      if (position !== undefined) {
        reordered = true;
        next = Number(position) - 1;
        if (next < 0 || next >= args.length) return `${faults}%!${verb}(BADINDEX)`;
      }
      if (next >= args.length) return `${faults}%!${verb}(MISSING)`;
      const arg = args[next++] ?? null;
      return faults + formatVerb(arg, { flags, width: wide, precision: exact, verb });
    }
  });
  return reordered ? text : text + extra(args.slice(next));
}

function extra(args: readonly Value[]): string {
  if (args.length === 0) return "";
  const shown = args.map((arg) => arg === null ? "<nil>" : `${typeOf(arg)}=${formatValue(arg)}`);
  return `%!(EXTRA ${shown.join(", ")})`;
}

function formatVerb(value: Value, directive: Directive): string {
  if (directive.verb === "T") return pad(typeOf(value), directive);
  if (value === null) {
    return directive.verb === "v" ? pad("<nil>", directive) : `%!${directive.verb}(<nil>)`;
  }
  return formatWith(value, (scalar) => formatScalar(scalar, directive));
}

/** Fills up to the width; zeros go behind the sign. */
function pad(text: string, { flags, width = 0 }: Directive, zeros = false): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0") || !zeros) return " ".repeat(missing) + text;
  const sign = /^[+ -]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

function bad(value: Exclude<Value, GoList | GoMap>, verb: string): string {
  if (value === null) return `%!${verb}(<nil>)`;
  return `%!${verb}(${typeOf(value)}=${formatValue(value)})`;
}

function formatScalar(value: Exclude<Value, GoList | GoMap>, directive: Directive): string {
  const { verb } = directive;
  if (value === null) return verb === "v" ? pad("<nil>", directive) : bad(value, verb);
  if (typeof value === "boolean") {
    return verb === "v" || verb === "t" ? pad(String(value), directive) : bad(value, verb);
  }
  const text = value instanceof GoObject
    ? formatString(value.text, directive)
    : typeof value === "string"
    ? formatString(value, directive)
    : value instanceof GoInt
    ? formatInt(value.value, directive)
    : formatNumber(value, directive);
  return text ?? bad(value, verb);
}

function formatString(text: string, directive: Directive): string | undefined {
  const { verb, precision, flags } = directive;
  const chars = precision === undefined ? text : [...text].slice(0, precision).join("");
  switch (verb) {
    case "v":
      if (flags.includes("#")) return pad(goQuote(chars), directive);
      return pad(chars, directive, true);
    case "s":
      return pad(chars, directive, true);
    case "q":
      return pad(quoted(chars, flags), directive, true);
    case "x":
    case "X": {
      const bytes = new TextEncoder().encode(text).subarray(0, precision);
      const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
      const joined = (flags.includes("#") ? "0x" : "") +
        hex.join(flags.includes(" ") ? (flags.includes("#") ? " 0x" : " ") : "");
      return pad(verb === "X" ? joined.toUpperCase() : joined, directive, true);
    }
  }
  return undefined;
}

function quoted(text: string, flags: string): string {
  // deno-lint-ignore no-control-regex
  const raw = flags.includes("#") && !/[`\x00-\x08\x0a-\x1f\x7f\ufeff]/.test(text);
  if (raw) return `\`${text}\``;
  const quote = goQuote(text);
  if (!flags.includes("+")) return quote;
  return quote.replace(/[^\0-\x7f]/gu, (char) => {
    const hex = (char.codePointAt(0) ?? 0).toString(16);
    return hex.length > 4 ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
  });
}

const BASES: Readonly<Record<string, [base: number, prefix: string]>> = {
  b: [2, "0b"],
  o: [8, "0"],
  O: [8, "0o"],
  d: [10, ""],
  v: [10, ""],
  x: [16, "0x"],
  X: [16, "0X"],
};

function formatInt(value: bigint, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  const known = BASES[verb];
  if (known !== undefined) {
    const [base, prefix] = known;
    const size = value < 0n ? -value : value;
    let digits = precision === 0 && value === 0n ? "" : size.toString(base);
    if (verb === "X") digits = digits.toUpperCase();
    digits = digits.padStart(precision ?? 0, "0");
    if (verb === "O" || flags.includes("#")) digits = prefix + digits;
    const sign = value < 0n ? "-" : plus(flags);
    return pad(sign + digits, directive, precision === undefined);
  }
  const code = value >= 0n && value <= 0x10ffffn ? Number(value) : 0xfffd;
  const char = String.fromCodePoint(code);
  if (verb === "c") return pad(char, directive);
  if (verb === "q") return pad(quotedChar(char), directive);
  if (verb === "U") {
    return pad(`U+${value.toString(16).toUpperCase().padStart(4, "0")}`, directive);
  }
  return undefined;
}

function quotedChar(char: string): string {
  if (char === '"') return `'"'`;
  return char === "'" ? `'\\''` : `'${goQuote(char).slice(1, -1)}'`;
}

function plus(flags: string): string {
  return flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

function formatNumber(value: number, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  if (!"vgGeEfF".includes(verb)) return undefined;
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? "-" : plus(flags);
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value) ? "NaN" : `${sign || "+"}Inf`;
    return pad(text, directive);
  }
  const text = sign + floatDigits(Math.abs(value), verb, precision);
  return pad(verb === "G" || verb === "E" ? text.toUpperCase() : text, directive, true);
}

function floatDigits(value: number, verb: string, precision: number | undefined): string {
  // The platform writes at most a hundred digits; no float64 of this size has more that matter.
  const digits = Math.min(precision ?? 6, 100);
  switch (verb) {
    case "f":
    case "F":
      return fixedDigits(value, digits);
    case "e":
    case "E":
      return twoDigitExponent(value.toExponential(digits));
  }
  if (precision === undefined) return formatFloat(value);
  const significant = Math.max(precision, 1);
  const scientific = value.toExponential(Math.min(significant, 100) - 1);
  const exponent = Number(scientific.split("e")[1]);
  const trim = (text: string) => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  if (exponent < -4 || exponent >= significant) {
    const [mantissa = "", power = ""] = scientific.split("e");
    return twoDigitExponent(`${trim(mantissa)}e${power}`);
  }
  return trim(fixedDigits(value, significant - 1 - exponent));
}

function fixedDigits(value: number, digits: number): string {
  if (value < 1e21) {
    // Halfway between two, Go takes the even one, and the platform the larger.
    const exact = value.toFixed(100);
    const cut = exact.length - 100 + digits;
    const isTie = digits < 100 && /^50*$/.test(exact.slice(cut));
    const below = exact.slice(0, digits === 0 ? cut - 1 : cut);
    return isTie && /[02468]$/.test(below) ? below : value.toFixed(digits);
  }
  const whole = BigInt(value).toString();
  return digits === 0 ? whole : `${whole}.${"0".repeat(digits)}`;
}

function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
