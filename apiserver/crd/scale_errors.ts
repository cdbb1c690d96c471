// What a scale subresource demands of the numbers it reads and writes.
// Source: apiextensions-apiserver registry/customresource/validator.go.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import type { JsonObject, JsonValue, KubeObject } from "../../runtime/object.ts";
import { goType, printGoValue } from "../../runtime/patch/go_value.ts";
import { type ScaleSubresource, valueAt } from "./custom_resource_definition.ts";

const INT32_MAX = 2 ** 31 - 1;

/** The errors of the wanted number of replicas. */
export function scaleSpecErrors(
  object: KubeObject,
  scale: ScaleSubresource | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  if (scale !== undefined) {
    checkReplicas(errors, object as unknown as JsonObject, scale.specReplicasPath);
  }
  return errors;
}

/** The errors of the actual number of replicas and of the label selector. */
export function scaleStatusErrors(
  object: KubeObject,
  scale: ScaleSubresource | undefined,
): FieldError[] {
  if (scale === undefined) return [];
  const root = object as unknown as JsonObject;
  const errors: FieldError[] = [];
  checkReplicas(errors, root, scale.statusReplicasPath);
  const selectorPath = scale.labelSelectorPath;
  if (selectorPath !== undefined && selectorPath !== "") {
    const selector = valueAt(root, selectorPath);
    if (selector !== undefined && typeof selector !== "string") {
      errors.push(invalid(selectorPath, "", wrongType(selectorPath, selector, "string")));
    }
  }
  return errors;
}

function checkReplicas(errors: FieldError[], root: JsonObject, path: string): void {
  const value = valueAt(root, path);
  if (value === undefined) return;
  if (typeof value !== "number" || !Number.isInteger(value)) {
    // Upstream quotes what it could read, which is nothing.
    errors.push(invalid(path, 0, wrongType(path, value, "int64")));
  } else if (value < 0) errors.push(invalid(path, value, "should be a non-negative integer"));
  else if (value > INT32_MAX) {
    errors.push(
      invalid(path, value, `should be less than or equal to ${INT32_MAX}`),
    );
  }
}

function wrongType(path: string, value: JsonValue, expected: string): string {
  const type = value === null ? "<nil>" : goType(value);
  return `${path} accessor error: ${
    printGoValue(value)
  } is of the type ${type}, expected ${expected}`;
}
