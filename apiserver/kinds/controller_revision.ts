// ControllerRevisions: a numbered piece of data that never changes. Source:
// pkg/registry/apps/controllerrevision and ValidateControllerRevision.

import { type FieldError, invalid, required } from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { FIELD_IMMUTABLE, integer, nonNegative } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import { items, sameJson } from "./part.ts";

function validate(object: KubeObject): FieldError[] {
  const errors = nonNegative("revision", integer(object.revision));
  if (object.data === undefined || object.data === null) {
    errors.push(required("data", "data is mandatory"));
  }
  return errors;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = nonNegative("revision", integer(object.revision));
  if (!sameJson(object.data, old.data)) errors.push(invalid("data", object.data, FIELD_IMMUTABLE));
  return errors;
}

/** `kind.group/name` of the controlling owner. */
function controllerCell(object: KubeObject): string {
  const owner = items(object.metadata.ownerReferences).find(({ controller }) =>
    controller === true
  );
  if (owner === undefined) return "<none>";
  const group = String(owner.apiVersion).includes("/")
    ? `.${String(owner.apiVersion).split("/")[0]}`
    : "";
  return `${String(owner.kind).toLowerCase()}${group}/${owner.name}`;
}

/** `apps/controllerrevisions`. */
export const controllerRevision: KindBehaviour = {
  strategy: { validate, validateUpdate },
  cells: (object, now_ms) => [
    object.metadata.name ?? "",
    controllerCell(object),
    integer(object.revision),
    age(object.metadata.creationTimestamp, now_ms),
  ],
};
