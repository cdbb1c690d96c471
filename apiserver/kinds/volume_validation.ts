// Checks of a pod's volumes. Source: ValidateVolumes, validateVolumeSource
// and validateProjectedVolumeSource of pkg/apis/core/validation.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isDNS1123Subdomain } from "../../runtime/names.ts";
import { integer, text } from "./field_messages.ts";
import {
  validateFieldRef,
  validateResourceFieldRef,
  VOLUME_FIELDS,
} from "./field_ref_validation.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { isEmpty, items, type Part } from "./part.ts";
import { fileMode, localNonReservedPath } from "./path_validation.ts";
import { validateClaimTemplate } from "./persistent_volume_claim_validation.ts";
import { quantity } from "../../runtime/quota/resource_list.ts";
import {
  csiDriverNameErrors,
  requireMembers,
  sharedSources,
  type SourceCheck,
} from "./volume_source_validation.ts";

const MORE_THAN_ONE = "may not specify more than 1 volume type";

function validateItems(source: Part, field: string): FieldError[] {
  return items(source.items).flatMap((item, i) => validateKeyToPath(item, `${field}.items[${i}]`));
}

function validateKeyToPath(item: Part, field: string): FieldError[] {
  return [
    ...requireMembers(item, field, "key", "path"),
    ...localNonReservedPath(text(item.path), `${field}.path`),
    ...fileMode(item.mode, `${field}.mode`),
  ];
}

function keyed(name: string): SourceCheck {
  return (source, field) => [
    ...requireMembers(source, field, name),
    ...fileMode(source.defaultMode, `${field}.defaultMode`),
    ...validateItems(source, field),
  ];
}

/** Files of the downward API are named by their list, without an index, as upstream does. */
function validateDownwardFile(file: Part, field: string): FieldError[] {
  const errors = requireMembers(file, field, "path");
  errors.push(...localNonReservedPath(text(file.path), `${field}.path`));
  if (file.fieldRef) {
    errors.push(...validateFieldRef(file.fieldRef, VOLUME_FIELDS, `${field}.fieldRef`));
    if (file.resourceFieldRef) {
      errors.push(
        invalid(
          field,
          "resource",
          "fieldRef and resourceFieldRef can not be specified simultaneously",
        ),
      );
    }
  } else if (file.resourceFieldRef) {
    errors.push(
      ...validateResourceFieldRef(file.resourceFieldRef, `${field}.resourceFieldRef`, true),
    );
  } else errors.push(required(field, "one of fieldRef and resourceFieldRef is required"));
  errors.push(...fileMode(file.mode, `${field}.mode`));
  return errors;
}

const downwardAPI: SourceCheck = (source, field) => [
  ...fileMode(source.defaultMode, `${field}.defaultMode`),
  ...items(source.items).flatMap((file) => validateDownwardFile(file, field)),
];

const TOKEN_SECONDS_MIN = 10 * 60;
const TOKEN_SECONDS_MAX = 2 ** 32;

function validateTokenProjection(token: Part, path: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = integer(token.expirationSeconds);
  if (seconds < TOKEN_SECONDS_MIN) {
    errors.push(
      invalid(
        `${path}.expirationSeconds`,
        seconds,
        "may not specify a duration less than 10 minutes",
      ),
    );
  }
  if (seconds > TOKEN_SECONDS_MAX) {
    errors.push(
      invalid(
        `${path}.expirationSeconds`,
        seconds,
        "may not specify a duration larger than 2^32 seconds",
      ),
    );
  }
  if (!token.path) errors.push(required(`${field}.path`));
  else errors.push(...localNonReservedPath(token.path, `${field}.path`));
  return errors;
}

const projected: SourceCheck = (source, field) => {
  const errors = fileMode(source.defaultMode, `${field}.defaultMode`);
  const paths = new Set<string>();
  const claim = (path: unknown, shown: unknown) => {
    if (!path) return;
    if (paths.has(path as string)) {
      errors.push(invalid(field, shown, "conflicting duplicate paths"));
    }
    paths.add(path as string);
  };
  items(source.sources).forEach((projection, i) => {
    const path = `${field}.sources[${i}]`;
    let count = 0;
    for (const name of ["secret", "configMap"]) {
      const keys: Part | undefined = projection[name];
      if (!keys) continue;
      count++;
      errors.push(...requireMembers(keys, `${path}.${name}`, "name"));
      items(keys.items).forEach((item, j) => {
        errors.push(...validateKeyToPath(item, `${path}.${name}.items[${j}]`));
        claim(item.path, text(keys.name));
      });
    }
    if (projection.downwardAPI) {
      count++;
      for (const file of items(projection.downwardAPI.items)) {
        errors.push(...validateDownwardFile(file, `${path}.downwardAPI`));
        claim(file.path, file.path);
      }
    }
    if (projection.serviceAccountToken) {
      count++;
      errors.push(
        ...validateTokenProjection(
          projection.serviceAccountToken,
          `${path}.serviceAccountToken`,
          field,
        ),
      );
    }
    if (count > 1) {
      errors.push(forbiddenField(path, "may not specify more than 1 volume type per source"));
    }
  });
  return errors;
};

