// Admission plugin DefaultStorageClass: claims that name no class get the
// default one. Source: plugin/pkg/admission/storage/storageclass/setdefault.

import { isDefaultStorageClass } from "../kinds/storage_class.ts";
import { defaultClassName } from "./default_class.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { isFor } from "./refusal.ts";

const BETA_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

/** The plugin. */
export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",
  handles: (attributes) =>
    attributes.operation === "CREATE" && isFor(attributes, "/persistentvolumeclaims"),
  admit({ object }, { store }) {
    const spec = object!["spec"] ??= {};
    if (
      spec.storageClassName !== undefined ||
      object!.metadata.annotations?.[BETA_ANNOTATION] !== undefined
    ) return;
    const name = defaultClassName(store, "storage.k8s.io/storageclasses", isDefaultStorageClass);
    if (name !== undefined) spec.storageClassName = name;
  },
};
