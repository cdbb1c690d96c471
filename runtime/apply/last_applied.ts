// How server-side apply by `kubectl` gets along with objects that
// client-side apply has annotated: what the annotation holds unchanged may
// be taken over without a conflict, and the annotation follows.
// Source: apimachinery managedfields/internal/lastappliedmanager.go and
// lastappliedupdater.go.

import { parseJson, stringifyJson } from "../json.ts";
import type { JsonObject, KubeObject } from "../object.ts";
import type { SchemaNode } from "../schema/node.ts";
import { compareObjects } from "./compare.ts";
import { difference, type FieldSet } from "./field_set.ts";
import { fieldSetOf } from "./field_set_of.ts";
import { invalidTyped } from "./validate_typed.ts";

const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
// validation.TotalAnnotationSizeLimitB
const ANNOTATIONS_SIZE_MAX = 256 * 1024;

/** The manager this is done for. */
export const KUBECTL = "kubectl";

/** The annotation's text, `undefined` when there is none. */
export function lastApplied(object: KubeObject): string | undefined {
  const text = object.metadata.annotations?.[ANNOTATION];
  return text === "" ? undefined : text;
}

/** The fields of the annotated configuration that are still live as they were applied. */
export function fieldsFromLastApplied(node: SchemaNode, live: KubeObject): FieldSet | undefined {
  const text = lastApplied(live);
  if (text === undefined) return undefined;
  let applied: KubeObject;
  try {
    applied = parseJson(text, { strict: false }).value as unknown as KubeObject;
  } catch {
    return undefined;
  }
  if (applied === null || typeof applied !== "object" || applied.apiVersion !== live.apiVersion) {
    return undefined;
  }
  if (invalidTyped(node, applied) !== undefined) return undefined;
  const { added, modified, removed } = compareObjects(node, applied, live);
  return difference(
    difference(difference(fieldSetOf(node, applied), modified), added),
    removed,
  );
}

/** The object with the configuration as its annotation; without the annotation when that would be too large. */
export function withLastApplied(object: KubeObject, config: KubeObject): KubeObject {
  const { [ANNOTATION]: _, ...own } = config.metadata.annotations ?? {};
  const bare: JsonObject = {
    ...config,
    metadata: { ...config.metadata, ...(config.metadata.annotations ? { annotations: own } : {}) },
  } as unknown as JsonObject;
  const text = `${stringifyJson(sorted(bare))}\n`;
  const annotations = { ...object.metadata.annotations, [ANNOTATION]: text };
  const encoder = new TextEncoder();
  let size = 0;
  for (const [name, value] of Object.entries(annotations)) {
    size += encoder.encode(name).length + encoder.encode(value).length;
  }
  if (size > ANNOTATIONS_SIZE_MAX) delete (annotations as Record<string, string>)[ANNOTATION];
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Members in the order in which Go writes maps. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value).sort().map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  ) as T;
}
