// find and findAll with RE2. Source: Kubernetes' regex library.

import { RE2JS } from "re2js";
import { declare } from "../declarations.ts";
import type { Library } from "../environment.ts";
import { ArrayList, fail, type Value } from "../values.ts";

const COMPILED_MAX = 500;
const compiled = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS {
  let regexp = compiled.get(pattern);
  if (regexp !== undefined) return regexp;
  try {
    regexp = RE2JS.compile(pattern);
  } catch (error) {
    return fail(`Illegal regex: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(pattern, regexp);
  return regexp;
}

function find(text: string, pattern: string): string {
  const matcher = compile(pattern).matcher(text);
  return matcher.find() ? matcher.group() ?? "" : "";
}

function findAll(text: string, pattern: string, limit: number): Value {
  const matcher = compile(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? "");
  return new ArrayList(found);
}

/** Kubernetes' regex library. */
export const REGULAR_EXPRESSIONS: Library = {
  functions: [
    declare(
      "find",
      [["string_find_string", "string.(string) -> string"]],
      (text, pattern) => find(text as string, pattern as string),
    ),
    declare(
      "findAll",
      [
        ["string_find_all_string", "string.(string) -> list(string)"],
        ["string_find_all_string_int", "string.(string, int) -> list(string)"],
      ],
      (text, pattern, limit) =>
        findAll(text as string, pattern as string, limit === undefined ? -1 : Number(limit)),
    ),
  ],
};
