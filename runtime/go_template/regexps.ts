// sprig's functions on regular expressions, with Go's syntax and linear time.
// Source: sprig's documentation, "Strings", and that of package regexp.

import { RE2JS } from "re2js";
import { goQuote } from "../go_text.ts";
import { fixed, type Functions, type GoFunction } from "./function.ts";
import { checkSize } from "./limits.ts";
import { CallError, strings, type Value } from "./values.ts";

interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole first. */
  readonly groups: readonly string[];
}

function compile(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** All matches; an empty one right behind another does not count. */
function matches(compiled: RE2JS, text: string, limit: number): Match[] {
  const found: Match[] = [];
  const matcher = compiled.matcher(text);
  const count = compiled.groupCount();
  while ((limit < 0 || found.length < limit) && matcher.find()) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start === end && found.at(-1)?.end === start) continue;
    const groups = Array.from({ length: count + 1 }, (_, i) => matcher.group(i) ?? "");
    found.push({ start, end, groups });
  }
  return found;
}

/** `$1` and `${name}` of a replacement. */
function expand(replacement: string, { groups }: Match, names: Record<string, number>): string {
  return replacement.replace(/\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu, (...found) => {
    const [, dollar, bare, braced] = found as (string | undefined)[];
    if (dollar !== undefined) return "$";
    const name = bare ?? braced ?? "";
    return groups[/^\d+$/.test(name) ? Number(name) : names[name] ?? -1] ?? "";
  });
}

function replace(
  compiled: RE2JS,
  text: string,
  by: (match: Match) => string,
): string {
  let [replaced, end] = ["", 0];
  for (const match of matches(compiled, text, -1)) {
    replaced += text.slice(end, match.start) + by(match);
    checkSize(replaced.length);
    end = match.end;
  }
  return replaced + text.slice(end);
}

function find(compiled: RE2JS, text: string, limit: number): Value {
  const found = matches(compiled, text, limit).map(({ groups: [whole = ""] }) => whole);
  return strings(found, found.length === 0);
}

function split(compiled: RE2JS, pattern: string, text: string, limit: number): Value {
  if (limit === 0) return strings([], true);
  if (pattern.length > 0 && text === "") return strings([""]);
  const parts: string[] = [];
  let [start, end] = [0, 0];
  for (const match of matches(compiled, text, limit)) {
    if (limit > 0 && parts.length === limit - 1) break;
    end = match.start;
    if (match.end !== 0) parts.push(text.slice(start, end));
    start = match.end;
  }
  if (end !== text.length) parts.push(text.slice(start));
  return strings(parts);
}

type Run = (compiled: RE2JS, pattern: string, text: string, more: string | number) => Value;

/** Both forms of a function: the one panics where the other gives the fault. */
function both(name: string, third: "string" | "int" | undefined, run: Run) {
  const make = (fault: (pattern: string, message: string) => string): GoFunction => {
    const call = (pattern: string, text: string, more: string | number = "") => {
      const compiled = compile(pattern);
      if (typeof compiled === "string") throw new CallError(fault(pattern, compiled));
      return run(compiled, pattern, text, more);
    };
    return third === undefined
      ? fixed(["string", "string"], (pattern, text) => call(pattern, text))
      : fixed(["string", "string", third], call);
  };
  return {
    [name]: make((pattern, message) => `regexp: Compile(${quotePattern(pattern)}): ${message}`),
    [`mustR${name.slice(1)}`]: make((_, message) => message),
  };
}

function quotePattern(pattern: string): string {
  // deno-lint-ignore no-control-regex
  return /[`\x00-\x08\x0a-\x1f\x7f\ufeff]/.test(pattern) ? goQuote(pattern) : `\`${pattern}\``;
}

/** The functions. */
export const REGEXP_FUNCTIONS: Functions = {
  ...both("regexMatch", undefined, (compiled, _, text) => compiled.matcher(text).find()),
  // This one takes what is no pattern for one that matches nothing.
  regexMatch: fixed(["string", "string"], (pattern, text) => {
    const compiled = compile(pattern);
    return typeof compiled !== "string" && compiled.matcher(text).find();
  }),
  ...both(
    "regexFind",
    undefined,
    (compiled, _, text) => matches(compiled, text, 1)[0]?.groups[0] ?? "",
  ),
  ...both("regexFindAll", "int", (compiled, _, text, n) => find(compiled, text, Number(n))),
  ...both("regexReplaceAll", "string", (compiled, _, text, by) => {
    const names = compiled.namedGroups() as Record<string, number>;
    return replace(compiled, text, (match) => expand(String(by), match, names));
  }),
  ...both("regexReplaceAllLiteral", "string", (compiled, _, text, by) => {
    return replace(compiled, text, () => String(by));
  }),
  ...both("regexSplit", "int", (compiled, pattern, text, n) => {
    return split(compiled, pattern, text, Number(n));
  }),
  regexQuoteMeta: fixed(["string"], (text) => text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&")),
};
