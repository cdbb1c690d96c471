// Checks of claims, alone and in volumes and StatefulSets. Source:
// ValidatePersistentVolumeClaimSpec and ValidatePersistentVolumeClaimUpdate.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { clone, type KubeObject } from "../../runtime/object.ts";
import { isDNS1123Subdomain, isQualifiedName } from "../../runtime/names.ts";
import { immutable, text } from "./field_messages.ts";
import { goValue } from "./go_value.ts";
import { validateLabelSelector } from "./label_selector.ts";
import {
  annotationsErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  invalids,
  labelsErrors,
} from "./name_validation.ts";
import { isEmpty, type Part, semanticEqual, sortedEntries, strings } from "./part.ts";
import { goClaimSpec } from "./pod_go_shapes.ts";
import { isNative, quantity } from "../../runtime/quota/resource_list.ts";
import { validateResourceQuantity } from "./resource_requirements_validation.ts";
import { givenEmpty } from "../../runtime/schema/empties.ts";
import { structDiff } from "./struct_diff.ts";

/** How volumes may be accessed, sorted. */
export const ACCESS_MODES: readonly string[] = [
  "ReadOnlyMany",
  "ReadWriteMany",
  "ReadWriteOnce",
  "ReadWriteOncePod",
];
/** How volumes may be presented, sorted. */
export const VOLUME_MODES: readonly string[] = ["Block", "Filesystem"];

const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";

/** Errors of access modes: known, and the exclusive one alone. */
export function accessModeErrors(modes: unknown, field: string): FieldError[] {
  const given = strings(modes);
  const errors = given.filter((mode) => !ACCESS_MODES.includes(mode)).map((mode) =>
    notSupported(field, mode, ACCESS_MODES)
  );
  const others = given.some((mode) => mode !== "ReadWriteOncePod" && ACCESS_MODES.includes(mode));
  if (given.includes("ReadWriteOncePod") && others) {
    errors.push(
      forbiddenField(field, "may not use ReadWriteOncePod with other access modes"),
    );
  }
  return errors;
}

/** Whether API groups of data sources go unchecked: they did once, and what is stored stays good. */
interface ClaimOptions {
  readonly allowInvalidApiGroup?: boolean;
}

function validateSource(source: Part, field: string, options: ClaimOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (!source.name) errors.push(required(`${field}.name`));
  if (!source.kind) errors.push(required(`${field}.kind`));
  const group = text(source.apiGroup);
  if (group === "" && source.kind !== "PersistentVolumeClaim") {
    errors.push(
      invalid(
        field,
        text(source.kind),
        "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
      ),
    );
  }
  if (group !== "" && !options.allowInvalidApiGroup) {
    errors.push(...invalids(group, `${field}.apiGroup`, isDNS1123Subdomain(group)));
  }
  if (source.namespace) {
    errors.push(...dnsLabelErrors(source.namespace, `${field}.namespace`));
  }
  return errors;
}

/** Errors of a claim's spec. */
export function validateClaimSpec(
  spec: Part,
  field: string,
  options: ClaimOptions = {},
): FieldError[] {
  const errors: FieldError[] = [];
  if (isEmpty(spec.accessModes)) {
    errors.push(required(`${field}.accessModes`, "at least 1 access mode is required"));
  }
  errors.push(...validateLabelSelector(spec.selector, `${field}.selector`));
  errors.push(...accessModeErrors(spec.accessModes, `${field}.accessModes`));
  const storageField = `${field}.resources[storage]`;
  const storage = spec.resources?.requests?.storage;
  if (storage === undefined) errors.push(required(storageField));
  else if (quantity(storage).sign <= 0) {
    errors.push(invalid(storageField, storage, "must be greater than zero"));
  } else errors.push(...validateResourceQuantity("storage", storage, storageField));
  if (spec.storageClassName) {
    errors.push(...dnsSubdomainErrors(spec.storageClassName, `${field}.storageClassName`));
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(notSupported(`${field}.volumeMode`, spec.volumeMode, VOLUME_MODES));
  }
  errors.push(...validateSources(spec, field, options));
  if (spec.volumeAttributesClassName) {
    errors.push(
      ...dnsSubdomainErrors(
        spec.volumeAttributesClassName,
        `${field}.volumeAttributesClassName`,
      ),
    );
  }
  return errors;
}

function validateSources(spec: Part, field: string, options: ClaimOptions): FieldError[] {
  const { dataSource, dataSourceRef } = spec;
  const errors: FieldError[] = [];
  if (dataSource) errors.push(...validateSource(dataSource, `${field}.dataSource`, options));
  if (dataSourceRef) {
    errors.push(...validateSource(dataSourceRef, `${field}.dataSourceRef`, options));
  }
  if (!dataSource) return errors;
  // Upstream prints the path's own type, which has nothing to show.
  const shown = {};
  if (dataSourceRef?.namespace) {
    errors.push(
      invalid(field, shown, "may not be specified when dataSourceRef.namespace is specified"),
    );
  } else if (dataSourceRef && !sameSource(dataSource, dataSourceRef)) {
    errors.push(invalid(field, shown, "must match dataSourceRef"));
  }
  return errors;
}

function sameSource(a: Part, b: Part): boolean {
  return a.apiGroup === b.apiGroup && text(a.kind) === text(b.kind) &&
    text(a.name) === text(b.name);
}

const TEMPLATE_METADATA = new Set(["labels", "annotations"]);

