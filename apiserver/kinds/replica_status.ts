// Checks of the counts in a replica set's or replication controller's
// status. Source: ValidateReplicaSetStatus and
// ValidateReplicationControllerStatus.

import { type FieldError, invalid } from "../../runtime/field/error.ts";
import { integer, nonNegative } from "./field_messages.ts";
import type { Part } from "./part.ts";

/** Errors of the counts: none is negative, none is above what it is a part of. */
export function validateReplicaStatus(status: Part): FieldError[] {
  const { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas } = status;
  const errors = [
    ...nonNegative("status.replicas", replicas),
    ...nonNegative("status.fullyLabeledReplicas", fullyLabeledReplicas),
    ...nonNegative("status.readyReplicas", readyReplicas),
    ...nonNegative("status.availableReplicas", availableReplicas),
    ...nonNegative("status.observedGeneration", status.observedGeneration),
  ];
  if (status.terminatingReplicas !== undefined) {
    errors.push(...nonNegative("status.terminatingReplicas", status.terminatingReplicas));
  }
  const above = (name: string, value: unknown, total: unknown, of: string) => {
    if (integer(value) > integer(total)) {
      errors.push(invalid(`status.${name}`, integer(value), `cannot be greater than ${of}`));
    }
  };
  above("fullyLabeledReplicas", fullyLabeledReplicas, replicas, "status.replicas");
  above("readyReplicas", readyReplicas, replicas, "status.replicas");
  above("availableReplicas", availableReplicas, replicas, "status.replicas");
  above("availableReplicas", availableReplicas, readyReplicas, "readyReplicas");
  return errors;
}
