// Defaults of PersistentVolumeClaims, alone and in StatefulSets. Source:
// SetDefaults_PersistentVolumeClaim.

import { type Part, struct } from "./part.ts";
import { roundResources } from "../../runtime/quota/resource_list.ts";
import { setClaimSpecDefaults } from "./volume_defaults.ts";

/** Fills in what a claim leaves out. */
export function setClaimDefaults(claim: Part): void {
  struct(claim, "metadata");
  setClaimSpecDefaults(struct(claim, "spec"));
  const status = struct(claim, "status");
  if (!status.phase) status.phase = "Pending";
  roundResources(status.capacity);
  roundResources(status.allocatedResources);
}
