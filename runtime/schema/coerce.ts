// What decoding does to a custom resource: metadata takes the form of the Go
// type, unknown fields go, nulls that mean nothing go, embedded objects'
// metadata is treated the same. In place: callers pass a copy.
// Source: apiextensions-apiserver, unstructuredSchemaCoercer.

import { type FieldError, invalid, printFieldError } from "../field/error.ts";
import { compareGo } from "../go_text.ts";
import type { JsonObject, JsonValue } from "../object.ts";
import { walk } from "./_embedded.ts";
import { DecodeError, decodeTyped } from "./decode.ts";
import { dropNulls } from "./defaults.ts";
import type { SchemaNode } from "./node.ts";
import { prune } from "./prune.ts";

/** What {@linkcode coerceObject} needs to know. */
export interface CoerceOptions {
  /** The node of `meta/v1` ObjectMeta. */
  readonly objectMeta: SchemaNode;
  /** Leaves out metadata that is malformed instead of failing: what is read from storage or a webhook. Default false. */
  readonly dropInvalid?: boolean;
}

/**
 * Brings a custom resource into shape, in place, and gives back the paths of
 * what its schema does not know, in the order the API server reports them.
 *
 * @throws {DecodeError} when metadata is of the wrong type.
 */
export function coerceObject(
  node: SchemaNode,
  object: JsonObject,
  options: CoerceOptions,
): string[] {
  const unknown: string[] = [];
  const { metadata } = object;
  const meta = metadata === undefined
    ? undefined
    : coerceMetadata(metadata, "metadata", options, unknown);
  unknown.push(...prune(node, object, { root: true }));
  dropNulls(node, object);
  unknown.push(...coerceEmbedded(node, object, options));
  if (meta !== undefined) object.metadata = meta;
  return unknown;
}

function coerceMetadata(
  metadata: JsonValue,
  field: string,
  options: CoerceOptions,
  unknown: string[],
): JsonValue {
  const { objectMeta, dropInvalid } = options;
  try {
    const decoded = decodeTyped(objectMeta, metadata, { goType: "v1.ObjectMeta" });
    unknown.push(...decoded.unknown.map((path) => `${field}.${path}`));
    return decoded.value;
  } catch (error) {
    if (!(error instanceof DecodeError) || dropInvalid !== true) throw error;
    return decodeMembers(metadata, options);
  }
}

/** The members that are good, one by one. */
function decodeMembers(metadata: JsonValue, { objectMeta }: CoerceOptions): JsonValue {
  const out: JsonObject = {};
  if (metadata === null || typeof metadata !== "object" || Array.isArray(metadata)) return out;
  for (const [name, member] of Object.entries(metadata)) {
    try {
      Object.assign(out, decodeTyped(objectMeta, { [name]: member as JsonValue }).value);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
  return out;
}

function coerceEmbedded(node: SchemaNode, object: JsonObject, options: CoerceOptions): string[] {
  const unknown: string[] = [];
  walk(node, object, "", (embedded, field) => {
    for (const name of ["apiVersion", "kind"]) {
      const value = embedded[name];
      if (value === undefined || typeof value === "string") continue;
      if (options.dropInvalid !== true) {
        fail(invalid(`${field}.${name}`, value, "must be a string"));
      }
      delete embedded[name];
    }
    const { metadata } = embedded;
    if (metadata === undefined) return;
    try {
      embedded.metadata = coerceMetadata(metadata, `${field}.metadata`, options, unknown);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      fail(invalid(`${field}.metadata`, metadata, error.message));
    }
  });
  return unknown.sort(compareGo);
}

function fail(error: FieldError): never {
  throw new DecodeError(printFieldError(error));
}
