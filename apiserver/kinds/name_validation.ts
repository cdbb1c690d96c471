// Checks of names, keys and labels as field errors: the messages of
// runtime/names.ts, each with its field. Source: the small Validate…
// functions that open k8s.io/kubernetes/pkg/apis/core/validation.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import {
  isConfigMapKey,
  isDNS1123Label,
  isDNS1123Subdomain,
  isDNS1123SubdomainWithUnderscore,
  isQualifiedName,
  isValidLabelValue,
  maskTrailingDash,
} from "../../runtime/names.ts";
import { sortedEntries } from "./part.ts";

/** Each message as an `Invalid` error of the field. */
export function invalids(
  value: unknown,
  field: string,
  messages: readonly string[],
): FieldError[] {
  return messages.length === 0 ? [] : messages.map((message) => invalid(field, value, message));
}

/** A DNS label. */
export function dnsLabelErrors(value: string, field: string): FieldError[] {
  return invalids(value, field, isDNS1123Label(value));
}

/** A DNS subdomain. */
export function dnsSubdomainErrors(value: string, field: string): FieldError[] {
  return invalids(value, field, isDNS1123Subdomain(value));
}

/** A DNS subdomain that may have underscores. */
export function dnsSubdomainUnderscoreErrors(
  value: string,
  field: string,
): FieldError[] {
  return invalids(value, field, isDNS1123SubdomainWithUnderscore(value));
}

/** A label key. */
export function qualifiedNameErrors(
  value: string,
  field: string,
): FieldError[] {
  return invalids(value, field, isQualifiedName(value));
}

/** A key of a ConfigMap or Secret. */
export function configMapKeyErrors(value: string, field: string): FieldError[] {
  return invalids(value, field, isConfigMapKey(value));
}

/** A map of labels: errors name the map, not the key. */
export function labelsErrors(labels: unknown, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of sortedEntries(labels)) {
    errors.push(...invalids(key, field, isQualifiedName(key)));
    errors.push(...invalids(value, field, isValidLabelValue(value)));
  }
  return errors;
}

const ANNOTATION_BYTES_MAX = 256 * 1024;

/** A map of annotations: keys are checked in lower case, and all together have a limit. */
export function annotationsErrors(
  annotations: unknown,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of sortedEntries(annotations)) {
    errors.push(...invalids(key, field, isQualifiedName(key.toLowerCase())));
    bytes += key.length + value.length;
  }
  if (bytes > ANNOTATION_BYTES_MAX) {
    errors.push({
      type: "FieldValueTooLong",
      field,
      message: `Too long: may not be more than ${ANNOTATION_BYTES_MAX} bytes`,
    });
  }
  return errors;
}

const STANDARD_FINALIZERS = new Set([
  "kubernetes",
  "orphan",
  "foregroundDeletion",
]);

/** The name of a finalizer: a label key, and one of the standard ones unless it has a domain. */
export function finalizerNameErrors(name: string, field: string): FieldError[] {
  const errors = invalids(name, field, isQualifiedName(name));
  if (!name.includes("/") && !STANDARD_FINALIZERS.has(name)) {
    errors.push(
      invalid(
        field,
        name,
        "name is neither a standard finalizer name nor is it fully qualified",
      ),
    );
  }
  return errors;
}

/** `Strategy.validateName` of kinds named by a DNS label. */
export function dnsLabelNameErrors(name: string, prefix: boolean): string[] {
  return isDNS1123Label(prefix ? maskTrailingDash(name) : name);
}

/** `Strategy.validateName` of kinds named by a DNS subdomain. */
export function dnsSubdomainNameErrors(
  name: string,
  prefix: boolean,
): string[] {
  return isDNS1123Subdomain(prefix ? maskTrailingDash(name) : name);
}
