// Nodes. Source: pkg/registry/core/node, ValidateNode, SetDefaults_NodeStatus
// and printNode.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  internalFieldError,
  invalid,
} from "../../runtime/field/error.ts";
import type { JsonValue, KubeObject } from "../../runtime/object.ts";
import { ipFamily, legacyCIDRErrors } from "./address_validation.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { byteLength } from "../../runtime/names.ts";
import { text } from "./field_messages.ts";
import { goString, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import {
  isEmpty,
  items,
  type Part,
  restore,
  semanticEqual,
  sortedEntries,
  strings,
  struct,
} from "./part.ts";
import { roundResources } from "../../runtime/quota/resource_list.ts";
import { validateResourceQuantity } from "./resource_requirements_validation.ts";
import { validateTaints } from "./scheduling_validation.ts";

const CIDR_FIXED = 'node updates may not change podCIDR except from "" to valid';
const FEATURE_BYTES_MAX = 253;
const FEATURE_NAME = /^([A-Z][A-Za-z0-9]*)(\/[A-Za-z][A-Za-z0-9]*)*$/;
const goAddress = goStruct(["Type", goString], ["Address", goString]);
const ROLE_PREFIX = "node-role.kubernetes.io/";

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  const status = struct(object, "status");
  // The list is what counts; the single block is its first.
  if (spec.podCIDR && (isEmpty(spec.podCIDRs) || spec.podCIDRs[0] !== spec.podCIDR)) {
    spec.podCIDRs = [spec.podCIDR];
  } else if (!isEmpty(spec.podCIDRs)) spec.podCIDR = spec.podCIDRs[0];
  roundResources(status.capacity);
  roundResources(status.allocatable);
  if (isEmpty(status.allocatable) && !isEmpty(status.capacity)) {
    status.allocatable = { ...status.capacity };
  }
}

/** The kubelet's dynamic configuration is gone; only what is stored may keep it. */
function dropDisabled(object: KubeObject, old?: KubeObject): void {
  if (old?.spec?.configSource === undefined) delete object.spec?.configSource;
  if (old?.status?.config === undefined) delete object.status?.config;
}

function validateResources(status: Part): FieldError[] {
  return ["capacity", "allocatable"].flatMap((list) =>
    sortedEntries(status[list]).flatMap(([name, amount]) =>
      validateResourceQuantity(name, amount, `status.${list}.${name}`)
    )
  );
}

/** Upstream names it as if it stood among the metadata. */
function validateSwap(capacity: number | undefined): FieldError[] {
  return capacity === undefined || capacity > 0
    ? []
    : [invalid("metadata.nodeSwapStatus.capacity", capacity, "must be greater than 0")];
}

function declaredFeatureProblem(name: string): string | undefined {
  if (byteLength(name) > FEATURE_BYTES_MAX) {
    return `must be no more than ${FEATURE_BYTES_MAX} characters`;
  }
  return FEATURE_NAME.test(name)
    ? undefined
    : "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes";
}

/** Each is looked at with its neighbour: they are sorted and none comes twice. */
function validateDeclaredFeatures(features: readonly string[]): FieldError[] {
  const field = "status.declaredFeatures";
  return features.flatMap((name, i) => {
    const errors: FieldError[] = [];
    const problem = declaredFeatureProblem(name);
    if (problem !== undefined) {
      const detail = `invalid feature name ${JSON.stringify(name)}: ${problem}`;
      errors.push(invalid(`${field}[${i}]`, name, detail));
    }
    const next = features[i + 1];
    if (next === name) errors.push(duplicate(`${field}[${i + 1}]`, next));
    else if (next !== undefined && name > next) {
      errors.push(invalid(`${field}[${i + 1}]`, next, "list must be sorted alphabetically"));
    }
    return errors;
  });
}

function validateCIDRs(cidrs: readonly string[]): FieldError[] {
  const field = "spec.podCIDRs";
  const errors = cidrs.flatMap((cidr, i) => legacyCIDRErrors(cidr, `${field}[${i}]`));
  if (cidrs.length < 2) return errors;
  const families = cidrs.map((cidr) => ipFamily(cidr.split("/")[0] as string));
  const wrong = families.indexOf("");
  if (wrong >= 0) {
    errors.push(
      internalFieldError(
        field,
        `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${wrong}]: <nil> (invalid CIDR address: ${
          cidrs[wrong]
        })`,
      ),
    );
  }
  if (wrong >= 0 || new Set(families).size < 2 || cidrs.length > 2) {
    errors.push(
      invalid(field, cidrs, "may specify no more than one CIDR for each IP family"),
    );
  }
  return errors;
}

