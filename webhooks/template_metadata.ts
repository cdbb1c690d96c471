// Checks of the labels and annotations that a template gives to what is made
// from it. Source: Cluster API's ObjectMeta validation.

import { type FieldError, invalid } from "../runtime/field/error.ts";
import { isQualifiedName, isValidLabelValue } from "../runtime/names.ts";

/** Metadata of a template. */
export interface TemplateMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What is wrong with a template's metadata at `path`. */
export function validateTemplateMetadata(
  metadata: TemplateMetadata | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(metadata?.labels ?? {})) {
    for (const problem of isQualifiedName(key)) {
      errors.push(invalid(`${path}.labels`, key, problem));
    }
    for (const problem of isValidLabelValue(value)) {
      errors.push(invalid(`${path}.labels`, value, problem));
    }
  }
  for (const key of Object.keys(metadata?.annotations ?? {})) {
    for (const problem of isQualifiedName(key.toLowerCase())) {
      errors.push(invalid(`${path}.annotations`, key, problem));
    }
  }
  return errors;
}
