// Checks of references to a pod's own fields and resources (the downward
// API), in environment variables and volumes. Source:
// validateObjectFieldSelector and validateContainerResourceFieldSelector.

import { type FieldError, invalid, notSupported, required } from "../../runtime/field/error.ts";
import { isQualifiedName } from "../../runtime/names.ts";
import { text } from "./field_messages.ts";
import { invalids } from "./name_validation.ts";
import type { Part } from "./part.ts";
import { quantity } from "../../runtime/quota/resource_list.ts";

/** Paths the conversion of field labels knows beside those with a key in brackets. */
const CONVERTIBLE = new Set([
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.serviceAccountName",
  "spec.schedulerName",
  "status.phase",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);

/** What environment variables may refer to, sorted. */
export const ENV_FIELDS: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

/** What volumes may refer to, sorted. */
export const VOLUME_FIELDS: readonly string[] = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

const SUBSCRIPT = /^(.*)\['(.*)'\]$/s;

function conversionError(version: string, path: string): string | undefined {
  if (version !== "v1") return `unsupported pod version: ${version}`;
  const [, base, key] = SUBSCRIPT.exec(path) ?? [];
  if (base !== undefined && key !== undefined && base !== "") {
    return base === "metadata.annotations" || base === "metadata.labels"
      ? undefined
      : `field label does not support subscript: ${path}`;
  }
  if (CONVERTIBLE.has(path) || path === "spec.host") return undefined;
  return `field label not supported: ${path}`;
}

/** Errors of a reference to one of `known` fields. */
export function validateFieldRef(
  ref: Part,
  known: readonly string[],
  field: string,
): FieldError[] {
  if (!ref.apiVersion) return [required(`${field}.apiVersion`)];
  if (!ref.fieldPath) return [required(`${field}.fieldPath`)];
  const problem = conversionError(ref.apiVersion, ref.fieldPath);
  if (problem !== undefined) {
    return [
      invalid(`${field}.fieldPath`, ref.fieldPath, `error converting fieldPath: ${problem}`),
    ];
  }
  const [, base, key = ""] = SUBSCRIPT.exec(ref.fieldPath) ?? [];
  if (base === "metadata.annotations") {
    const name = key.toLowerCase();
    return invalids(name, field, isQualifiedName(name));
  }
  if (base === "metadata.labels") return invalids(key, field, isQualifiedName(key));
  // The old name of nodeName is converted before it is looked up.
  const path = ref.fieldPath === "spec.host" ? "spec.nodeName" : ref.fieldPath;
  return known.includes(path) ? [] : [notSupported(`${field}.fieldPath`, path, known)];
}

const RESOURCES = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;
const SIZES = ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/** Errors of a reference to a container's resource. In a volume the container must be named. */
export function validateResourceFieldRef(ref: Part, field: string, volume: boolean): FieldError[] {
  const resource = text(ref.resource);
  const errors: FieldError[] = [];
  if (volume && !ref.containerName) errors.push(required(`${field}.containerName`));
  else if (resource === "") errors.push(required(`${field}.resource`));
  else if (!RESOURCES.includes(resource) && !HUGE_PAGES.test(resource)) {
    errors.push(notSupported(`${field}.resource`, resource, RESOURCES));
  }
  errors.push(...validateDivisor(resource, ref.divisor, field));
  return errors;
}

function validateDivisor(resource: string, divisor: unknown, field: string): FieldError[] {
  if (divisor === undefined) return [];
  const amount = quantity(divisor as string);
  if (amount.sign === 0) return [];
  const known = amount.toString();
  const bad = (words: string) => [invalid(`${field}.divisor`, resource, words)];
  const sizes = (what: string) =>
    bad(`only divisor's values ${SIZES.join(", ")} are supported with the ${what} resource`);
  if (resource.endsWith(".cpu")) {
    return known === "1" || known === "1m"
      ? []
      : bad("only divisor's values 1m and 1 are supported with the cpu resource");
  }
  if (SIZES.includes(known)) return [];
  if (resource === "limits.memory" || resource === "requests.memory") return sizes("memory");
  if (resource.endsWith(".ephemeral-storage")) return sizes("local ephemeral storage");
  return HUGE_PAGES.test(resource) ? sizes("hugepages") : [];
}
