// The text of values: `%v` and print as package fmt writes them, and JSON as
// encoding/json does. Formats with verbs are in printf.ts.

import { goFloat, goJson } from "../go_text.ts";
import { checkSize, Walk } from "./limits.ts";
import { GoInt, GoList, GoMap, GoObject, sortedNames, type Value } from "./values.ts";

/** A float64 as `%v` prints it. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return Object.is(value, -0) ? "-0" : goFloat(value);
}

/** A value as `%v` prints it. */
export function formatValue(value: Value): string {
  return format(value, formatScalar, new Walk(), 0);
}

/** What prints the parts of a value that have none themselves. */
export type ScalarFormat = (value: Exclude<Value, GoList | GoMap>) => string;

function formatScalar(value: Exclude<Value, GoList | GoMap>): string {
  if (value === null) return "<nil>";
  if (value instanceof GoInt) return String(value.value);
  if (value instanceof GoObject) return value.text;
  return typeof value === "number" ? formatFloat(value) : String(value);
}

/** A value whose scalars are printed in a way of their own. */
export function formatWith(value: Value, scalar: ScalarFormat): string {
  return format(value, scalar, new Walk(), 0);
}

function format(value: Value, scalar: ScalarFormat, walk: Walk, depth: number): string {
  walk.enter(depth);
  if (value instanceof GoList) {
    return bracket(
      "[",
      value.items.map((item) => format(item, scalar, walk, depth + 1)),
    );
  }
  if (value instanceof GoMap) {
    const members = sortedNames(value).map((name) =>
      `${scalar(name)}:${format(value.entries.get(name) ?? null, scalar, walk, depth + 1)}`
    );
    return bracket("map[", members);
  }
  return scalar(value);
}

function bracket(open: string, parts: readonly string[]): string {
  checkSize(parts.reduce((size, part) => size + part.length, parts.length));
  return `${open}${parts.join(" ")}]`;
}

/** The text of a value that is no text yet; strings are themselves. */
export function textOf(value: Value): string {
  return typeof value === "string" ? value : formatValue(value);
}

/** `print`: spaces between operands of which neither is a string. */
export function print(values: readonly Value[]): string {
  let text = "";
  values.forEach((value, i) => {
    const before = values[i - 1];
    if (i > 0 && typeof value !== "string" && typeof before !== "string") text += " ";
    text += textOf(value);
    checkSize(text.length);
  });
  return text;
}

/** `println`: spaces between all, and the end of the line. */
export function printLine(values: readonly Value[]): string {
  checkSize(values.reduce((size: number, value) => size + textOf(value).length, 0));
  return `${values.map(textOf).join(" ")}\n`;
}

/** A value as encoding/json writes it; undefined where it refuses. */
export function toJson(value: Value): string | undefined {
  const tree = plain(value, new Walk(), 0);
  return tree === undefined ? undefined : goJson(tree);
}

/** The tree of a value as JSON has it, null for nil lists; undefined where JSON has no such number. */
export function plain(value: Value, walk: Walk, depth: number): unknown {
  walk.enter(depth);
  if (value instanceof GoInt) return value.value;
  if (value instanceof GoObject) return value.text;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value instanceof GoList) {
    if (value.isNil) return null;
    const items = value.items.map((item) => plain(item, walk, depth + 1));
    return items.includes(undefined) ? undefined : items;
  }
  if (!(value instanceof GoMap)) return value;
  if (value.isNil) return null;
  // Without a prototype, so that no name means anything else.
  const members: Record<string, unknown> = Object.create(null);
  for (const [name, member] of value.entries) {
    const tree = plain(member, walk, depth + 1);
    if (tree === undefined) return undefined;
    members[name] = tree;
  }
  return members;
}
