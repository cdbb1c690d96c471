// The status the server gives a CustomResourceDefinition: accepted names
// and conditions. What upstream's controllers (naming, establishing,
// nonstructuralschema, apiapproval) do one after the other is done in one
// step. Source: apiextensions-apiserver pkg/controller.

import { equal, type KubeObject } from "../../runtime/object.ts";
import { approvalCondition } from "./api_approval.ts";
import type {
  CustomResourceCondition,
  CustomResourceDefinition,
  CustomResourceDefinitionStatus,
} from "./custom_resource_definition.ts";
import { acceptNames } from "./names.ts";

/** A condition without the time of its last change. */
export type NewCondition = Omit<CustomResourceCondition, "lastTransitionTime">;

/** The conditions with one set; its time moves when its status does. */
export function withCondition(
  conditions: readonly CustomResourceCondition[],
  next: NewCondition,
  time: string,
): readonly CustomResourceCondition[] {
  const at = conditions.findIndex(({ type }) => type === next.type);
  const before = conditions[at];
  const changed = before === undefined || before.status !== next.status ||
    !before.lastTransitionTime;
  const condition: CustomResourceCondition = {
    type: next.type,
    status: next.status,
    lastTransitionTime: changed ? time : before.lastTransitionTime!,
    ...(next.reason === undefined ? {} : { reason: next.reason }),
    ...(next.message === undefined ? {} : { message: next.message }),
  };
  if (before === undefined) return [...conditions, condition];
  if (equal(before, condition)) return conditions;
  return conditions.map((other, i) => i === at ? condition : other);
}

/**
 * The status that follows from what a definition asks for; the same one when
 * nothing is to change.
 *
 * @param all the definitions of the cluster, this one among them
 * @param time now, as `metav1.Time`
 */
export function nextStatus(
  definition: CustomResourceDefinition,
  all: Iterable<CustomResourceDefinition>,
  time: string,
): CustomResourceDefinitionStatus {
  const { status } = definition;
  let conditions = status.conditions ?? [];
  let acceptedNames = status.acceptedNames;
  if (!equal(definition.spec.names, acceptedNames)) {
    const { names, condition } = acceptNames(definition, all);
    acceptedNames = names;
    conditions = withCondition(conditions, condition, time);
    conditions = withCondition(conditions, established(conditions), time);
  }
  const approval = approvalCondition(definition);
  if (approval !== undefined) conditions = withCondition(conditions, approval, time);
  if (conditions === (status.conditions ?? []) || equal(conditions, status.conditions)) {
    if (equal(acceptedNames, status.acceptedNames)) return status;
  }
  return { ...status, conditions, ...(acceptedNames === undefined ? {} : { acceptedNames }) };
}

/** Once established, always established; before, as soon as the names are accepted. */
function established(conditions: readonly CustomResourceCondition[]): NewCondition {
  const before = conditions.find(({ type }) => type === "Established");
  if (before?.status === "True") return before;
  const accepted = conditions.some(({ type, status }) =>
    type === "NamesAccepted" && status === "True"
  );
  if (accepted) {
    return {
      type: "Established",
      status: "True",
      reason: "InitialNamesAccepted",
      message: "the initial names have been accepted",
    };
  }
  return before ?? {
    type: "Established",
    status: "False",
    reason: "NotAccepted",
    message: "not all names are accepted",
  };
}

/** The definition marked for deletion, in place, as the delete verb leaves it behind. */
export const DELETION_PENDING: NewCondition = {
  type: "Terminating",
  status: "True",
  reason: "InstanceDeletionPending",
  message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
};

/** While instances are being deleted. */
export const DELETION_IN_PROGRESS: NewCondition = {
  type: "Terminating",
  status: "True",
  reason: "InstanceDeletionInProgress",
  message: "CustomResource deletion is in progress",
};

/** Once they are gone. */
export const DELETION_COMPLETED: NewCondition = {
  type: "Terminating",
  status: "False",
  reason: "InstanceDeletionCompleted",
  message: "removed all instances",
};

/** Of a definition that never had any. */
export const NEVER_ESTABLISHED: NewCondition = {
  type: "Terminating",
  status: "False",
  reason: "NeverEstablished",
  message: "resource was never established",
};

/** An object as a definition. */
export function asDefinition(object: KubeObject): CustomResourceDefinition {
  return object as CustomResourceDefinition;
}