/** Errors of the metadata of a template of claims: labels and annotations, nothing else. */
export function validateTemplateMetadata(given: Part | undefined, field: string): FieldError[] {
  const metadata: Part = given ?? {};
  const errors = [
    ...annotationsErrors(metadata.annotations, `${field}.annotations`),
    ...labelsErrors(metadata.labels, `${field}.labels`),
  ];
  for (const member of Object.keys(metadata)) {
    if (!TEMPLATE_METADATA.has(member) && !isEmpty(metadata[member])) {
      errors.push(forbiddenField(`${field}.${member}`, "cannot be set"));
    }
  }
  return errors;
}

/** Errors of a claim in a volume. */
export function validateClaimTemplate(template: Part, field: string): FieldError[] {
  return [
    ...validateTemplateMetadata(template.metadata, `${field}.metadata`),
    ...validateClaimSpec(template.spec ?? {}, `${field}.spec`),
  ];
}

/** Errors of a new claim. */
export function validateClaim(object: KubeObject): FieldError[] {
  return validateClaimSpec(object.spec ?? {}, "spec");
}

/** Errors of a changed claim: nearly nothing of the spec changes. */
export function validateClaimUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const spec: Part = object.spec ?? {};
  const before: Part = old.spec ?? {};
  const errors = validateClaimSpec(spec, "spec", {
    allowInvalidApiGroup: before.dataSource?.apiGroup !== undefined ||
      before.dataSourceRef?.apiGroup !== undefined,
  });
  errors.push(...validateSpecChange(object, old));
  const newSize = quantity(spec.resources?.requests?.storage);
  if (newSize.compare(quantity(before.resources?.requests?.storage)) < 0) {
    if (newSize.compare(quantity(old.status?.capacity?.storage)) <= 0) {
      errors.push(
        forbiddenField(
          "spec.resources.requests.storage",
          "field can not be less than status.capacity",
        ),
      );
    }
  }
  errors.push(...immutable("volumeMode", spec.volumeMode, before.volumeMode));
  if (old.status?.currentVolumeAttributesClassName !== undefined) {
    const name = spec.volumeAttributesClassName;
    const bad = (what: string) =>
      errors.push(
        forbiddenField(
          "spec.volumeAttributesClassName",
          `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`,
        ),
      );
    if (semanticEqual(name, before.volumeAttributesClassName)) return errors;
    if (name === undefined) bad("nil");
    else if (name === "") bad("empty string");
  }
  return errors;
}

function validateSpecChange(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec: Part = clone(object.spec ?? {});
  const before: Part = clone(old.spec ?? {});
  if (!before.volumeName) before.volumeName = spec.volumeName;
  const oldClass = old.metadata.annotations?.[BETA_CLASS];
  const newClass = object.metadata.annotations?.[BETA_CLASS];
  const moved = oldClass !== undefined && before.storageClassName === undefined &&
    spec.storageClassName === oldClass && (newClass === undefined || newClass === oldClass);
  if (moved) delete spec.storageClassName;
  else {
    if ((oldClass ?? "") !== (newClass ?? "")) {
      errors.push(
        invalid(`metadata.annotations.${BETA_CLASS}`, newClass ?? "", "field is immutable"),
      );
    }
    const settled = spec.storageClassName !== undefined &&
      before.storageClassName === undefined &&
      (oldClass === undefined || spec.storageClassName === oldClass);
    if (settled) delete spec.storageClassName;
  }
  if (object.status?.phase === "Bound") {
    if (spec.resources?.requests) {
      spec.resources.requests.storage = before.resources?.requests?.storage;
    }
    spec.volumeAttributesClassName = before.volumeAttributesClassName;
  }
  if (!semanticEqual(spec, before)) {
    const accessModes = spec.accessModes ?? givenEmpty(object.spec, "accessModes");
    const now = goValue({ ...spec, accessModes }, goClaimSpec);
    const diff = structDiff(goValue(before, goClaimSpec), now);
    errors.push(
      forbiddenField(
        "spec",
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${diff}`,
      ),
    );
  }
  return errors;
}

const RESIZE_STATES = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
];

function resourceKeyErrors(name: string, field: string): FieldError[] {
  const errors = invalids(name, field, isQualifiedName(name));
  if (errors.length === 0 && isNative(name) && name !== "storage") {
    errors.push(notSupported(field, name, ["storage"]));
  }
  return errors;
}

/** Errors of a quantity that has to be none below zero, as older checks print it. */
export function basicResourceErrors(amount: string, field: string): FieldError[] {
  const value = quantity(amount).value();
  return value < 0n ? [invalid(field, Number(value), "must be a valid resource quantity")] : [];
}

/** Errors of a claim's status. */
export function validateClaimStatus(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const { capacity, allocatedResourceStatuses, allocatedResources } = object.status ?? {};
  if (isEmpty(object.spec?.accessModes)) errors.push(required("Spec.accessModes"));
  for (const [name, amount] of sortedEntries(capacity)) {
    errors.push(...basicResourceErrors(amount, `status.capacity[${name}]`));
  }
  for (const [name, state] of sortedEntries(allocatedResourceStatuses)) {
    const field = "status.allocatedResourceStatuses";
    errors.push(...resourceKeyErrors(name, field));
    if (!RESIZE_STATES.includes(state)) {
      errors.push(notSupported(field, name, [...RESIZE_STATES].sort()));
    }
  }
  for (const [name, amount] of sortedEntries(allocatedResources)) {
    const keys = resourceKeyErrors(name, "status.allocatedResources");
    const field = `status.allocatedResources[${name}]`;
    if (keys.length > 0) errors.push(...keys);
    else {
      const basic = basicResourceErrors(amount, field);
      errors.push(
        ...(basic.length > 0 ? basic : validateResourceQuantity("storage", amount, field)),
      );
    }
  }
  return errors;
}
