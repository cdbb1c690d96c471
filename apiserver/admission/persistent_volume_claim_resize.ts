// Admission plugin PersistentVolumeClaimResize: which claims may grow.
// Source: plugin/pkg/admission/storage/persistentvolume/resize.

import type { KubeObject } from "../../runtime/object.ts";
import { quantity } from "../../runtime/quota/resource_list.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { isFor, refuse } from "./refusal.ts";

const BETA_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

function sizeOf(claim: KubeObject) {
  return quantity(claim["spec"]?.resources?.requests?.storage);
}

function classOf(claim: KubeObject): string {
  return claim.metadata.annotations?.[BETA_ANNOTATION] ?? claim["spec"]?.storageClassName ?? "";
}

/** The plugin. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: "PersistentVolumeClaimResize",
  handles: (attributes) =>
    attributes.operation === "UPDATE" && isFor(attributes, "/persistentvolumeclaims"),
  validate(attributes, { store }) {
    const { object, old } = attributes;
    if (old === undefined || sizeOf(object!).compare(sizeOf(old)) <= 0) return;
    if (old["status"]?.phase !== "Bound") {
      throw refuse(attributes, "Only bound persistent volume claims can be expanded");
    }
    const name = classOf(object!);
    const found = name === classOf(old)
      ? store.get("storage.k8s.io/storageclasses", name)?.object
      : undefined;
    if (found?.["allowVolumeExpansion"] === true) return;
    throw refuse(
      attributes,
      "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
    );
  },
};
