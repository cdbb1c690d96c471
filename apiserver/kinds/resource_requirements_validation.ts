// Checks of resource names, quantities and requirements. Source:
// ValidateContainerResourceRequirements, ValidateResourceQuantityValue and
// the name sets of pkg/apis/core/helper.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isQualifiedName } from "../../runtime/names.ts";
import { text } from "./field_messages.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { items, type Part, sortedEntries } from "./part.ts";
import {
  isHugePage,
  isNative,
  isPodLevelResource,
  quantity,
} from "../../runtime/quota/resource_list.ts";

const NOT_INTEGER = "must be an integer";
const NEGATIVE = "must be greater than or equal to 0";

const STANDARD_CONTAINER = new Set(["cpu", "memory", "ephemeral-storage"]);
const STANDARD_QUOTA = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
]);
const STANDARD = new Set([...STANDARD_QUOTA, "storage"]);
const INTEGER = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);

/** Whether a name without a domain is one that quotas know. */
export function isStandardQuotaResource(name: string): boolean {
  return STANDARD_QUOTA.has(name) || isHugePage(name) || name.startsWith("requests.hugepages-");
}

function isStandardResource(name: string): boolean {
  return STANDARD.has(name) || isHugePage(name) || name.startsWith("requests.hugepages-");
}

/** A resource that something beside Kubernetes accounts for, such as `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  if (isNative(name) || name.startsWith("requests.")) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

/** Whether requests may be smaller than limits. */
export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePage(name);
}

/** Errors of a resource's name. */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = invalids(name, field, isQualifiedName(name));
  if (errors.length > 0) return errors;
  return !name.includes("/") && !isStandardResource(name)
    ? [invalid(field, name, "must be a standard resource type or fully qualified")]
    : [];
}

/** Errors of the name of a resource that a container may ask for. */
export function validateContainerResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (!name.includes("/")) {
    if (!STANDARD_CONTAINER.has(name) && !isHugePage(name)) {
      errors.push(invalid(field, name, "must be a standard resource for containers"));
    }
  } else if (!isNative(name) && !isExtendedResource(name)) {
    errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

function validatePodResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (errors.length > 0 || isPodLevelResource(name)) return errors;
  return [notSupported(field, name, ["cpu", "hugepages-", "memory"])];
}

/** Errors of the name of a resource that a quota may limit. */
export function validateQuotaResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (!name.includes("/") && !isStandardQuotaResource(name)) {
    errors.push(invalid(field, name, "must be a standard resource for quota"));
  }
  return errors;
}

/** Errors of a quantity: none is negative, what is counted is whole. */
export function validateResourceQuantity(
  name: string,
  amount: string,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const value = quantity(amount);
  if (value.sign < 0) errors.push(invalid(field, value.toString(), NEGATIVE));
  if ((INTEGER.has(name) || isExtendedResource(name)) && value.milliValue() % 1000n !== 0n) {
    errors.push(invalid(field, value.toString(), NOT_INTEGER));
  }
  return errors;
}

function hugePageError(name: string, amount: string): string | undefined {
  let size: bigint;
  try {
    size = quantity(name.slice("hugepages-".length)).value();
  } catch {
    // A page size that is no quantity divides nothing.
    size = 0n;
  }
  const value = quantity(amount).value();
  return size > 0n && value % size === 0n
    ? undefined
    : `${amount} is not positive integer multiple of ${name}`;
}

/** Errors of a container's resource requirements. `claims` are the names of the pod's resource claims. */
export function validateContainerRequirements(
  requirements: Part | undefined,
  claims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  return validateRequirements(requirements, validateContainerResourceName, claims, field);
}

/** Errors of the requirements of a pod as a whole. */
export function validatePodRequirements(
  requirements: Part,
  claims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  return validateRequirements(requirements, validatePodResourceName, claims, field);
}

function validateRequirements(
  requirements: Part | undefined,
  validateName: (name: string, field: string) => FieldError[],
  claims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  if (!requirements) return [];
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const checkOne = (name: string, amount: string, path: string) => {
    names.add(name);
    errors.push(...validateName(name, path));
    errors.push(...validateResourceQuantity(name, amount, path));
  };
  const checkPages = (name: string, amount: string, path: string) => {
    const problem = isHugePage(name) ? hugePageError(name, amount) : undefined;
    if (problem !== undefined) errors.push(invalid(path, amount, problem));
  };
  for (const [name, amount] of sortedEntries(requirements.limits)) {
    checkOne(name, amount, `${field}.limits[${name}]`);
    checkPages(name, amount, `${field}.limits[${name}]`);
  }
  for (const [name, amount] of sortedEntries(requirements.requests)) {
    checkOne(name, amount, `${field}.requests[${name}]`);
    errors.push(...compareToLimit(name, amount, requirements.limits?.[name], field));
    checkPages(name, amount, `${field}.requests[${name}]`);
  }
  if (!names.has("cpu") && !names.has("memory") && [...names].some(isHugePage)) {
    errors.push(forbiddenField(field, "HugePages require cpu or memory"));
  }
  errors.push(...validateClaimNames(requirements.claims, claims, `${field}.claims`));
  return errors;
}

function compareToLimit(
  name: string,
  amount: string,
  limit: string | undefined,
  field: string,
): FieldError[] {
  if (limit === undefined) {
    return isOvercommitAllowed(name)
      ? []
      : [required(`${field}.limits`, "Limit must be set for non overcommitable resources")];
  }
  const order = quantity(amount).compare(quantity(limit));
  if (order !== 0 && !isOvercommitAllowed(name)) {
    return [invalid(`${field}.requests`, amount, `must be equal to ${name} limit of ${limit}`)];
  }
  return order > 0
    ? [
      invalid(
        `${field}.requests`,
        amount,
        `must be less than or equal to ${name} limit of ${limit}`,
      ),
    ]
    : [];
}

/** Errors of the claims a container uses: each must be one of the pod's, and none twice. */
function validateClaimNames(
  given: unknown,
  claims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  items(given).forEach((claim, i) => {
    const path = `${field}[${i}]`;
    const name = text(claim.name);
    if (name === "") {
      errors.push(required(path));
      return;
    }
    if (seen.has(name)) errors.push(duplicate(path, name));
    else {
      const key = claim.request ? `${name}/${claim.request}` : name;
      if (claim.request) errors.push(...dnsLabelErrors(claim.request, `${path}.request`));
      if (seen.has(key)) errors.push(duplicate(path, key));
      else if (!claim.request) {
        for (const other of seen) {
          if (other.startsWith(`${name}/`)) errors.push(duplicate(path, name));
        }
      }
      seen.add(key);
    }
    if (!claims.has(name)) errors.push(unknownClaim(path, name, claims));
  });
  return errors;
}

function unknownClaim(field: string, name: string, claims: ReadonlySet<string>): FieldError {
  const error = notFoundField(field, name);
  const known = claims.size === 0 ? " which is empty" : `: ${[...claims].sort().join(", ")}`;
  return {
    ...error,
    message: `${error.message}: must be one of the names in pod.spec.resourceClaims${known}`,
  };
}
