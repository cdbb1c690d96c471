// YAML as sigs.k8s.io/yaml reads it: YAML 1.1 turned into JSON, keys that
// stand twice told by line. Source: sigs.k8s.io/yaml over go-yaml v2.

import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { JsonValue } from "../../runtime/object.ts";

/** A text that is no YAML; the message is go-yaml's as far as it can be. */
export class YamlSyntaxError extends Error {}

// Aliases may not blow a small text up into a large tree.
const ALIASES_MAX = 100;

/** What a YAML text holds. */
export interface YamlText {
  readonly value: JsonValue;
  /** `line 7: key "a" already set in map`, one for each key that stands twice. */
  readonly duplicates: readonly string[];
}

/** Reads one document. Throws {@linkcode YamlSyntaxError}. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.1",
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    throw new YamlSyntaxError(`yaml: line ${line}: ${goWords(error.code, error.message)}`);
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
    throw new YamlSyntaxError(`yaml: ${failure instanceof Error ? failure.message : failure}`);
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
  if (typeof value === "bigint") return Number(value);
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

function goWords(code: string, message: string): string {
  switch (code) {
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return "mapping values are not allowed in this context";
    case "TAB_AS_INDENT":
      return "found character that cannot start any token";
    case "BAD_INDENT":
      return "did not find expected key";
    default:
      return message;
  }
}