function validate({ spec = {}, status = {} }: KubeObject): FieldError[] {
  return [
    ...validateTaints(spec.taints, "metadata.taints"),
    ...validateResources(status),
    ...validateSwap(status.nodeInfo?.swap?.capacity),
    ...validateDeclaredFeatures(strings(status.declaredFeatures)),
    ...validateCIDRs(strings(spec.podCIDRs)),
  ];
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const before: Part = old.spec ?? {};
  const errors = [
    ...validateResources(object.status ?? {}),
    ...validateDeclaredFeatures(strings(object.status?.declaredFeatures)),
  ];
  const seen: Part[] = [];
  items(object.status?.addresses).forEach((address, i) => {
    if (seen.some((other) => semanticEqual(other, address))) {
      errors.push(
        duplicate(`status.addresses[${i}]`, goValue(address, goAddress)),
      );
    }
    seen.push(address);
  });
  const cidrs = strings(spec.podCIDRs);
  const fixed = strings(before.podCIDRs);
  if (fixed.length > 0) {
    const differing = fixed.length === cidrs.length
      ? fixed.filter((cidr, i) => cidr !== cidrs[i])
      : [""];
    for (const _ of differing) errors.push(forbiddenField("spec.podCIDRs", CIDR_FIXED));
  }
  if (before.providerID && before.providerID !== spec.providerID) {
    errors.push(
      forbiddenField(
        "spec.providerID",
        'node updates may not change providerID except from "" to valid',
      ),
    );
  }
  errors.push(...validateTaints(spec.taints, "metadata.taints"));
  if (text(spec.externalID) !== text(before.externalID)) {
    errors.push(forbiddenField("spec.externalID", "may not be updated"));
  }
  return errors;
}

function warnings({ spec }: KubeObject): string[] {
  return spec?.externalID
    ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"]
    : [];
}

function statusCell({ spec, status }: KubeObject): string {
  const ready = items(status?.conditions).findLast(({ type }) => type === "Ready");
  const words = [
    ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady",
  ];
  if (spec?.unschedulable) words.push("SchedulingDisabled");
  return words.join(",");
}

function rolesCell(labels: Readonly<Record<string, string>> | undefined): string {
  const roles = new Set<string>();
  for (const [key, value] of sortedEntries(labels)) {
    if (key.startsWith(ROLE_PREFIX)) {
      const role = key.slice(ROLE_PREFIX.length);
      if (role !== "") roles.add(role);
    } else if (key === "kubernetes.io/role" && value !== "") roles.add(value);
  }
  return roles.size === 0 ? "<none>" : [...roles].sort().join(",");
}

function cells(object: KubeObject, now_ms: number): JsonValue[] {
  const info: Part = object.status?.nodeInfo ?? {};
  const address = (kind: string) =>
    items(object.status?.addresses).find(({ type }) => type === kind)?.address ?? "<none>";
  return [
    object.metadata.name ?? "",
    statusCell(object),
    rolesCell(object.metadata.labels),
    age(object.metadata.creationTimestamp, now_ms),
    info.kubeletVersion ?? "",
    address("InternalIP"),
    address("ExternalIP"),
    info.osImage || "<unknown>",
    kernel(info),
    info.containerRuntimeVersion || "<unknown>",
  ];
}

function kernel({ kernelVersion, architecture }: Part): string {
  if (!kernelVersion) return "<unknown>";
  return architecture ? `${kernelVersion} (${architecture})` : kernelVersion;
}

/** `nodes`. */
export const node: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate: (object) => dropDisabled(object),
    prepareForUpdate(object, old) {
      restore(object, old, "status");
      dropDisabled(object, old);
    },
    validate,
    validateUpdate: (object, old) => [...validate(object), ...validateUpdate(object, old)],
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        restore(object, old, "spec");
        dropDisabled(object, old);
      },
      validateUpdate,
      warningsOnUpdate: warnings,
      resetFields: { "f:spec": {} },
    },
  },
  cells,
  selectableFields: ({ spec }) => ({
    "spec.unschedulable": String(spec?.unschedulable ?? false),
  }),
};
