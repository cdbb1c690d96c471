// Leases: who holds a lock and until when. Source: pkg/apis/coordination and
// pkg/registry/coordination/lease. Coordinated leader election is an alpha
// feature, so its fields are dropped.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { text } from "./field_messages.ts";
import { age } from "./human_duration.ts";

function dropDisabled(object: KubeObject, old?: KubeObject): void {
  for (const member of ["strategy", "preferredHolder"]) {
    if (object.spec?.[member] !== undefined && old?.spec?.[member] === undefined) {
      delete object.spec[member];
    }
  }
}

function validate(object: KubeObject): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions } = object.spec ?? {};
  const errors: FieldError[] = [];
  if (typeof leaseDurationSeconds === "number" && leaseDurationSeconds <= 0) {
    errors.push(
      invalid("spec.leaseDurationSeconds", leaseDurationSeconds, "must be greater than 0"),
    );
  }
  if (typeof leaseTransitions === "number" && leaseTransitions < 0) {
    errors.push(
      invalid("spec.leaseTransitions", leaseTransitions, "must be greater than or equal to 0"),
    );
  }
  return errors;
}

/** coordination.k8s.io leases. */
export const leases: KindBehaviour = {
  strategy: {
    prepareForCreate: (object) => dropDisabled(object),
    prepareForUpdate: dropDisabled,
    validate,
    validateUpdate: validate,
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
  },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    text(object.spec?.holderIdentity),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
