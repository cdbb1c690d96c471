// PersistentVolumes. Source: pkg/registry/core/persistentvolume,
// ValidatePersistentVolumeSpec, pkg/api/persistentvolume warnings and
// printPersistentVolume.

import { rfc3339 } from "../../runtime/clock.ts";
import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import type { KubeObject } from "../../runtime/object.ts";
import type { KindBehaviour } from "./behaviour.ts";
import { validateNodeSelector } from "./affinity_validation.ts";
import { immutable, text } from "./field_messages.ts";
import { goValue } from "./go_value.ts";
import { age } from "./human_duration.ts";
import { dnsLabelErrors, dnsSubdomainErrors } from "./name_validation.ts";
import {
  isEmpty,
  items,
  type Part,
  restore,
  sameJson,
  semanticEqual,
  sortedEntries,
  struct,
  written,
} from "./part.ts";
import { accessModesCell, classCell } from "./persistent_volume_claim.ts";
import {
  accessModeErrors,
  basicResourceErrors,
  VOLUME_MODES,
} from "./persistent_volume_claim_validation.ts";
import { goPersistentVolumeSource } from "./pod_go_shapes.ts";
import { nodeTermWarnings, removedPlugins } from "./pod_warnings.ts";
import { quantity, roundResources } from "../../runtime/quota/resource_list.ts";
import { noBacksteps } from "./path_validation.ts";
import { structDiff } from "./struct_diff.ts";
import { setSourceDefaults } from "./volume_defaults.ts";
import {
  csiDriverNameErrors,
  sharedSources,
  type SourceCheck,
} from "./volume_source_validation.ts";

const RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"];
const BETA_OPTIONS = "volume.beta.kubernetes.io/mount-options";
const BETA_CLASS = "volume.beta.kubernetes.io/storage-class";

function setDefaults(object: KubeObject): void {
  const spec = struct(object, "spec");
  const status = struct(object, "status");
  setSourceDefaults(spec);
  roundResources(spec.capacity);
  if (!spec.persistentVolumeReclaimPolicy) spec.persistentVolumeReclaimPolicy = "Retain";
  spec.volumeMode ??= "Filesystem";
  if (!status.phase) status.phase = "Pending";
}

function secretRefErrors(ref: Part, field: string): FieldError[] {
  return [
    ...(ref.name ? dnsSubdomainErrors(ref.name, `${field}.name`) : [required(`${field}.name`)]),
    ...(ref.namespace
      ? dnsLabelErrors(ref.namespace, `${field}.namespace`)
      : [required(`${field}.namespace`)]),
  ];
}

const CSI_SECRETS = [
  "controllerPublishSecretRef",
  "controllerExpandSecretRef",
  "nodePublishSecretRef",
  "nodeExpandSecretRef",
];

const csi: SourceCheck = (source, field) => {
  const errors = csiDriverNameErrors(text(source.driver), `${field}.driver`);
  if (!source.volumeHandle) errors.push(required(`${field}.volumeHandle`));
  for (const name of CSI_SECRETS) {
    if (source[name]) errors.push(...secretRefErrors(source[name], `${field}.${name}`));
  }
  return errors;
};

const local: SourceCheck = (source, field) =>
  source.path ? noBacksteps(source.path, `${field}.path`) : [required(`${field}.path`)];

/** The member, how a second source names it, how its own errors do: in the order upstream looks. */
const SOURCES: readonly (readonly [string, string, string])[] = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "flocker",
  "nfs",
  "rbd",
  "quobyte",
  "cephfs",
  "iscsi",
  "cinder",
  "fc",
  "flexVolume",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "scaleIO",
  "local",
  "storageos",
  "csi",
].map((name) => [
  name,
  name === "cephfs" ? "cephFS" : name,
  name === "gcePersistentDisk" ? "persistentDisk" : name,
]);
const CHECKS: Readonly<Record<string, SourceCheck>> = { ...sharedSources, csi, local };

