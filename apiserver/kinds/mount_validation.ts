// Checks of where a container mounts its volumes and devices. Source:
// ValidateVolumeMounts and ValidateVolumeDevices. Some fields are named
// without their index, as upstream does.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { text } from "./field_messages.ts";
import { items, type Part } from "./part.ts";
import { localDescendingPath, noBacksteps } from "./path_validation.ts";

/** A pod's good volumes by name. */
export type VolumeMap = ReadonlyMap<string, Part>;

/** Errors of a container's volume mounts. */
export function validateVolumeMounts(
  container: Part,
  volumes: VolumeMap,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const devices = items(container.volumeDevices);
  const paths = new Set<string>();
  items(container.volumeMounts).forEach((mount, i) => {
    const path = `${field}[${i}]`;
    const name = text(mount.name);
    const mountPath = text(mount.mountPath);
    if (name === "") errors.push(required(`${path}.name`));
    if (!volumes.has(name)) errors.push(notFoundField(`${path}.name`, name));
    if (mountPath === "") errors.push(required(`${path}.mountPath`));
    if (paths.has(mountPath)) {
      errors.push(invalid(`${path}.mountPath`, mountPath, "must be unique"));
    }
    paths.add(mountPath);
    if (devices.some((device) => text(device.name) === name)) {
      errors.push(invalid(`${path}.name`, name, "must not already exist in volumeDevices"));
    }
    if (devices.some((device) => text(device.devicePath) === mountPath)) {
      errors.push(
        invalid(
          `${path}.mountPath`,
          mountPath,
          "must not already exist as a path in volumeDevices",
        ),
      );
    }
    errors.push(...validateSubPaths(mount, path, field));
    if (mount.mountPropagation !== undefined) {
      errors.push(...validatePropagation(mount, container, `${field}.mountPropagation`));
    }
    errors.push(...validateRecursiveReadOnly(mount, `${field}.recursiveReadOnly`));
  });
  return errors;
}

function validateSubPaths(mount: Part, path: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (mount.subPath) errors.push(...localDescendingPath(mount.subPath, `${field}.subPath`));
  if (mount.subPathExpr) {
    if (mount.subPath) {
      errors.push(
        invalid(
          `${path}.subPathExpr`,
          mount.subPathExpr,
          "subPathExpr and subPath are mutually exclusive",
        ),
      );
    }
    errors.push(...localDescendingPath(mount.subPathExpr, `${field}.subPathExpr`));
  }
  return errors;
}

function validatePropagation(mount: Part, container: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const known = ["Bidirectional", "HostToContainer", "None"];
  if (!known.includes(mount.mountPropagation)) {
    errors.push(notSupported(field, mount.mountPropagation, known));
  }
  if (
    mount.mountPropagation === "Bidirectional" &&
    container.securityContext?.privileged !== true
  ) {
    errors.push(
      forbiddenField(
        field,
        "Bidirectional mount propagation is available only to privileged containers",
      ),
    );
  }
  return errors;
}

function validateRecursiveReadOnly(mount: Part, field: string): FieldError[] {
  const mode = mount.recursiveReadOnly;
  if (mode === undefined || mode === "Disabled") return [];
  if (mode !== "Enabled" && mode !== "IfPossible") {
    return [notSupported(field, mode, ["Disabled", "Enabled", "IfPossible"])];
  }
  const errors: FieldError[] = [];
  if (!mount.readOnly) {
    errors.push(forbiddenField(field, "may only be specified when readOnly is true"));
  }
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== "None") {
    errors.push(
      forbiddenField(field, "may only be specified when mountPropagation is None or not specified"),
    );
  }
  return errors;
}

/** Errors of a container's block devices. */
export function validateVolumeDevices(
  container: Part,
  volumes: VolumeMap,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const mounts = items(container.volumeMounts);
  const paths = new Set<string>();
  const names = new Set<string>();
  items(container.volumeDevices).forEach((device, i) => {
    const name = text(device.name);
    const path = text(device.devicePath);
    const nameField = `${field}[${i}].name`;
    const pathField = `${field}[${i}].devicePath`;
    const volume = volumes.get(name);
    if (name === "") errors.push(required(nameField));
    if (names.has(name)) errors.push(invalid(nameField, name, "must be unique"));
    if (volume === undefined) errors.push(notFoundField(nameField, name));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(
        invalid(
          nameField,
          name,
          "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
        ),
      );
    }
    if (path === "") errors.push(required(pathField));
    if (paths.has(path)) errors.push(invalid(pathField, path, "must be unique"));
    if (path !== "" && noBacksteps(path, pathField).length > 0) {
      errors.push(invalid(pathField, path, "can not contain backsteps ('..')"));
    } else paths.add(path);
    if (mounts.some((mount) => text(mount.name) === name)) {
      errors.push(invalid(nameField, name, "must not already exist in volumeMounts"));
    }
    if (mounts.some((mount) => text(mount.mountPath) === path)) {
      errors.push(invalid(pathField, path, "must not already exist as a path in volumeMounts"));
    }
    if (name !== "") names.add(name);
  });
  return errors;
}
