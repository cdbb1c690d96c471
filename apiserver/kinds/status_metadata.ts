// What status endpoints do with metadata where they own none of it.
// Source: metav1.ResetObjectMetaForStatus.

import type { KubeObject } from "../../runtime/object.ts";

const KEPT = [
  "deletionTimestamp",
  "generation",
  "selfLink",
  "labels",
  "annotations",
  "finalizers",
  "ownerReferences",
] as const;

/** Puts back the metadata that a status update may not change. */
export function resetMetadataForStatus(object: KubeObject, old: KubeObject): void {
  const metadata = object.metadata as Record<string, unknown>;
  for (const member of KEPT) {
    const value = old.metadata[member];
    if (value === undefined) delete metadata[member];
    else metadata[member] = value;
  }
}