function validateSources(spec: Part, name: string): FieldError[] {
  const errors: FieldError[] = [];
  let sources = 0;
  for (const [member, second, path] of SOURCES) {
    const source: Part | undefined = spec[member];
    if (source === undefined || source === null) continue;
    // Flex volumes alone are never counted as one too many.
    if (sources++ > 0 && member !== "flexVolume") {
      errors.push(
        forbiddenField(`spec.${second}`, "may not specify more than 1 volume type"),
      );
      continue;
    }
    if (member === "iscsi" && source.initiatorName !== undefined) {
      if (`${name}:${text(source.targetPortal)}`.length > 64) {
        errors.push(
          invalid(
            "spec.iscsi.targetportal",
            text(source.targetPortal),
            "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
          ),
        );
      }
    }
    errors.push(...(CHECKS[member] as SourceCheck)(source, `spec.${path}`, true));
    if (member === "local" && !spec.nodeAffinity) {
      errors.push(required("spec.nodeAffinity", "Local volume requires node affinity"));
    }
  }
  if (sources === 0) errors.push(required("spec", "must specify a volume type"));
  return errors;
}

function validateCapacity(spec: Part): FieldError[] {
  const capacity: Part | undefined = spec.capacity;
  const field = "spec.capacity";
  const errors: FieldError[] = [];
  const names = Object.keys(capacity ?? {});
  if (names.length === 0) errors.push(required(field));
  if (capacity?.storage === undefined || names.length > 1) {
    errors.push(notSupported(field, written(spec, "capacity"), ["storage"]));
  }
  for (const [name, amount] of sortedEntries(capacity)) {
    errors.push(...basicResourceErrors(amount, `${field}[${name}]`));
    if (quantity(amount).sign <= 0) {
      errors.push(invalid(`${field}[${name}]`, amount, "must be greater than zero"));
    }
  }
  return errors;
}

/** The path without redundant slashes and dots is the root. */
function isRoot(path: string): boolean {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return path.startsWith("/") && parts.length === 0;
}

function validate({ metadata, spec = {} }: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (isEmpty(spec.accessModes)) errors.push(required("spec.accessModes"));
  errors.push(...accessModeErrors(spec.accessModes, "spec.accessModes"));
  errors.push(...validateCapacity(spec));
  const policy = text(spec.persistentVolumeReclaimPolicy);
  if (policy !== "" && !RECLAIM_POLICIES.includes(policy)) {
    errors.push(notSupported("spec.persistentVolumeReclaimPolicy", policy, RECLAIM_POLICIES));
  }
  if (spec.nodeAffinity) {
    errors.push(
      ...(spec.nodeAffinity.required
        ? validateNodeSelector(spec.nodeAffinity.required, "spec.nodeAffinity.required")
        : [required("spec.nodeAffinity.required", "must specify required node constraints")]),
    );
  }
  errors.push(...validateSources(spec, text(metadata.name)));
  if (spec.hostPath && isRoot(text(spec.hostPath.path)) && policy === "Recycle") {
    errors.push(
      forbiddenField(
        "spec.persistentVolumeReclaimPolicy",
        "may not be 'recycle' for a hostPath mount of '/'",
      ),
    );
  }
  if (spec.storageClassName) {
    errors.push(...dnsSubdomainErrors(spec.storageClassName, "spec.storageClassName"));
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(notSupported("spec.volumeMode", spec.volumeMode, VOLUME_MODES));
  }
  return [...errors, ...validateAttributesClass(spec)];
}

function validateAttributesClass(spec: Part): FieldError[] {
  const name = spec.volumeAttributesClassName;
  if (name === undefined) return [];
  const field = "spec.volumeAttributesClassName";
  const errors = name === ""
    ? [required(field, "an empty string is disallowed")]
    : dnsSubdomainErrors(name, field);
  if (!spec.csi) {
    errors.push(
      required("spec.csi", "has to be specified when using volumeAttributesClassName"),
    );
  }
  return errors;
}

