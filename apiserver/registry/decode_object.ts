// JSON becomes an object of its kind: what Go's structs do to built-in kinds,
// what structural schemas do to custom ones.

import type { NumberLiterals } from "../../runtime/json.ts";
import { clone, type JsonObject, type JsonValue, type KubeObject } from "../../runtime/object.ts";
import { DecodeError, decodeTyped } from "../../runtime/schema/decode.ts";
import type { SchemaNode } from "../../runtime/schema/node.ts";
import type { ResourceDefinition } from "../definition.ts";
import { keepReset } from "./managed_fields.ts";

/** An object that fits its kind. */
export interface DecodedObject {
  /** Shares nothing with the input. */
  readonly object: KubeObject;
  /** Paths of fields that the kind does not have. */
  readonly unknown: readonly string[];
}

/**
 * Decodes an object of the definition's kind, or of the kind of `schema`. `literals` tells how
 * its numbers were written.
 *
 * @throws {DecodeError} when a value does not fit its type
 */
export function decodeObject(
  definition: ResourceDefinition,
  value: JsonValue,
  schema?: SchemaNode,
  literals?: NumberLiterals,
): DecodedObject {
  if (schema === undefined && definition.coerce !== undefined) {
    return coerce(definition.coerce, value);
  }
  const decoded = decodeTyped(
    schema ?? definition.schema,
    value,
    literals === undefined ? {} : { literals },
  );
  const object = decoded.value as unknown as KubeObject;
  keepReset(value, object);
  return { object, unknown: decoded.unknown };
}

function coerce(
  coerceInPlace: NonNullable<ResourceDefinition["coerce"]>,
  value: JsonValue,
): DecodedObject {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new DecodeError("the object is not a JSON object");
  }
  const object = clone(value);
  const unknown = coerceInPlace(object);
  keepReset(value, object as unknown as KubeObject);
  return { object: object as JsonObject as unknown as KubeObject, unknown };
}
