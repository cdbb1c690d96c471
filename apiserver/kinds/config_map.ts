// ConfigMaps: plain data with checked keys and a limit on its size.
// Source: pkg/registry/core/configmap and ValidateConfigMap.

import { type FieldError, forbiddenField, invalid, tooLong } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { age } from "./human_duration.ts";
import { configMapKeyErrors } from "./name_validation.ts";
import { semanticEqual, sortedEntries } from "./part.ts";

/** Bytes of data that a ConfigMap or Secret may hold. */
export const DATA_BYTES_MAX = 1024 * 1024;

/** What an immutable ConfigMap or Secret answers to changes. */
export const IMMUTABLE_DATA = "field is immutable when `immutable` is set";

const encoder = new TextEncoder();

/** How many bytes a base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return Math.floor(text.length * 3 / 4) - padding;
}

function validateConfigMap(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  const data = sortedEntries(object.data);
  const binary = sortedEntries(object.binaryData);
  for (const [key, value] of data) {
    errors.push(...configMapKeyErrors(key, `data[${key}]`));
    if (object.binaryData?.[key] !== undefined) {
      errors.push(
        invalid(`data[${key}]`, key, "duplicate of key present in binaryData"),
      );
    }
    // Measuring exactly is only worth it when the text could be too long.
    bytes += value.length;
  }
  for (const [key, value] of binary) {
    errors.push(...configMapKeyErrors(key, `binaryData[${key}]`));
    bytes += base64Bytes(value);
  }
  if (bytes * 3 > DATA_BYTES_MAX) {
    bytes = data.reduce((sum, [, value]) => sum + encoder.encode(value).length, 0) +
      binary.reduce((sum, [, value]) => sum + base64Bytes(value), 0);
  }
  // The real server builds this path of an empty name, which prints as `[]`.
  if (bytes > DATA_BYTES_MAX) errors.push(tooLong("[]", DATA_BYTES_MAX));
  return errors;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (old.immutable === true) {
    if (object.immutable !== true) {
      errors.push(forbiddenField("immutable", IMMUTABLE_DATA));
    }
    if (!semanticEqual(object.data, old.data)) {
      errors.push(forbiddenField("data", IMMUTABLE_DATA));
    }
    if (!semanticEqual(object.binaryData, old.binaryData)) {
      errors.push(forbiddenField("binaryData", IMMUTABLE_DATA));
    }
  }
  return [...errors, ...validateConfigMap(object)];
}

/** `configmaps`. */
export const configMap: KindBehaviour = {
  strategy: { validate: validateConfigMap, validateUpdate },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    Object.keys(object.data ?? {}).length +
    Object.keys(object.binaryData ?? {}).length,
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
