// Namespaces: their phase, the finalizer that holds them until they are
// empty, and the label that carries their name.
// Source: pkg/registry/core/namespace and ValidateNamespace.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { Strategy } from "../definition.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { age } from "./human_duration.ts";
import { dnsLabelNameErrors, finalizerNameErrors } from "./name_validation.ts";
import { restore, strings, struct } from "./part.ts";

const NAME_LABEL = "kubernetes.io/metadata.name";

/** A generated name is not known yet when defaults are set: `canonicalize` labels those. */
function labelName(object: KubeObject): void {
  const name = object.metadata.name;
  if (name) (object.metadata.labels ??= {})[NAME_LABEL] = name;
}

function prepareForCreate(object: KubeObject): void {
  object.status = { phase: "Active" };
  const spec = struct(object, "spec");
  const finalizers = strings(spec.finalizers);
  if (!finalizers.includes("kubernetes")) {
    spec.finalizers = [...finalizers, "kubernetes"];
  }
}

function validateFinalizers(object: KubeObject): FieldError[] {
  return strings(object.spec?.finalizers).flatMap((name) =>
    finalizerNameErrors(name, "spec.finalizers")
  );
}

function validateFinalizersUpdate(object: KubeObject): FieldError[] {
  return strings(object.spec?.finalizers).flatMap((name, i) =>
    finalizerNameErrors(name, `spec.finalizers[${i}]`)
  );
}

function validateStatus(object: KubeObject): FieldError[] {
  const phase = object.status?.phase ?? "";
  if (object.metadata.deletionTimestamp === undefined) {
    return phase === "Active" ? [] : [
      invalid(
        "status.Phase",
        phase,
        "may only be 'Active' if `deletionTimestamp` is empty",
      ),
    ];
  }
  return phase === "Terminating" ? [] : [
    invalid(
      "status.Phase",
      phase,
      "may only be 'Terminating' if `deletionTimestamp` is not empty",
    ),
  ];
}

const strategy: Strategy = {
  prepareForCreate,
  validate: validateFinalizers,
  prepareForUpdate(object, old) {
    const spec = struct(object, "spec");
    restore(spec, old.spec ?? {}, "finalizers");
    restore(object, old, "status");
  },
  canonicalize: labelName,
  validateName: dnsLabelNameErrors,
  resetFields: { "f:status": {} },
};

/** `namespaces`, with the endpoints that change the status and the finalizers. */
export const namespace: KindBehaviour = {
  setDefaults(object) {
    labelName(object);
    const status = struct(object, "status");
    if (!status.phase) status.phase = "Active";
  },
  strategy,
  subresources: {
    status: {
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: validateStatus,
      canonicalize: labelName,
      resetFields: { "f:spec": {} },
    },
    finalize: {
      prepareForUpdate: (object, old) => restore(object, old, "status"),
      validateUpdate: validateFinalizersUpdate,
      canonicalize: labelName,
      resetFields: { "f:status": {} },
    },
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    object.status?.phase ?? "",
    age(object.metadata.creationTimestamp, now_ms),
  ],
  selectableFields: (object) => ({
    "status.phase": object.status?.phase ?? "",
  }),
};
