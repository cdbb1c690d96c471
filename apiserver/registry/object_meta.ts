// Checks of `metadata`, the same for every kind.
// Source: k8s.io/apimachinery api/validation/objectmeta.go and, for
// finalizers of built-in kinds, k8s.io/kubernetes core validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import {
  byteLength,
  isDNS1123Label,
  isQualifiedName,
  isValidLabelValue,
  nameIsDNSSubdomain,
  nameIsPathSegment,
} from "../../runtime/names.ts";
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from "../../runtime/object.ts";
import type { ResourceDefinition } from "../definition.ts";
import { ownerReferenceErrors } from "./owner_references.ts";

const ANNOTATION_BYTES_MAX = 256 * 1024;
const MANAGER_BYTES_MAX = 128;
const SUBRESOURCE_BYTES_MAX = 256;
const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";
const STANDARD_FINALIZERS = new Set(["kubernetes", ORPHAN, FOREGROUND]);

/** Groups whose checks know no standard finalizers; two are of one resource each. */
const ANY_FINALIZER: ReadonlySet<string> = new Set([
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
]);

/** What the checks need to know of a kind. */
export type MetaSubject = Pick<ResourceDefinition, "group" | "namespaced" | "custom" | "strategy">;

/**
 * What is wrong with an object's metadata. `common`: as the server checks it
 * for every kind, where a name only has to fit into a path.
 */
export function objectMetaErrors(
  definition: MetaSubject,
  object: KubeObject,
  common = false,
): FieldError[] {
  const { metadata } = object;
  const validateName = common
    ? nameIsPathSegment
    : definition.strategy.validateName ?? nameIsDNSSubdomain;
  const errors: FieldError[] = [];
  if (metadata.generateName && (common || !definition.strategy.ignoresGenerateName)) {
    const messages = validateName(metadata.generateName, true, object);
    addInvalid(errors, "metadata.generateName", metadata.generateName, messages);
  }
  if (!metadata.name) {
    errors.push(required("metadata.name", "name or generateName is required"));
  } else {
    const messages = validateName(metadata.name, false, object);
    addInvalid(errors, "metadata.name", metadata.name, messages);
  }
  errors.push(...namespaceErrors(definition, metadata));
  if ((metadata.generation ?? 0) < 0) {
    const detail = "must be greater than or equal to 0";
    errors.push(invalid("metadata.generation", metadata.generation, detail));
  }
  errors.push(
    ...labelErrors(metadata),
    ...annotationErrors(metadata),
    ...ownerReferenceErrors(metadata.ownerReferences),
    ...finalizerErrors(metadata.finalizers),
    ...managedFieldsErrors(metadata.managedFields),
  );
  if (!common && !definition.custom && !ANY_FINALIZER.has(definition.group)) {
    errors.push(...kubeFinalizerErrors(metadata.finalizers));
  }
  return errors;
}

function namespaceErrors(definition: MetaSubject, metadata: ObjectMeta): FieldError[] {
  const field = "metadata.namespace";
  const namespace = metadata.namespace ?? "";
  if (!definition.namespaced) {
    return namespace === "" ? [] : [forbiddenField(field, "not allowed on this type")];
  }
  if (namespace === "") return [required(field)];
  return isDNS1123Label(namespace).map((message) => invalid(field, namespace, message));
}

/** What is wrong with metadata that replaces `old`. */
export function objectMetaUpdateErrors(
  { metadata }: KubeObject,
  { metadata: old }: KubeObject,
): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) {
    errors.push(...newFinalizerErrors(metadata.finalizers ?? [], old.finalizers ?? []));
  }
  if (!metadata.resourceVersion) {
    errors.push(invalid("metadata.resourceVersion", "", "must be specified for an update"));
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(
      invalid("metadata.generation", metadata.generation ?? 0, "must not be decremented"),
    );
  }
  const immutable = [
    "name",
    "namespace",
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ] as const;
  for (const member of immutable) {
    if ((metadata[member] ?? undefined) === (old[member] ?? undefined)) continue;
    errors.push(invalid(`metadata.${member}`, metadata[member], "field is immutable"));
  }
  errors.push(
    ...labelErrors(metadata),
    ...annotationErrors(metadata),
    ...ownerReferenceErrors(metadata.ownerReferences),
    ...managedFieldsErrors(metadata.managedFields),
  );
  return errors;
}

function newFinalizerErrors(now: readonly string[], before: readonly string[]): FieldError[] {
  const extra = [...new Set(now)].filter((name) => !before.includes(name)).sort();
  if (extra.length === 0) return [];
  const list = extra.map((name) => JSON.stringify(name)).join(", ");
  return [forbiddenField(
    "metadata.finalizers",
    `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
  )];
}

function addInvalid(
  errors: FieldError[],
  field: string,
  value: unknown,
  messages: readonly string[],
): void {
  for (const message of messages) errors.push(invalid(field, value, message));
}

/** Errors of labels. */
export function labelErrors({ labels }: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels ?? {}).sort()) {
    addInvalid(errors, "metadata.labels", key, isQualifiedName(key));
    addInvalid(errors, "metadata.labels", labels![key], isValidLabelValue(labels![key]!));
  }
  return errors;
}

/** Errors of annotations. */
export function annotationErrors({ annotations }: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const key of Object.keys(annotations ?? {}).sort()) {
    addInvalid(errors, "metadata.annotations", key, isQualifiedName(key.toLowerCase()));
    bytes += byteLength(key) + byteLength(annotations![key]!);
  }
  if (bytes > ANNOTATION_BYTES_MAX) {
    errors.push(tooLong("metadata.annotations", ANNOTATION_BYTES_MAX));
  }
  return errors;
}

function finalizerErrors(finalizers: readonly string[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of finalizers ?? []) {
    addInvalid(errors, "metadata.finalizers", name, isQualifiedName(name));
  }
  if (finalizers?.includes(ORPHAN) && finalizers.includes(FOREGROUND)) {
    errors.push(invalid(
      "metadata.finalizers",
      finalizers,
      `finalizer ${ORPHAN} and ${FOREGROUND} cannot be both set`,
    ));
  }
  return errors;
}

/** Built-in kinds want finalizers that are well known or have a domain. */
export function kubeFinalizerErrors(finalizers: readonly string[] | undefined): FieldError[] {
  return (finalizers ?? []).flatMap((name, i) =>
    name.includes("/") || STANDARD_FINALIZERS.has(name) ? [] : [invalid(
      `metadata.finalizers[${i}]`,
      name,
      "name is neither a standard finalizer name nor is it fully qualified",
    )]
  );
}

function managedFieldsErrors(
  entries: readonly ManagedFieldsEntry[] | undefined,
): FieldError[] {
  return (entries ?? []).flatMap((entry, i) => {
    const field = `metadata.managedFields[${i}]`;
    const errors: FieldError[] = [];
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      const detail = "must be `Apply` or `Update`";
      errors.push(invalid(`${field}.operation`, entry.operation ?? "", detail));
    }
    if (entry.fieldsType && entry.fieldsType !== "FieldsV1") {
      errors.push(invalid(`${field}.fieldsType`, entry.fieldsType, "must be `FieldsV1`"));
    }
    if (byteLength(entry.manager ?? "") > MANAGER_BYTES_MAX) {
      errors.push(tooLong(`${field}.manager`, MANAGER_BYTES_MAX));
    }
    if (byteLength(entry.subresource ?? "") > SUBRESOURCE_BYTES_MAX) {
      errors.push(tooLong(`${field}.subresource`, SUBRESOURCE_BYTES_MAX));
    }
    return errors;
  });
}