const csi: SourceCheck = (source, field) => {
  const errors = csiDriverNameErrors(text(source.driver), `${field}.driver`);
  const ref: Part | undefined = source.nodePublishSecretRef;
  if (!ref) return errors;
  if (!ref.name) errors.push(required(`${field}.nodePublishSecretRef.name`));
  else errors.push(...invalids(ref.name, `${field}.name`, isDNS1123Subdomain(ref.name)));
  return errors;
};

const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

const image: SourceCheck = (source, field) => {
  const errors = requireMembers(source, field, "reference");
  if (!source.pullPolicy) errors.push(required(`${field}.pullPolicy`));
  else if (!PULL_POLICIES.includes(source.pullPolicy)) {
    errors.push(notSupported(`${field}.pullPolicy`, source.pullPolicy, PULL_POLICIES));
  }
  return errors;
};

/** The member, how a second source names it, how its own errors do, and its check: in the order upstream looks. */
const SOURCES: readonly (readonly [string, string, string, SourceCheck])[] = [
  ...["hostPath", "gitRepo"].map(shared),
  ["gcePersistentDisk", "gcePersistentDisk", "persistentDisk", check("gcePersistentDisk")],
  shared("awsElasticBlockStore"),
  own("secret", keyed("secretName")),
  ...["nfs", "iscsi", "glusterfs", "flocker"].map(shared),
  own(
    "persistentVolumeClaim",
    (source, field) => requireMembers(source, field, "claimName"),
  ),
  ...["rbd", "cinder"].map(shared),
  ["cephfs", "cephFS", "cephfs", check("cephfs")],
  shared("quobyte"),
  ["downwardAPI", "downwarAPI", "downwardAPI", downwardAPI],
  ...["fc", "flexVolume"].map(shared),
  own("configMap", keyed("name")),
  ...["azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk"]
    .map(shared),
  shared("storageos"),
  own("projected", projected),
  shared("scaleIO"),
  own("csi", csi),
  own(
    "ephemeral",
    (source, field) =>
      source.volumeClaimTemplate
        ? validateClaimTemplate(source.volumeClaimTemplate, `${field}.volumeClaimTemplate`)
        : [required(`${field}.volumeClaimTemplate`)],
  ),
  own("image", image),
];

function check(name: string): SourceCheck {
  return sharedSources[name] as SourceCheck;
}

function shared(name: string): readonly [string, string, string, SourceCheck] {
  return [name, name, name, check(name)];
}

function own(name: string, validate: SourceCheck): readonly [string, string, string, SourceCheck] {
  return [name, name, name, validate];
}

function validateSource(volume: Part, field: string, podName: string): FieldError[] {
  const errors: FieldError[] = [];
  let sources = 0;
  if (volume.emptyDir) {
    sources++;
    const limit = volume.emptyDir.sizeLimit;
    if (limit !== undefined && quantity(limit).sign < 0) {
      errors.push(
        forbiddenField(
          `${field}.emptyDir.sizeLimit`,
          "SizeLimit field must be a valid resource quantity",
        ),
      );
    }
  }
  for (const [member, second, path, validate] of SOURCES) {
    const source: Part | undefined = volume[member];
    if (source === undefined || source === null) continue;
    if (sources++ > 0) errors.push(forbiddenField(`${field}.${second}`, MORE_THAN_ONE));
    else {
      errors.push(...validate(source, `${field}.${path}`, false));
      if (member === "ephemeral") errors.push(...claimNameErrors(volume, field, podName));
    }
    if (member === "iscsi") errors.push(...targetLengthErrors(volume, field));
  }
  if (sources === 0) errors.push(required(field, "must specify a volume type"));
  return errors;
}

/** The claim that will be made for the volume gets both names. */
function claimNameErrors(volume: Part, field: string, podName: string): FieldError[] {
  if (podName === "" || !volume.name) return [];
  const name = `${podName}-${volume.name}`;
  return isDNS1123Subdomain(name).map((message) =>
    invalid(`${field}.name`, volume.name, `PVC name ${JSON.stringify(name)}: ${message}`)
  );
}

function targetLengthErrors({ name = "", iscsi }: Part, field: string): FieldError[] {
  return iscsi.initiatorName !== undefined && `${name}:${text(iscsi.targetPortal)}`.length > 64
    ? [
      invalid(
        `${field}.name`,
        name,
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
      ),
    ]
    : [];
}

/** The pod's good volumes by name, and the errors of the others. `podName` is empty in templates. */
export function validateVolumes(
  volumes: unknown,
  podName: string,
  field: string,
): { volumes: Map<string, Part>; errors: FieldError[] } {
  const good = new Map<string, Part>();
  const errors: FieldError[] = [];
  const created = new Set<string>();
  for (const volume of items(volumes)) {
    if (podName !== "" && volume.ephemeral) created.add(`${podName}-${volume.name ?? ""}`);
  }
  items(volumes).forEach((volume, i) => {
    const path = `${field}[${i}]`;
    const name = text(volume.name);
    const own = validateSource(volume, path, podName);
    if (name === "") own.push(required(`${path}.name`));
    else own.push(...dnsLabelErrors(name, `${path}.name`));
    if (good.has(name)) own.push(duplicate(`${path}.name`, name));
    if (isEmpty(own)) good.set(name, volume);
    else errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim)) {
      errors.push(
        invalid(
          `${path}.persistentVolumeClaim.claimName`,
          claim,
          "must not reference a PVC that gets created for an ephemeral volume",
        ),
      );
    }
  });
  return { volumes: good, errors };
}
