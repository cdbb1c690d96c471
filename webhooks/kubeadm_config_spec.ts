// Checks of a KubeadmConfigSpec that its schema cannot make, shared by
// KubeadmConfig, KubeadmControlPlane and their templates. Source: Cluster
// API's kubeadm bootstrap webhooks.

import { type FieldError, forbiddenField, invalid, required } from "../runtime/field/error.ts";
import type { JsonObject, JsonValue } from "../runtime/object.ts";
import type { KubeadmFeatures } from "./kubeadm_features.ts";

/** What is wrong with a spec at `path`. */
export function validateKubeadmConfigSpec(
  spec: JsonObject,
  path: string,
  features: KubeadmFeatures,
): FieldError[] {
  return [
    ...validateFiles(list(spec.files), `${path}.files`),
    ...validateUsers(list(spec.users), `${path}.users`),
    ...validateDisks(spec, path),
    ...validateDiscovery(spec, path),
    ...validateIgnition(spec, path, features),
  ];
}

const BOTH_CONTENTS = "only one of content or contentFrom may be specified for a single file";
const NO_SECRET_NAME = "secret file source must specify non-empty secret name";
const NO_SECRET_KEY = "secret file source must specify non-empty secret key";

function validateFiles(files: JsonObject[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<JsonValue | undefined>();
  files.forEach((file, i) => {
    const at = `${path}[${i}]`;
    if (file.content && file.contentFrom !== undefined) {
      errors.push(invalid(at, file, BOTH_CONTENTS));
    }
    if (file.contentFrom !== undefined) {
      const secret = object(object(file.contentFrom).secret);
      const from = `${at}.contentFrom.secret`;
      if (!secret.name) errors.push(required(`${from}.name`, NO_SECRET_NAME));
      if (!secret.key) errors.push(required(`${from}.key`, NO_SECRET_KEY));
    }
    if (seen.has(file.path)) {
      errors.push(
        invalid(`${at}.path`, file.path, "path property must be unique among all files"),
      );
    }
    seen.add(file.path);
  });
  return errors;
}

function validateUsers(users: JsonObject[], path: string): FieldError[] {
  return users.flatMap((user, i) => {
    const at = `${path}[${i}]`;
    const errors: FieldError[] = [];
    if (user.passwd && user.passwdFrom !== undefined) {
      errors.push(
        invalid(at, user, "only one of passwd or passwdFrom may be specified for a single user"),
      );
    }
    if (user.passwdFrom !== undefined) {
      const secret = object(object(user.passwdFrom).secret);
      const from = `${at}.passwdFrom.secret`;
      if (!secret.name) errors.push(required(`${from}.name`, NO_SECRET_NAME));
      if (!secret.key) errors.push(required(`${from}.key`, NO_SECRET_KEY));
    }
    return errors;
  });
}

function validateDisks(spec: JsonObject, path: string): FieldError[] {
  return list(object(spec.diskSetup).partitions).flatMap((partition, i) => {
    const sum = list(partition.diskLayout)
      .reduce((total, { percentage }) => total + Number(percentage ?? 0), 0);
    const at = `${path}.diskSetup.partitions[${i}].diskLayout`;
    return sum > 100
      ? [
        invalid(
          at,
          partition.diskLayout,
          "the sum of all partition percentages must not exceed 100",
        ),
      ]
      : [];
  });
}

function validateDiscovery(spec: JsonObject, path: string): FieldError[] {
  const file = object(object(object(spec.joinConfiguration).discovery).file);
  const user = object(object(file.kubeConfig).user);
  if (file.kubeConfig === undefined) return [];
  const at = `${path}.joinConfiguration.discovery.file.kubeConfig.user`;
  const given = [user.authProvider, user.exec].filter((one) => one !== undefined).length;
  if (given === 1) return [];
  return [
    given === 0
      ? invalid(at, user, "at least one of authProvider or exec must be defined")
      : invalid(at, user, "either authProvider or exec must be defined"),
  ];
}

const NOT_WITH_IGNITION = 'not supported when spec.format is set to "ignition"';

function validateIgnition(
  spec: JsonObject,
  path: string,
  features: KubeadmFeatures,
): FieldError[] {
  const isIgnition = spec.format === "ignition";
  if (!features.ignition) {
    const gate = "can be set only if the KubeadmBootstrapFormatIgnition feature gate is enabled";
    return [
      ...(isIgnition ? [forbiddenField(`${path}.format`, gate)] : []),
      ...(spec.ignition === undefined ? [] : [forbiddenField(`${path}.ignition`, gate)]),
    ];
  }
  if (!isIgnition) {
    return spec.ignition === undefined ? [] : [
      invalid(
        `${path}.format`,
        spec.format ?? "",
        'must be set to "ignition" if spec.ignition is set',
      ),
    ];
  }
  return ignitionLimits(spec, path);
}

function ignitionLimits(spec: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  list(spec.users).forEach((user, i) => {
    if (user.inactive === true) {
      errors.push(forbiddenField(`${path}.users[${i}].inactive`, NOT_WITH_IGNITION));
    }
  });
  list(spec.files).forEach((file, i) => {
    if (file.encoding === "gzip" || file.encoding === "gzip+base64") {
      errors.push(forbiddenField(`${path}.files[${i}].encoding`, NOT_WITH_IGNITION));
    }
  });
  if (spec.bootCommands !== undefined) {
    errors.push(forbiddenField(`${path}.bootCommands`, NOT_WITH_IGNITION));
  }
  const disks = `${path}.diskSetup`;
  list(object(spec.diskSetup).partitions).forEach((partition, i) => {
    if (partition.tableType !== undefined && partition.tableType !== "gpt") {
      errors.push(
        invalid(
          `${disks}.partitions[${i}].tableType`,
          partition.tableType,
          'only partition type "gpt" is supported when spec.format is set to "ignition"',
        ),
      );
    }
  });
  list(object(spec.diskSetup).filesystems).forEach((filesystem, i) => {
    for (const name of ["replaceFS", "partition"]) {
      if (filesystem[name] !== undefined) {
        errors.push(forbiddenField(`${disks}.filesystems[${i}].${name}`, NOT_WITH_IGNITION));
      }
    }
  });
  return errors;
}

function object(value: JsonValue | undefined): JsonObject {
  return (value ?? {}) as JsonObject;
}

function list(value: JsonValue | undefined): JsonObject[] {
  return (value ?? []) as JsonObject[];
}
