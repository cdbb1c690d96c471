// Admission plugin StorageObjectInUseProtection: finalizers that keep
// storage objects while they are in use. Source:
// plugin/pkg/admission/storage/storageobjectinuseprotection.

import type { AdmissionPlugin } from "./plugin.ts";
import { isFor } from "./refusal.ts";

const FINALIZERS: ReadonlyMap<string, string> = new Map([
  ["/persistentvolumeclaims", "kubernetes.io/pvc-protection"],
  ["/persistentvolumes", "kubernetes.io/pv-protection"],
  ["storage.k8s.io/volumeattributesclasses", "kubernetes.io/vac-protection"],
]);

/** The plugin. */
export const storageObjectInUseProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  handles: (attributes) =>
    attributes.operation === "CREATE" &&
    FINALIZERS.has(attributes.target.definition.storage) &&
    isFor(attributes, attributes.target.definition.storage),
  admit({ object, target }) {
    const finalizer = FINALIZERS.get(target.definition.storage)!;
    const { metadata } = object!;
    if (metadata.finalizers?.includes(finalizer)) return;
    metadata.finalizers = [...metadata.finalizers ?? [], finalizer];
  },
};
