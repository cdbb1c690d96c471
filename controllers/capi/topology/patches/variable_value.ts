// Looks up what a patch names as `valueFrom.variable`: a variable, a member of
// it, or an item. Source: Cluster API's patch variables.

import { goQuote } from "../../../../runtime/go_text.ts";
import type { JsonObject, JsonValue } from "../../../../runtime/object.ts";

/** Variables by name. */
export type Variables = ReadonlyMap<string, JsonValue>;

interface Segment {
  readonly name: string;
  readonly index?: number;
}

/**
 * The value at a path such as `registry.mirrors[0].url` or `builtin.cluster.name`.
 *
 * @throws {Error} when there is none, or the path cannot be read
 *
 * @example
 * ```ts
 * variableValue(new Map([["cpu", { limits: ["2"] }]]), "cpu.limits[0]"); // "2"
 * ```
 */
export function variableValue(variables: Variables, path: string): JsonValue {
  const [first = "", ...rest] = path.split(".");
  const { name, index } = parseSegment(first, `variable ${goQuote(path)} is invalid`);
  const found = variables.get(name);
  if (found === undefined) throw new Error(`variable ${goQuote(first)} does not exist`);
  let value = index === undefined ? found : itemAt(found, { name, index }, path);
  for (const part of rest) {
    const segment = parseSegment(part, `variable ${goQuote(path)} has invalid syntax`);
    const member = memberOf(value, segment.name);
    if (member === undefined) {
      throw new Error(
        `variable ${goQuote(path)} does not exist: failed to lookup segment ${
          goQuote(segment.name)
        }`,
      );
    }
    value = segment.index === undefined ? member : itemAt(member, segment, path);
  }
  return value;
}

function parseSegment(text: string, words: string): Segment {
  const [from, to] = [text.indexOf("["), text.indexOf("]")];
  if (from < 0 && to < 0) return { name: text };
  if (from < 0 || to < from) {
    throw new Error(`${words}: failed to parse path segment ${goQuote(text)}`);
  }
  const digits = text.slice(from + 1, to);
  if (!/^[+-]?\d+$/.test(digits)) {
    throw new Error(
      `${words}: failed to parse array index in path segment ${
        goQuote(text)
      }: strconv.Atoi: parsing ${goQuote(digits)}: invalid syntax`,
    );
  }
  const index = Number(digits);
  if (index < 0) {
    throw new Error(`${words}: invalid array index ${index} in path segment ${goQuote(text)}`);
  }
  return { name: text.slice(0, from), index };
}

/** A member of an object; items of lists can be named by their number, too. */
function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value)) return /^\+?\d+$/.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
}

function itemAt(value: JsonValue, { name, index = 0 }: Segment, path: string): JsonValue {
  const words = `variable ${goQuote(path)} is invalid`;
  if (!Array.isArray(value)) {
    throw new Error(
      `${words}: failed to get array ${goQuote(name)}: value doesn't contain array; it contains ${
        typeName(value)
      }`,
    );
  }
  const item = value[index];
  if (item === undefined) throw new Error(`${words}: array does not have index ${index}`);
  return item;
}

function typeName(value: JsonValue): string {
  if (value === null || typeof value === "boolean") return String(value);
  return typeof value === "bigint" ? "number" : typeof value;
}
