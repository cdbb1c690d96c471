// Checks of the storage that a volume is made of: what volumes of pods and
// PersistentVolumes have in common. Source: the validate…VolumeSource
// functions of pkg/apis/core/validation.

import {
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { isDNS1123Subdomain, longerThan, rangeMessage } from "../../runtime/names.ts";
import { integer, text } from "./field_messages.ts";
import { dnsLabelErrors, invalids } from "./name_validation.ts";
import { isEmpty, type Part, sortedEntries, strings } from "./part.ts";
import { localDescendingPath, noBacksteps } from "./path_validation.ts";

/** Checks one source; `claim` when it is a PersistentVolume's. */
export type SourceCheck = (source: Part, field: string, claim: boolean) => FieldError[];

/** A Required error for each member that is empty. */
export function requireMembers(source: Part, field: string, ...names: string[]): FieldError[] {
  return names.filter((name) => isEmpty(source[name])).map((name) => required(`${field}.${name}`));
}

const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
];

const hostPath: SourceCheck = (source, field) => {
  if (!source.path) return [required(`${field}.path`)];
  const errors = noBacksteps(source.path, `${field}.path`);
  if (source.type !== undefined && !HOST_PATH_TYPES.includes(source.type)) {
    errors.push(notSupported(`${field}.type`, source.type, HOST_PATH_TYPES));
  }
  return errors;
};

const gitRepo: SourceCheck = (source, field) => [
  ...requireMembers(source, field, "repository"),
  ...localDescendingPath(text(source.directory), `${field}.directory`),
];

function partition(source: Part, field: string, id: string): FieldError[] {
  const errors = requireMembers(source, field, id);
  const number = integer(source.partition);
  if (number < 0 || number > 255) {
    errors.push(invalid(`${field}.partition`, number, rangeMessage(1, 255)));
  }
  return errors;
}

const nfs: SourceCheck = (source, field) => {
  const errors = requireMembers(source, field, "server", "path");
  const path = text(source.path);
  if (!path.startsWith("/")) {
    errors.push(invalid(`${field}.path`, path, "must be an absolute path"));
  }
  return errors;
};

const INITIATORS: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

function initiatorErrors(name: string, field: string, claim: boolean): FieldError[] {
  const pattern = INITIATORS[name.slice(0, 3)];
  if (pattern === undefined) {
    const start = claim ? "" : " starting with iqn, eui, or naa";
    return [invalid(field, name, `must be valid format${start}`)];
  }
  return pattern.test(name) ? [] : [invalid(field, name, "must be valid format")];
}

const iscsi: SourceCheck = (source, field, claim) => {
  const errors = requireMembers(source, field, "targetPortal", "iqn");
  if (source.iqn) errors.push(...initiatorErrors(source.iqn, `${field}.iqn`, claim));
  const lun = integer(source.lun);
  if (lun < 0 || lun > 255) errors.push(invalid(`${field}.lun`, lun, rangeMessage(0, 255)));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) {
    errors.push(required(`${field}.secretRef`));
  }
  if (claim && source.secretRef && !source.secretRef.name) {
    errors.push(required(`${field}.secretRef.name`));
  }
  if (source.initiatorName !== undefined) {
    errors.push(...initiatorErrors(source.initiatorName, `${field}.initiatorname`, claim));
  }
  return errors;
};

const fc: SourceCheck = (source, field) => {
  const wwns = strings(source.targetWWNs);
  const wwids = strings(source.wwids);
  const path = `${field}.targetWWNs`;
  const errors: FieldError[] = [];
  if (wwns.length === 0 && wwids.length === 0) {
    errors.push(required(path, "must specify either targetWWNs or wwids, but not both"));
  }
  if (wwns.length > 0 && wwids.length > 0) {
    errors.push(
      invalid(path, wwns, "targetWWNs and wwids can not be specified simultaneously"),
    );
  }
  if (wwns.length > 0) {
    if (source.lun === undefined) {
      errors.push(required(`${field}.lun`, "lun is required if targetWWNs is specified"));
    } else if (source.lun < 0 || source.lun > 255) {
      errors.push(invalid(`${field}.lun`, source.lun, rangeMessage(0, 255)));
    }
  }
  return errors;
};

const glusterfs: SourceCheck = (source, field, claim) => {
  const errors = requireMembers(source, field, "endpoints", "path");
  const namespace = source.endpointsNamespace;
  if (!claim || namespace === undefined) return errors;
  const path = `${field}.endpointsNamespace`;
  if (namespace === "") {
    errors.push(
      invalid(
        path,
        namespace,
        "if the endpointnamespace is set, it must be a valid namespace name",
      ),
    );
  } else errors.push(...dnsLabelErrors(namespace, path));
  return errors;
};

const flocker: SourceCheck = ({ datasetName, datasetUUID }, field) => {
  const errors: FieldError[] = [];
  if (!datasetName && !datasetUUID) {
    errors.push(required(field, "one of datasetName and datasetUUID is required"));
  }
  if (datasetName && datasetUUID) {
    errors.push(
      invalid(
        field,
        "resource",
        "datasetName and datasetUUID can not be specified simultaneously",
      ),
    );
  }
  if (text(datasetName).includes("/")) {
    errors.push(invalid(`${field}.datasetName`, datasetName, "must not contain '/'"));
  }
  return errors;
};

