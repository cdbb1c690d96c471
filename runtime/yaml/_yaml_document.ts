// A YAML text that is not JSON, through npm:yaml. Apart from read_yaml.ts so
// that the package is loaded by the first text that needs it, not at the start.

import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { JsonValue } from "../object.ts";
import { YamlSyntaxError, type YamlText } from "./read_yaml.ts";
import { goYamlProblem } from "./yaml_problem.ts";

// Aliases may not blow a small text up into a large tree.
const ALIASES_MAX = 100;

/** Reads one document. Throws {@linkcode YamlSyntaxError}. */
export function readYamlDocument(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    intAsBigInt: true,
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
  });
  // Only the first document is read.
  const error = document.errors.find((error) => error.code !== "MULTIPLE_DOCS");
  if (error !== undefined) {
    const { code, message, pos: [position] } = error;
    throw new YamlSyntaxError(goYamlProblem(text, { code, message, position }));
  }
  const duplicates: string[] = [];
  visit(document, {
    Map(_, node) {
      const seen = new Set<unknown>();
      for (const { key } of node.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const { line } = lines.linePos(key.range?.[0] ?? 0);
          duplicates.push(`line ${line}: key ${shown(key.value)} already set in map`);
        }
        seen.add(key.value);
      }
    },
  });
  try {
    return { value: json(document.toJS({ maxAliasCount: ALIASES_MAX })), duplicates };
  } catch (failure) {
    throw new YamlSyntaxError(`yaml: ${goFailure(failure)}`);
  }
}

function shown(key: unknown): string {
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}

/** Keys become strings, times and binary data text. */
function json(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.toISOString().replace(".000Z", "Z");
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(json);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), json(item)]));
  }
  if (typeof value === "bigint") return integer(value);
  if (typeof value !== "object") return value as JsonValue;
  const object: { [name: string]: JsonValue } = {};
  for (const [name, member] of Object.entries(value)) {
    Object.defineProperty(object, name, {
      value: json(member),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return object;
}

/** As JSON has it: exactly, as far as an int64 reaches. */
function integer(value: bigint): JsonValue {
  const number = Number(value);
  return !Number.isSafeInteger(number) && BigInt.asIntN(64, value) === value ? value : number;
}

function goFailure(failure: unknown): string {
  const message = failure instanceof Error ? failure.message : String(failure);
  const anchor = /^Unresolved alias .*: (\S+)$/.exec(message)?.[1];
  if (anchor !== undefined) return `unknown anchor '${anchor}' referenced`;
  return /Excessive alias/.test(message) ? "document contains excessive aliasing" : message;
}