function validateUpdate(object: KubeObject, old: KubeObject): FieldError[] {
  // Upstream checks the volume both as a new one and as a changed one.
  const errors = [...validate(object), ...validate(object)];
  const before: Part = old.spec ?? {};
  let spec: Part = object.spec ?? {};
  // A secret for expansion may still be added.
  if (before.csi && !before.csi.controllerExpandSecretRef && spec.csi?.controllerExpandSecretRef) {
    const { controllerExpandSecretRef: _added, ...rest } = spec.csi;
    spec = { ...spec, csi: rest };
  }
  const was = goValue(before, goPersistentVolumeSource);
  const is = goValue(spec, goPersistentVolumeSource);
  if (!sameJson(was, is)) {
    errors.push(
      forbiddenField(
        "spec.persistentvolumesource",
        `spec.persistentvolumesource is immutable after creation\n${structDiff(was, is)}`,
      ),
    );
  }
  errors.push(...immutable("volumeMode", spec.volumeMode, before.volumeMode));
  if (before.nodeAffinity && !semanticEqual(spec.nodeAffinity, before.nodeAffinity)) {
    errors.push(invalid("nodeAffinity", spec.nodeAffinity, "field is immutable"));
  }
  if (
    before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined
  ) {
    errors.push(
      forbiddenField(
        "spec.volumeAttributesClassName",
        "update from non-nil value to nil is forbidden",
      ),
    );
  }
  return errors;
}

/** Plugins that are gone, but that nobody warns of in volumes. */
const UNMENTIONED = ["flocker", "quobyte"];

function warnings({ metadata, spec = {} }: KubeObject): string[] {
  const found: string[] = [];
  if (metadata.annotations?.[BETA_CLASS] !== undefined) {
    found.push(
      `metadata.annotations[${BETA_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`,
    );
  }
  if (metadata.annotations?.[BETA_OPTIONS] !== undefined) {
    found.push(
      `metadata.annotations[${BETA_OPTIONS}]: deprecated since v1.31; use "mountOptions" attribute instead`,
    );
  }
  if (spec.persistentVolumeReclaimPolicy === "Recycle") {
    found.push(
      "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    );
  }
  items(spec.nodeAffinity?.required?.nodeSelectorTerms).forEach((term, i) => {
    found.push(
      ...nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${i}]`),
    );
  });
  for (const [name, message] of removedPlugins) {
    if (!spec[name] || UNMENTIONED.includes(name)) continue;
    found.push(`spec.${name === "storageos" ? "storageOS" : name}: ${message}`);
  }
  return found;
}

/** `persistentvolumes`. */
export const persistentVolume: KindBehaviour = {
  setDefaults,
  strategy: {
    prepareForCreate(object, { clock }) {
      object.status = { phase: "Pending", lastPhaseTransitionTime: rfc3339(clock.now()) };
    },
    prepareForUpdate: (object, old) => restore(object, old, "status"),
    validate,
    validateUpdate,
    warningsOnCreate: warnings,
    warningsOnUpdate: warnings,
    resetFields: { "f:status": {} },
  },
  subresources: {
    status: {
      prepareForUpdate(object, old, { clock }) {
        restore(object, old, "spec");
        const status = struct(object, "status");
        const since = status.lastPhaseTransitionTime;
        const moved = text(status.phase) !== text(old.status?.phase);
        if (!moved && !since) restore(status, old.status ?? {}, "lastPhaseTransitionTime");
        if (moved && (!since || since === old.status?.lastPhaseTransitionTime)) {
          status.lastPhaseTransitionTime = rfc3339(clock.now());
        }
      },
      resetFields: { "f:spec": {} },
    },
  },
  cells(object, now_ms) {
    const { metadata, spec = {}, status = {} } = object;
    return [
      metadata.name ?? "",
      spec.capacity?.storage ?? "0",
      accessModesCell(spec.accessModes),
      text(spec.persistentVolumeReclaimPolicy),
      metadata.deletionTimestamp === undefined ? text(status.phase) : "Terminating",
      spec.claimRef ? `${spec.claimRef.namespace ?? ""}/${spec.claimRef.name ?? ""}` : "",
      classCell(object),
      spec.volumeAttributesClassName ?? "<unset>",
      text(status.reason),
      age(metadata.creationTimestamp, now_ms),
      spec.volumeMode ?? "<unset>",
    ];
  },
};
