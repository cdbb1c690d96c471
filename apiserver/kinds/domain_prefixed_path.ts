// The check of values such as `acme.io/foo`: a domain, a slash, a path.
// Source: IsDomainPrefixedPath of k8s.io/apimachinery/pkg/util/validation.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import { isDNS1123Subdomain, isHTTPPath } from "../../runtime/names.ts";
import { invalids } from "./name_validation.ts";

/** Errors of a value that should be a path under a domain. */
export function domainPrefixedPath(value: string, field: string): FieldError[] {
  if (value === "") return [required(field)];
  const slash = value.indexOf("/");
  const domain = slash < 0 ? value : value.slice(0, slash);
  const path = slash < 0 ? "" : value.slice(slash + 1);
  if (domain === "" || path === "") {
    return [invalid(field, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  return [
    ...invalids(domain, field, isDNS1123Subdomain(domain)),
    ...invalids(path, field, isHTTPPath(path)),
  ];
}
