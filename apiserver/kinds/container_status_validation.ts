// Checks of what a pod's status says of its containers. Source:
// validateContainerStatusUsers and its relatives of pkg/apis/core/validation.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { byteLength, rangeMessage } from "../../runtime/names.ts";
import { integer, text } from "./field_messages.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "./name_validation.ts";
import { items, type Part } from "./part.ts";

const ID_MAX = 2 ** 31 - 1;
const HEALTH = ["Healthy", "Unhealthy", "Unknown"];
const HEALTH_MESSAGE_BYTES_MAX = 1024;
const LISTS = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"];

function idErrors(id: number, field: string): FieldError[] {
  return id < 0 || id > ID_MAX ? [invalid(field, id, rangeMessage(0, ID_MAX))] : [];
}

/** Errors of the users that containers run as. */
export function validateStatusUsers(status: Part, spec: Part): FieldError[] {
  return LISTS.flatMap((list) =>
    items(status[list]).flatMap(({ user }, i) => {
      const linux: Part | undefined = user?.linux;
      if (!linux) return [];
      const field = `status.${list}[${i}].user.linux`;
      if (spec.os?.name === "windows") {
        return [forbiddenField(field, "cannot be set for a windows pod")];
      }
      return [
        ...idErrors(integer(linux.uid), `${field}.uid`),
        ...idErrors(integer(linux.gid), `${field}.gid`),
        ...((linux.supplementalGroups ?? []) as number[]).flatMap((id, j) =>
          idErrors(id, `${field}.supplementalGroups[${j}]`)
        ),
      ];
    })
  );
}

/** Errors of the devices that containers got: regular and init ones what they asked for, ephemeral ones none. */
export function validateAllocatedResources(status: Part, spec: Part): FieldError[] {
  return LISTS.flatMap((list) =>
    items(status[list]).flatMap((container, i) => {
      const field = `status.${list}[${i}].allocatedResourcesStatus`;
      const allocated = items(container.allocatedResourcesStatus);
      if (list === "ephemeralContainerStatuses") {
        return allocated.length === 0
          ? []
          : [forbiddenField(field, "must not be specified in container status")];
      }
      const asking = items(spec[list === "containerStatuses" ? "containers" : "initContainers"])
        .find(({ name }) => name === container.name);
      return allocated.flatMap((resource, j) => [
        ...(asking === undefined
          ? []
          : requestErrors(text(resource.name), asking, `${field}[${j}]`)),
        ...healthErrors(items(resource.resources), `${field}[${j}].resources`),
      ]);
    })
  );
}

function requestErrors(name: string, { resources }: Part, field: string): FieldError[] {
  if (!name.startsWith("claim:")) {
    return resources?.requests?.[name] !== undefined ? [] : [
      invalid(`${field}.name`, name, "must match one of the container's resource requests"),
    ];
  }
  const claims = items(resources?.claims).map((claim) =>
    `claim:${text(claim.name)}${claim.request ? `/${claim.request}` : ""}`
  );
  return claims.includes(name) ? [] : [
    invalid(
      `${field}.name`,
      name,
      "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty",
    ),
  ];
}

function healthErrors(resources: readonly Part[], field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  resources.forEach((resource, k) => {
    const path = `${field}[${k}]`;
    const health = text(resource.health);
    if (!HEALTH.includes(health)) errors.push(notSupported(`${path}.health`, health, HEALTH));
    const message: string | undefined = resource.message;
    if (message === "") {
      errors.push(required(`${path}.message`, "must be non-empty if specified"));
    } else if (message !== undefined && byteLength(message) > HEALTH_MESSAGE_BYTES_MAX) {
      errors.push(tooLong(`${path}.message`, HEALTH_MESSAGE_BYTES_MAX));
    }
    const id = text(resource.resourceID);
    if (seen.has(id)) errors.push(duplicate(`${path}.resourceID`, id));
    seen.add(id);
  });
  return errors;
}

/** Errors of the claim that stands for extended resources. */
export function validateExtendedClaim(status: Part | undefined, spec: Part): FieldError[] {
  if (!status) return [];
  const field = "status.extendedResourceClaimStatus";
  const mappings = items(status.requestMappings);
  const containers = new Map(
    [...items(spec.initContainers), ...items(spec.containers)].map((c) => [c.name, c]),
  );
  const errors: FieldError[] = [];
  if (mappings.length === 0) {
    errors.push(
      required(`${field}.requestMappings`, "at least one request mapping is required"),
    );
  }
  const seen = new Set<string>();
  mappings.forEach(({ containerName = "", resourceName = "", requestName = "" }, i) => {
    const path = `${field}.requestMappings[${i}]`;
    const container = containers.get(containerName);
    if (container === undefined) {
      errors.push(
        invalid(
          `${path}.containerName`,
          containerName,
          "must match the name of an entry in spec.initContainers.name or spec.containers.name",
        ),
      );
    } else if (container.resources?.requests?.[resourceName] === undefined) {
      errors.push(
        invalid(
          `${path}.resourceName`,
          resourceName,
          "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests",
        ),
      );
    }
    errors.push(...dnsLabelErrors(requestName, `${field}.requestName`));
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key)) {
      errors.push(
        duplicate(`${path}.containerName`, containerName),
        duplicate(`${path}.resourceName`, resourceName),
        duplicate(`${path}.requestName`, requestName),
      );
    }
    seen.add(key);
  });
  const claim = text(status.resourceClaimName);
  if (claim === "") errors.push(required(`${field}.resourceClaimName`));
  else errors.push(...dnsSubdomainErrors(claim, `${field}.resourceClaimName`));
  return errors;
}
