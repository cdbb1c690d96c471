// YAML as sigs.k8s.io/yaml reads it: YAML 1.1 turned into JSON, keys that
// stand twice told by line. Source: sigs.k8s.io/yaml over go-yaml v2.

import { parseJson } from "../json.ts";
import type { JsonValue } from "../object.ts";

/** A text that is no YAML; the message is go-yaml's as far as it can be. */
export class YamlSyntaxError extends Error {}

/** What a YAML text holds. */
export interface YamlText {
  readonly value: JsonValue;
  /** `line 7: key "a" already set in map`, one for each key that stands twice. */
  readonly duplicates: readonly string[];
}

/** Reads one document. Rejects with {@linkcode YamlSyntaxError}. */
export async function readYaml(text: string): Promise<YamlText> {
  return readAsJson(text) ?? (await import("./_yaml_document.ts")).readYamlDocument(text);
}

// What means something else in YAML, or nothing: surrogates and keys that merge.
const YAML_ONLY = /\\u[dD][89a-fA-F]|"<<"/;

/** Most clients send JSON as YAML; the platform's parser reads it twenty times as fast. */
function readAsJson(text: string): YamlText | undefined {
  if (!text.startsWith("{") || YAML_ONLY.test(text)) return undefined;
  try {
    const { value, duplicates } = parseJson(text);
    return duplicates.length === 0 ? { value, duplicates } : undefined;
  } catch {
    // Not JSON: YAML, or wrong in YAML's words.
    return undefined;
  }
}
