// Claims of devices, their templates, and the classes of devices they name.
// Source: pkg/apis/resource (validation and v1 defaults) and
// pkg/registry/resource.

import { type FieldError, invalid, notSupported, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { StrategyContext } from "../definition.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { boundedList, boundedSet } from "./bounded_list.ts";
import {
  adminAccessErrors,
  adminAccessField,
  validateConfiguration,
  validateDeviceToleration,
  validateFullyQualifiedId,
  validateSelectors,
} from "./device_validation.ts";
import type { ExpressionCheck } from "./expression_check.ts";
import { FIELD_IMMUTABLE, integer, text } from "./field_messages.ts";
import { nextGeneration } from "./generation.ts";
import { goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "./name_validation.ts";
import { items, type Part, restore, semanticEqual, strings } from "./part.ts";
import { validateTemplateMetadata } from "./persistent_volume_claim_validation.ts";
import { claimSpecShape, goClaimTemplateSpec } from "./resource_claim_shape.ts";
import { validateClaimStatus } from "./resource_claim_status.ts";
import { isExtendedResource } from "./resource_requirements_validation.ts";
import { resetMetadataForStatus } from "./status_metadata.ts";

const REQUESTS_MAX = 32;
const CONSTRAINTS_MAX = 32;
const CONFIGS_MAX = 32;
const ALTERNATIVES_MAX = 8;
const TOLERATIONS_MAX = 16;
const REQUEST_REF =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

// --- The spec of claims

function setRequestDefaults(request: Part): void {
  if (text(request.allocationMode) === "") request.allocationMode = "ExactCount";
  if (request.allocationMode === "ExactCount" && integer(request.count) === 0) request.count = 1;
  for (const toleration of items(request.tolerations)) {
    if (text(toleration.operator) === "") toleration.operator = "Equal";
  }
}

function setClaimDefaults(spec: Part | undefined): void {
  for (const request of items(spec?.devices?.requests)) {
    if (request.exactly) setRequestDefaults(request.exactly);
    items(request.firstAvailable).forEach(setRequestDefaults);
  }
}

/** What can be referred to: requests by name, each with its subrequests. */
type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

function requestNames(claim: Part): RequestNames {
  return new Map(
    items(claim.devices?.requests).map((request) => [
      text(request.name),
      new Set(items(request.firstAvailable).map(({ name }) => text(name))),
    ]),
  );
}

function isRequest(names: RequestNames, name: string): boolean {
  const [request = "", sub] = name.split("/");
  const subrequests = names.get(request);
  return subrequests !== undefined && (sub === undefined || subrequests.has(sub));
}

function requestRefErrors(name: string, field: string, names: RequestNames): FieldError[] {
  const parts = name.split("/");
  if (parts.length > 2) return [invalid(field, name, REQUEST_REF)];
  const errors = parts.flatMap((part) => dnsLabelErrors(part, field));
  return isRequest(names, name) ? errors : [...errors, invalid(field, name, REQUEST_REF)];
}

function validateClaimSpec(spec: Part, field: string, check: ExpressionCheck): FieldError[] {
  const devices: Part = spec.devices ?? {};
  const path = `${field}.devices`;
  const names = requestNames(spec);
  return [
    ...boundedSet(
      items(devices.requests),
      REQUESTS_MAX,
      `${path}.requests`,
      (request, at) => validateRequest(request, at, check),
      ({ name }) => text(name),
    ),
    ...boundedList(
      items(devices.constraints),
      CONSTRAINTS_MAX,
      `${path}.constraints`,
      (constraint, at) => validateConstraint(constraint, at, names),
    ),
    ...boundedList(
      items(devices.config),
      CONFIGS_MAX,
      `${path}.config`,
      (config, at) => [
        ...requestRefsErrors(config, at, names),
        ...validateConfiguration(config, at),
      ],
    ),
  ];
}

function requestRefsErrors(part: Part, field: string, names: RequestNames): FieldError[] {
  return boundedSet(
    strings(part.requests),
    REQUESTS_MAX,
    `${field}.requests`,
    (name, at) => requestRefErrors(name, at, names),
    (name) => name,
  );
}

function validateRequest(request: Part, field: string, check: ExpressionCheck): FieldError[] {
  const errors = dnsLabelErrors(text(request.name), `${field}.name`);
  const alternatives = items(request.firstAvailable);
  const one = "exactly one of `exactly` or `firstAvailable` is required";
  if (request.exactly && alternatives.length > 0) {
    return [...errors, invalid(field, null, `${one}, but multiple fields are set`)];
  }
  if (request.exactly) {
    return [...errors, ...validateExact(request.exactly, `${field}.exactly`, check)];
  }
  if (alternatives.length === 0) return [...errors, required(field, one)];
  return [
    ...errors,
    ...boundedSet(
      alternatives,
      ALTERNATIVES_MAX,
      `${field}.firstAvailable`,
      (sub, at) => [
        ...dnsLabelErrors(text(sub.name), `${at}.name`),
        ...validateExact(sub, at, check),
      ],
      ({ name }) => text(name),
    ),
  ];
}

function validateExact(request: Part, field: string, check: ExpressionCheck): FieldError[] {
  const className = text(request.deviceClassName);
  return [
    ...(className === ""
      ? [required(`${field}.deviceClassName`)]
      : dnsSubdomainErrors(className, `${field}.deviceClassName`)),
    ...validateSelectors(items(request.selectors), `${field}.selectors`, check),
    ...allocationModeErrors(request, field),
    ...boundedList(
      items(request.tolerations),
      TOLERATIONS_MAX,
      `${field}.tolerations`,
      validateDeviceToleration,
    ),
  ];
}

function allocationModeErrors(request: Part, field: string): FieldError[] {
  const count = integer(request.count);
  switch (request.allocationMode) {
    case "All":
      return count === 0 ? [] : [
        invalid(
          `${field}.count`,
          count,
          "must not be specified when allocationMode is 'All'",
        ),
      ];
    case "ExactCount":
      return count > 0 ? [] : [invalid(`${field}.count`, count, "must be greater than zero")];
    default:
      return [
        notSupported(`${field}.allocationMode`, text(request.allocationMode), [
          "All",
          "ExactCount",
        ]),
      ];
  }
}

function validateConstraint(constraint: Part, field: string, names: RequestNames): FieldError[] {
  const errors = requestRefsErrors(constraint, field, names);
  for (const member of ["matchAttribute", "distinctAttribute"]) {
    if (typeof constraint[member] !== "string") continue;
    return [...errors, ...validateFullyQualifiedId(constraint[member], `${field}.${member}`)];
  }
  return [
    ...errors,
    required(
      field,
      'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
    ),
  ];
}

// --- ResourceClaim

function namespaceLabels(object: KubeObject, { store }: StrategyContext): unknown {
  return store.get("/namespaces", object.metadata.namespace ?? "")?.object.metadata.labels;
}

function validateStatus(
  object: KubeObject,
  old: KubeObject,
  context: StrategyContext,
): FieldError[] {
  const granted = (claim: KubeObject) =>
    items(claim.status?.allocation?.devices?.results).findIndex(({ adminAccess }) => adminAccess);
  const index = granted(old) >= 0 ? -1 : granted(object);
  const names = requestNames(object.spec ?? {});
  return [
    ...adminAccessErrors(
      index < 0 ? undefined : `status.allocation.devices.results[${index}].adminAccess`,
      namespaceLabels(object, context),
    ),
    ...validateClaimStatus(object, old, {
      one: (name, field) => requestRefErrors(name, field, names),
      all: (part, field) => requestRefsErrors(part, field, names),
    }),
  ];
}

/** Devices that are no longer allocated lose their status. */
function dropDeallocated(object: KubeObject, old: KubeObject): void {
  const status: Part = object.status ?? {};
  const key = ({ driver, pool, device }: Part) => `${driver}/${pool}/${device}`;
  const results = (claim: KubeObject) => items(claim.status?.allocation?.devices?.results).map(key);
  const kept = new Set(results(object));
  const gone = new Set(results(old).filter((device) => !kept.has(device)));
  const devices = items(status.devices).filter((device) => !gone.has(key(device)));
  if (devices.length === 0) delete status.devices;
  else status.devices = devices;
}

function formatState(object: KubeObject): string {
  const states: string[] = [];
  if (object.metadata.deletionTimestamp) states.push("deleted");
  if (object.status?.allocation) states.push("allocated");
  if (items(object.status?.reservedFor).length > 0) states.push("reserved");
  if (!object.status?.allocation && !object.metadata.deletionTimestamp) states.push("pending");
  return states.join(",");
}

/** resource.k8s.io resourceclaims. */
export function resourceClaims(check: ExpressionCheck): KindBehaviour {
  return {
    setDefaults: (object) => setClaimDefaults(object.spec),
    strategy: {
      prepareForCreate(object) {
        object.status = {};
      },
      prepareForUpdate: (object, old) => restore(object, old, "status"),
      validate: (object, context) => [
        ...adminAccessErrors(
          adminAccessField(object.spec ?? {}),
          namespaceLabels(object, context),
        ),
        ...validateClaimSpec(object.spec ?? {}, "spec", check),
      ],
      validateUpdate: (object, old) =>
        semanticEqual(object.spec, old.spec)
          ? []
          : [invalid("spec", goValue(object.spec, claimSpecShape), FIELD_IMMUTABLE)],
      resetFields: { "f:status": {} },
      allowCreateOnUpdate: false,
      allowUnconditionalUpdate: true,
    },
    subresources: {
      status: {
        withoutTable: true,
        prepareForUpdate(object, old) {
          restore(object, old, "spec");
          resetMetadataForStatus(object, old);
          dropDeallocated(object, old);
        },
        validateUpdate: validateStatus,
        resetFields: { "f:metadata": {}, "f:spec": {} },
        allowUnconditionalUpdate: true,
      },
    },
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      formatState(object),
      age(object.metadata.creationTimestamp, now_ms),
    ],
  };
}

function validateTemplateSpec({ spec }: KubeObject, check: ExpressionCheck): FieldError[] {
  return [
    ...validateTemplateMetadata(spec?.metadata, "spec.metadata"),
    ...validateClaimSpec(spec?.spec ?? {}, "spec.spec", check),
  ];
}

/** resource.k8s.io resourceclaimtemplates. */
export function resourceClaimTemplates(check: ExpressionCheck): KindBehaviour {
  return {
    setDefaults: (object) => setClaimDefaults(object.spec?.spec),
    strategy: {
      validate: (object, context) => [
        ...adminAccessErrors(
          adminAccessField(object.spec?.spec ?? {}),
          namespaceLabels(object, context),
        ),
        ...validateTemplateSpec(object, check),
      ],
      validateUpdate: (object, old) => [
        ...validateTemplateSpec(object, check),
        ...(semanticEqual(object.spec, old.spec)
          ? []
          : [invalid("spec", goClaimTemplateSpec(object.spec ?? {}), FIELD_IMMUTABLE)]),
      ],
      allowCreateOnUpdate: false,
      allowUnconditionalUpdate: true,
    },
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      age(object.metadata.creationTimestamp, now_ms),
    ],
  };
}

