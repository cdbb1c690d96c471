// Where the addresses of services come from (ServiceCIDR) and which are
// taken (IPAddress). What takes them is service_allocation.ts. Source:
// pkg/apis/networking/validation and pkg/registry/networking.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import { isValidIP } from "../../runtime/ip.ts";
import { isPathSegmentName } from "../../runtime/names.ts";
import type { KubeObject } from "../../runtime/object.ts";
import { cidrErrors, ipFamily } from "./address_validation.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { FIELD_IMMUTABLE, text } from "./field_messages.ts";
import { goNullable, goString, goStruct, goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { dnsSubdomainErrors, invalids } from "./name_validation.ts";
import { type Part, restore, semanticEqual, strings, written } from "./part.ts";
import { resetMetadataForStatus } from "./status_metadata.ts";

const FIELD = "spec.cidrs";
const specShape = goStruct(["CIDRs", "cidrs", goNullable]);

function validateBlocks(spec: Part): FieldError[] {
  const cidrs = strings(spec.cidrs);
  if (cidrs.length === 0) return [required(FIELD, "at least one CIDR required")];
  if (cidrs.length > 2) {
    return [invalid(FIELD, goValue(spec, specShape), "may only hold up to 2 values")];
  }
  const errors = cidrs.flatMap((cidr, i) => cidrErrors(cidr, `${FIELD}[${i}]`));
  const families = cidrs.map((cidr) => ipFamily(cidr.split("/")[0] ?? ""));
  if (cidrs.length === 2 && families[0] === families[1] && families[0] !== "") {
    errors.push(
      invalid(
        FIELD,
        cidrs,
        "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64",
      ),
    );
  }
  return errors;
}

function validateBlocksUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const before = strings(old.spec?.cidrs);
  const cidrs = strings(object.spec?.cidrs);
  const changed = before.flatMap((cidr, i) =>
    cidrs[i] === cidr ? [] : [invalid(`${FIELD}[${i}]`, cidrs[i], FIELD_IMMUTABLE)]
  );
  if (before.length === cidrs.length) return changed;
  if (before.length === 1 && cidrs.length === 2) {
    return [...changed, ...validateBlocks(object.spec ?? {})];
  }
  return [invalid(FIELD, written(object.spec, "cidrs"), FIELD_IMMUTABLE)];
}

/** networking.k8s.io servicecidrs. */
export const serviceCIDRs: KindBehaviour = {
  strategy: {
    prepareForCreate(object) {
      object.status = {};
    },
    prepareForUpdate: (object, old) => restore(object, old, "status"),
    validate: (object) => validateBlocks(object.spec ?? {}),
    validateUpdate: validateBlocksUpdate,
    resetFields: { "f:status": {} },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        restore(object, old, "spec");
        resetMetadataForStatus(object, old);
      },
      resetFields: { "f:metadata": {}, "f:spec": {} },
      allowUnconditionalUpdate: true,
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    strings(object.spec?.cidrs).join(","),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};

const parentShape = goStruct(
  ["Group", goString],
  ["Resource", goString],
  ["Namespace", goString],
  ["Name", goString],
);

function validateParent(parent: Part | null | undefined): FieldError[] {
  const field = "spec.parentRef";
  if (parent === undefined || parent === null) return [required(field)];
  const errors: FieldError[] = [];
  const group = text(parent.group);
  if (group !== "") errors.push(...dnsSubdomainErrors(group, `${field}.group`));
  for (const member of ["resource", "name"]) {
    const value = text(parent[member]);
    if (value === "") errors.push(required(`${field}.${member}`));
    else errors.push(...invalids(value, `${field}.${member}`, isPathSegmentName(value)));
  }
  const namespace = text(parent.namespace);
  if (namespace !== "") {
    errors.push(...invalids(namespace, `${field}.namespace`, isPathSegmentName(namespace)));
  }
  return errors;
}

function formatParent(parent: Part): string {
  const group = text(parent.group);
  const namespace = text(parent.namespace);
  const resource = text(parent.resource) + (group === "" ? "" : `.${group}`);
  return [resource.toLowerCase(), ...(namespace === "" ? [] : [namespace]), text(parent.name)]
    .join("/");
}

/** networking.k8s.io ipaddresses. */
export const ipAddresses: KindBehaviour = {
  strategy: {
    validateName: (name) => isValidIP(name),
    validate: (object) => validateParent(object.spec?.parentRef),
    validateUpdate(object, old) {
      const parent = object.spec?.parentRef;
      const errors = validateParent(parent);
      return semanticEqual(parent, old.spec?.parentRef) ? errors : [
        ...errors,
        invalid(
          "spec.parentRef",
          parent === undefined ? null : goValue(parent, parentShape),
          FIELD_IMMUTABLE,
        ),
      ];
    },
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
  },
  cells(object, now_ms) {
    const parent: Part | undefined = object.spec?.parentRef;
    return [
      object.metadata.name ?? "",
      parent ? formatParent(parent) : "<none>",
      age(object.metadata.creationTimestamp, now_ms),
    ];
  },
};