const HOST_PORTS = "must be a host:port pair or multiple pairs separated by commas";

function isHostPort(pair: string): boolean {
  return /^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair);
}

const quobyte: SourceCheck = (source, field) => {
  const errors: FieldError[] = [];
  if (!source.registry) errors.push(required(`${field}.registry`, HOST_PORTS));
  else if (text(source.tenant).length >= 65) {
    errors.push(
      required(
        `${field}.tenant`,
        "must be a UUID and may not exceed a length of 64 characters",
      ),
    );
  } else {
    for (const pair of source.registry.split(",")) {
      if (!isHostPort(pair)) {
        errors.push(invalid(`${field}.registry`, source.registry, HOST_PORTS));
      }
    }
  }
  return [...errors, ...requireMembers(source, field, "volume")];
};

function secretRef(source: Part, field: string, claim: boolean): FieldError[] {
  if (!source.secretRef) return [];
  const names = claim ? ["name", "namespace"] : ["name"];
  return requireMembers(source.secretRef, `${field}.secretRef`, ...names);
}

const cinder: SourceCheck = (source, field, claim) => [
  ...requireMembers(source, field, "volumeID"),
  ...secretRef(source, field, claim),
];

const flexVolume: SourceCheck = (source, field) => {
  const errors = requireMembers(source, field, "driver");
  for (const [key] of sortedEntries(source.options)) {
    const slash = key.indexOf("/");
    const domain = `.${(slash < 0 ? key : key.slice(0, slash)).toLowerCase()}`;
    if (domain.endsWith(".kubernetes.io") || domain.endsWith(".k8s.io")) {
      errors.push(
        invalid(
          `${field}.options[${key}]`,
          key,
          "kubernetes.io and k8s.io namespaces are reserved",
        ),
      );
    }
  }
  return errors;
};

const azureFile: SourceCheck = (source, field, claim) => {
  const errors = requireMembers(source, field, "secretName", "shareName");
  if (claim && source.secretNamespace === "") errors.push(required(`${field}.secretNamespace`));
  return errors;
};

const azureDisk: SourceCheck = (source, field) => {
  const errors = requireMembers(source, field, "diskName", "diskURI");
  const { cachingMode, kind } = source;
  const known = (name: string, value: unknown, values: string[]) => {
    if (value !== undefined && !values.includes(value as string)) {
      errors.push(notSupported(`${field}.${name}`, value, values));
    }
  };
  known("cachingMode", cachingMode, ["None", "ReadOnly", "ReadWrite"]);
  known("kind", kind, ["Dedicated", "Managed", "Shared"]);
  const uri = text(source.diskURI);
  const uriField = `${field}.diskURI`;
  if (kind === "Managed" && !uri.startsWith("/subscriptions/")) {
    errors.push(
      notSupported(uriField, uri, [
        "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}",
      ]),
    );
  }
  if (kind !== undefined && kind !== "Managed" && !uri.startsWith("https://")) {
    errors.push(
      notSupported(uriField, uri, [
        "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",
      ]),
    );
  }
  return errors;
};

const storageos: SourceCheck = (source, field, claim) => {
  const errors = requireMembers(source, field, "volumeName");
  for (const name of ["volumeName", "volumeNamespace"]) {
    if (source[name]) errors.push(...dnsLabelErrors(source[name], `${field}.${name}`));
  }
  return [...errors, ...secretRef(source, field, claim)];
};

/** Errors of the name of a CSI driver. */
export function csiDriverNameErrors(driver: string, field: string): FieldError[] {
  if (driver === "") return [required(field)];
  const errors: FieldError[] = [];
  if (longerThan(driver, 63)) errors.push(tooLong(field, 63));
  errors.push(...invalids(driver, field, isDNS1123Subdomain(driver.toLowerCase())));
  return errors;
}

/** Sources of both kinds of volume, by member, except those whose rules depend on more. */
export const sharedSources: Readonly<Record<string, SourceCheck>> = {
  hostPath,
  gitRepo,
  gcePersistentDisk: (source, field) => partition(source, field, "pdName"),
  awsElasticBlockStore: (source, field) => partition(source, field, "volumeID"),
  nfs,
  iscsi,
  glusterfs,
  flocker,
  rbd: (source, field) => requireMembers(source, field, "monitors", "image"),
  cinder,
  cephfs: (source, field) => requireMembers(source, field, "monitors"),
  quobyte,
  fc,
  flexVolume,
  azureFile,
  vsphereVolume: (source, field) => requireMembers(source, field, "volumePath"),
  photonPersistentDisk: (source, field) => requireMembers(source, field, "pdID"),
  portworxVolume: (source, field) => requireMembers(source, field, "volumeID"),
  azureDisk,
  storageos,
  scaleIO: (source, field) => requireMembers(source, field, "gateway", "system", "volumeName"),
};
