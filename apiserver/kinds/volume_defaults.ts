// Defaults of volumes, in pods and in PersistentVolumes. Source: the
// SetDefaults_…VolumeSource functions of pkg/apis/core/v1.

import { setFieldRefDefaults } from "./container_defaults.ts";
import { defaultPullPolicy } from "./image_name.ts";
import { items, type Part } from "./part.ts";
import { roundResources } from "../../runtime/quota/resource_list.ts";

/** rw-r--r-- */
const FILE_MODE = 0o644;

/** Fills in what the source of a volume, pod's or PersistentVolume's, leaves out. */
export function setSourceDefaults(source: Part): void {
  if (source.hostPath) source.hostPath.type ??= "";
  if (source.iscsi) source.iscsi.iscsiInterface ||= "default";
  if (source.rbd) {
    source.rbd.pool ||= "rbd";
    source.rbd.user ||= "admin";
    source.rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (source.azureDisk) {
    source.azureDisk.cachingMode ??= "ReadWrite";
    source.azureDisk.kind ??= "Shared";
    source.azureDisk.fsType ??= "ext4";
    source.azureDisk.readOnly ??= false;
  }
  if (source.scaleIO) {
    source.scaleIO.storageMode ||= "ThinProvisioned";
    source.scaleIO.fsType ||= "xfs";
  }
}

/** Fills in what the spec of a PersistentVolumeClaim leaves out. */
export function setClaimSpecDefaults(spec: Part): void {
  spec.volumeMode ??= "Filesystem";
  spec.resources ??= {};
  roundResources(spec.resources.limits);
  roundResources(spec.resources.requests);
}

function setDownwardDefaults(source: Part): void {
  for (const item of items(source.items)) {
    setFieldRefDefaults(item.fieldRef);
    if (item.resourceFieldRef) item.resourceFieldRef.divisor ??= "0";
  }
}

function setProjectedDefaults(projected: Part): void {
  projected.defaultMode ??= FILE_MODE;
  for (const source of items(projected.sources)) {
    if (source.downwardAPI) setDownwardDefaults(source.downwardAPI);
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
    if (source.podCertificate) source.podCertificate.maxExpirationSeconds ??= 86400;
  }
}

/** Fills in what a pod's volume leaves out; one without a source is an emptyDir. */
export function setVolumeDefaults(volume: Part): void {
  if (
    !Object.keys(volume).some((member) =>
      member !== "name" && volume[member] !== null && volume[member] !== undefined
    )
  ) {
    volume.emptyDir = {};
    return;
  }
  setSourceDefaults(volume);
  if (volume.secret) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= FILE_MODE;
    setDownwardDefaults(volume.downwardAPI);
  }
  if (volume.projected) setProjectedDefaults(volume.projected);
  if (volume.image && !volume.image.pullPolicy) {
    volume.image.pullPolicy = defaultPullPolicy(volume.image.reference ?? "");
  }
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template) setClaimSpecDefaults(template.spec ??= {});
}
