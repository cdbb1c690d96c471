// PersistentVolumeClaims. Source: pkg/registry/core/persistentvolumeclaim,
// pkg/api/persistentvolumeclaim and printPersistentVolumeClaim.

import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { text } from "./field_messages.ts";
import { age } from "./human_duration.ts";
import { type Part, restore, strings, struct } from "./part.ts";
import { setClaimDefaults } from "./persistent_volume_claim_defaults.ts";
import {
  validateClaim,
  validateClaimStatus,
  validateClaimUpdate,
} from "./persistent_volume_claim_validation.ts";
import { claimSpecWarnings } from "./pod_warnings.ts";

const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";

/** What could be a data source before there was a reference to anything: other kinds vanish. */
function isOldSource({ apiGroup, kind }: Part): boolean {
  return (!apiGroup && kind === "PersistentVolumeClaim") ||
    (apiGroup === "snapshot.storage.k8s.io" && kind === "VolumeSnapshot");
}

function dropDisabled(spec: Part, old: Part | undefined): void {
  if (spec.dataSourceRef?.namespace && !old?.dataSourceRef) delete spec.dataSourceRef;
  const inUse = Boolean(old?.dataSource || old?.dataSourceRef || spec.dataSourceRef);
  if (spec.dataSource && !inUse && !isOldSource(spec.dataSource)) {
    delete spec.dataSource;
  }
}

/** Whichever of the two forms is given makes the other. */
function normalizeSources(spec: Part): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) spec.dataSourceRef = { ...dataSource };
  else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
    const { apiGroup, kind, name } = dataSourceRef;
    spec.dataSource = {
      ...(apiGroup === undefined ? {} : { apiGroup }),
      kind: kind ?? "",
      name: name ?? "",
    };
  }
}

const SHORT_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

/** Access modes as tables show them, each once and in a fixed order. */
export function accessModesCell(modes: unknown): string {
  const given = new Set(strings(modes));
  return Object.keys(SHORT_MODES).filter((mode) => given.has(mode))
    .map((mode) => SHORT_MODES[mode]).join(",");
}

/** The storage class of a claim or volume, which an annotation used to name. */
export function classCell({ metadata, spec }: KubeObject): string {
  return metadata.annotations?.[BETA_CLASS] ?? text(spec?.storageClassName);
}

function warnings(object: KubeObject): string[] {
  const own = claimSpecWarnings(object.spec ?? {}, "spec");
  return object.metadata.annotations?.[BETA_CLASS] === undefined ? own : [
    `metadata.annotations[${BETA_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    ...own,
  ];
}

/** `persistentvolumeclaims`. */
export const persistentVolumeClaim: KindBehaviour = {
  setDefaults: setClaimDefaults,
  strategy: {
    prepareForCreate(object) {
      object.status = { phase: "Pending" };
      dropDisabled(object.spec, undefined);
      normalizeSources(object.spec);
    },
    prepareForUpdate(object, old) {
      restore(object, old, "status");
      dropDisabled(struct(object, "spec"), old.spec);
      normalizeSources(object.spec);
    },
    validate: validateClaim,
    validateUpdate: validateClaimUpdate,
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate: (object, old) => restore(object, old, "spec"),
      validateUpdate: validateClaimStatus,
      resetFields: { "f:spec": {} },
    },
  },
  cells(object, now_ms) {
    const { metadata, spec = {}, status = {} } = object;
    const bound = Boolean(spec.volumeName);
    return [
      metadata.name ?? "",
      metadata.deletionTimestamp === undefined ? text(status.phase) : "Terminating",
      text(spec.volumeName),
      bound ? status.capacity?.storage ?? "0" : "",
      bound ? accessModesCell(status.accessModes) : "",
      classCell(object),
      spec.volumeAttributesClassName ?? "<unset>",
      age(metadata.creationTimestamp, now_ms),
      spec.volumeMode ?? "<unset>",
    ];
  },
};
