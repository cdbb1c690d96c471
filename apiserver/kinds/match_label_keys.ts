// Checks of label keys whose values a pod's own labels give: in pod affinity
// terms and topology spread constraints. Source:
// ValidateMatchLabelKeysAndMismatchLabelKeys of pkg/apis/core/validation.

import { type FieldError, forbiddenField, invalid } from "../../runtime/field/error.ts";
import { validateLabelName } from "./label_selector.ts";
import { items, type Part, strings } from "./part.ts";

function validateKeys(keys: readonly string[], term: Part, field: string): FieldError[] {
  if (keys.length === 0) return [];
  if (!term.labelSelector) {
    return [forbiddenField(field, "must not be specified when labelSelector is not set")];
  }
  return keys.flatMap((key, i) => validateLabelName(key, `${field}[${i}]`));
}

/** Errors of the keys of a term or constraint at `field`, with its selector. */
export function validateMatchLabelKeys(term: Part, field: string): FieldError[] {
  const match = strings(term.matchLabelKeys);
  const mismatch = strings(term.mismatchLabelKeys);
  const errors = [
    ...validateKeys(match, term, `${field}.matchLabelKeys`),
    ...validateKeys(mismatch, term, `${field}.mismatchLabelKeys`),
  ];
  // The selector already holds what was made of the keys: only a second one is the user's.
  const seen = new Set(Object.keys(term.labelSelector?.matchLabels ?? {}));
  for (const { key } of items(term.labelSelector?.matchExpressions)) {
    const at = match.lastIndexOf(key);
    if (at >= 0 && seen.has(key)) {
      errors.push(
        invalid(`${field}[${at}]`, key, "exists in both matchLabelKeys and labelSelector"),
      );
    }
    seen.add(key);
  }
  match.forEach((key, i) => {
    if (mismatch.includes(key)) {
      errors.push(
        invalid(
          `${field}.matchLabelKeys[${i}]`,
          key,
          "exists in both matchLabelKeys and mismatchLabelKeys",
        ),
      );
    }
  });
  return errors;
}
