// Names that must be domains of several segments. Source:
// IsFullyQualifiedName and IsFullyQualifiedDomainName of
// k8s.io/apimachinery/pkg/util/validation.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import { isDNS1123Label, isDNS1123Subdomain } from "../../runtime/names.ts";

/** Errors of a name of at least three segments, such as that of a webhook. */
export function fullyQualifiedName(name: string, field: string): FieldError[] {
  if (name === "") return [required(field)];
  const problems = isDNS1123Subdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(","))];
  return name.split(".").length < 3
    ? [invalid(field, name, "should be a domain with at least three segments separated by dots")]
    : [];
}

/** Errors of a domain name of at least two segments; it may end in a dot. */
export function fullyQualifiedDomainName(value: string, field: string): FieldError[] {
  if (value === "") return [required(field)];
  const name = value.endsWith(".") ? value.slice(0, -1) : value;
  const problems = isDNS1123Subdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(","))];
  const labels = name.split(".");
  if (labels.length < 2) {
    return [
      invalid(field, name, "should be a domain with at least two segments separated by dots"),
    ];
  }
  for (const label of labels) {
    const wrong = isDNS1123Label(label);
    if (wrong.length > 0) return [invalid(field, label, wrong.join(","))];
  }
  return [];
}