function validateClass(object: KubeObject, check: ExpressionCheck): FieldError[] {
  const spec: Part = object.spec ?? {};
  const errors = [
    ...validateSelectors(items(spec.selectors), "spec.selectors", check),
    ...boundedList(items(spec.config), CONFIGS_MAX, "spec.config", validateConfiguration),
  ];
  const extended = spec.extendedResourceName;
  if (typeof extended === "string" && !isExtendedResource(extended)) {
    errors.push(
      invalid("spec.extendedResourceName", extended, "must be a valid extended resource name"),
    );
  }
  return errors;
}

/** resource.k8s.io deviceclasses. */
export function deviceClasses(check: ExpressionCheck): KindBehaviour {
  return {
    strategy: {
      ignoresGenerateName: true,
      prepareForCreate(object) {
        object.metadata.generation = 1;
      },
      prepareForUpdate: (object, old) =>
        nextGeneration(object, old, !semanticEqual(object.spec, old.spec)),
      validate: (object) => validateClass(object, check),
      validateUpdate: (object) => validateClass(object, check),
      allowCreateOnUpdate: false,
      allowUnconditionalUpdate: true,
    },
    cells: (object, now_ms) => [
      object.metadata.name ?? "",
      age(object.metadata.creationTimestamp, now_ms),
    ],
  };
}
