// Checks of a pod's status. Source: ValidatePodStatusUpdate of
// pkg/apis/core/validation.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  internalFieldError,
  invalid,
} from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { ipFamily, legacyIPErrors } from "./address_validation.ts";
import {
  validateAllocatedResources,
  validateExtendedClaim,
  validateStatusUsers,
} from "./container_status_validation.ts";
import { immutable, isNumber, text } from "./field_messages.ts";
import { dnsSubdomainErrors, qualifiedNameErrors } from "./name_validation.ts";
import { items, type Part } from "./part.ts";
import { validateAnnotationsChange } from "./pod_validation.ts";
import { isSidecar } from "../../runtime/quota/resource_list.ts";

const SYSTEM_CONDITIONS = new Set(["PodScheduled", "Ready", "Initialized"]);
const ONE_EACH = "may specify no more than one IP for each IP family";

/** Errors of a changed status. */
export function validatePodStatusUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const status: Part = object.status ?? {};
  const before: Part = old.status ?? {};
  const spec: Part = old.spec ?? {};
  const errors = [
    ...validateAnnotationsChange(object, old),
    ...items(status.conditions).flatMap(({ type = "", observedGeneration }, i) => {
      const field = `status.conditions[${i}]`;
      return [
        ...generationErrors(observedGeneration, `${field}.observedGeneration`),
        ...(SYSTEM_CONDITIONS.has(type) ? [] : qualifiedNameErrors(type, `${field}.Type`)),
      ];
    }),
  ];
  if (text(object.spec?.nodeName) !== text(spec.nodeName)) {
    errors.push(forbiddenField("status.nodeName", "may not be changed directly"));
  }
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== before.nominatedNodeName) {
    const field = "status.nominatedNodeName";
    errors.push(...dnsSubdomainErrors(nominated, field));
    if (spec.nodeName) {
      errors.push(
        forbiddenField(field, "may not be set on pods that are already bound to a node"),
      );
    }
  }
  errors.push(...generationErrors(status.observedGeneration, "status.observedGeneration"));
  errors.push(...immutable("status.qosClass", status.qosClass, before.qosClass));
  const policy = text(spec.restartPolicy);
  errors.push(
    ...validateTransitions(status, before, "containerStatuses", policy, new Set()),
    ...validateTransitions(
      status,
      before,
      "initContainerStatuses",
      policy,
      new Set(items(spec.initContainers).filter(isSidecar).map(({ name }) => name)),
    ),
    ...validateTransitions(status, before, "ephemeralContainerStatuses", "Never", new Set()),
    ...validateClaimStatuses(object),
    ...validateExtendedClaim(status.extendedResourceClaimStatus, object.spec ?? {}),
    ...validateIPs(items(status.podIPs), items(before.podIPs), "status.podIPs"),
    ...validateHostIPs(status, before),
    ...validateStatusUsers(status, object.spec ?? {}),
    ...validateAllocatedResources(status, object.spec ?? {}),
  );
  return errors;
}

/** What has ended for good may not run again. */
function validateTransitions(
  status: Part,
  before: Part,
  list: string,
  policy: string,
  restartable: ReadonlySet<string>,
): FieldError[] {
  if (policy === "Always") return [];
  const errors: FieldError[] = [];
  items(before[list]).forEach((old, i) => {
    const ended: Part | undefined = old.state?.terminated;
    if (!ended || restartable.has(old.name)) return;
    if (ended.exitCode !== 0 && policy === "OnFailure") return;
    for (const now of items(status[list])) {
      if (now.name === old.name && !now.state?.terminated) {
        errors.push(
          forbiddenField(
            `status.${list}[${i}].state`,
            "may not be transitioned to non-terminated state",
          ),
        );
      }
    }
  });
  return errors;
}

function validateClaimStatuses({ spec, status }: KubeObject): FieldError[] {
  const known = new Set(items(spec?.resourceClaims).map(({ name }) => name));
  const seen = new Set<string>();
  return items(status?.resourceClaimStatuses).flatMap(({ name = "", resourceClaimName }, i) => {
    const path = `status.resourceClaimStatuses[${i}]`;
    const field = `${path}.name`;
    const errors: FieldError[] = [];
    if (!known.has(name)) {
      errors.push(
        invalid(field, name, "must match the name of an entry in `spec.resourceClaims`"),
      );
    }
    if (seen.has(name)) errors.push(duplicate(field, name));
    seen.add(name);
    if (resourceClaimName !== undefined) {
      errors.push(...dnsSubdomainErrors(resourceClaimName, `${path}.resourceClaimName`));
    }
    return errors;
  });
}

function generationErrors(generation: unknown, field: string): FieldError[] {
  return isNumber(generation) && generation < 0
    ? [invalid(field, generation, "must be a non-negative integer")]
    : [];
}

function validateIPs(
  ips: readonly Part[],
  before: readonly Part[],
  field: string,
): FieldError[] {
  const old = before.map(({ ip }) => text(ip));
  const errors = ips.flatMap(({ ip = "" }, i) => legacyIPErrors(ip, `${field}[${i}]`, old));
  if (ips.length < 2) return errors;
  const families = ips.map(({ ip }) => ipFamily(text(ip)));
  const wrong = families.indexOf("");
  if (wrong >= 0) {
    const detail = `failed to check for dual stack with error:invalid IP[${wrong}]: ${
      text(ips[wrong]?.ip)
    }`;
    errors.push(internalFieldError(field, detail));
  }
  if (wrong >= 0 || new Set(families).size < 2 || ips.length > 2) {
    errors.push(invalid(field, ips.map(({ ip = "" }) => ({ IP: ip })), ONE_EACH));
  }
  return errors;
}

function validateHostIPs({ hostIP, hostIPs }: Part, before: Part): FieldError[] {
  const ips = items(hostIPs);
  if (ips.length === 0) return [];
  const errors: FieldError[] = [];
  const first = text(ips[0]?.ip);
  if (text(hostIP) !== first) {
    errors.push(invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`"));
  }
  return [...errors, ...validateIPs(ips, items(before.hostIPs), "status.hostIPs")];
}
