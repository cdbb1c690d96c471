// Checks of what a pod may ask for on each operating system, and of host
// process containers. Source: validateOS, validateLinux, validateWindows and
// validateWindowsHostProcessPod of pkg/apis/core/validation.

import {
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
} from "../../runtime/field/error.ts";
import { isEmpty, type Part } from "./part.ts";
import { eachContainer } from "./pod_containers.ts";

const NOT_ON_WINDOWS = "cannot be set for a windows pod";
const NOT_ON_LINUX = "windows options cannot be set for a linux pod";

/** Errors of a pod's operating system and of what it excludes. */
export function validateOS(spec: Part, field: string): FieldError[] {
  if (!spec.os) return [];
  const { name } = spec.os;
  if (!name) return [required(`${field}.os.name`)];
  if (name === "linux") return validateLinux(spec, field);
  if (name === "windows") return validateWindows(spec, field);
  return [notSupported(`${field}.os`, name, ["linux", "windows"])];
}

function validateLinux(spec: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.securityContext?.windowsOptions) {
    errors.push(forbiddenField(`${field}.securityContext.windowsOptions`, NOT_ON_LINUX));
  }
  for (const [container, path] of eachContainer(spec, field)) {
    if (container.securityContext?.windowsOptions) {
      errors.push(forbiddenField(`${path}.securityContext.windowsOptions`, NOT_ON_LINUX));
    }
  }
  return errors;
}

/** Members of the pod's own context and of the spec, in the order upstream looks. */
const POD_LINUX_ONLY: readonly (readonly [string, "context" | "spec"])[] = [
  ["appArmorProfile", "context"],
  ["seLinuxOptions", "context"],
  ["hostUsers", "spec"],
  ["hostPID", "spec"],
  ["hostIPC", "spec"],
  ["seccompProfile", "context"],
  ["fsGroup", "context"],
  ["fsGroupChangePolicy", "context"],
  ["sysctls", "context"],
  ["shareProcessNamespace", "spec"],
  ["runAsUser", "context"],
  ["runAsGroup", "context"],
  ["supplementalGroups", "context"],
  ["supplementalGroupsPolicy", "context"],
  ["seLinuxChangePolicy", "context"],
];

const CONTAINER_LINUX_ONLY = [
  "appArmorProfile",
  "seLinuxOptions",
  "seccompProfile",
  "capabilities",
  "readOnlyRootFilesystem",
  "privileged",
  "allowPrivilegeEscalation",
  "procMount",
  "runAsUser",
  "runAsGroup",
];

/** Plain booleans and lists in Go count only when they hold something. */
const COUNTS_WHEN_EMPTY_NOT = new Set(["hostPID", "hostIPC", "sysctls"]);

function validateWindows(spec: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, place] of POD_LINUX_ONLY) {
    const value = place === "spec" ? spec[name] : spec.securityContext?.[name];
    if (value === undefined || (COUNTS_WHEN_EMPTY_NOT.has(name) && isEmpty(value))) continue;
    const path = place === "spec" ? field : `${field}.securityContext`;
    errors.push(forbiddenField(`${path}.${name}`, NOT_ON_WINDOWS));
  }
  for (const [container, path] of eachContainer(spec, field)) {
    for (const name of CONTAINER_LINUX_ONLY) {
      if (container.securityContext?.[name] !== undefined) {
        errors.push(forbiddenField(`${path}.securityContext.${name}`, NOT_ON_WINDOWS));
      }
    }
  }
  return errors;
}

/** Errors of pods in which some containers run as the host's own processes: all have to. */
export function validateHostProcess(spec: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const ofPod: boolean | undefined = spec.securityContext?.windowsOptions?.hostProcess;
  let containers = 0;
  let hostProcesses = 0;
  for (const [container, path] of eachContainer(spec, field)) {
    containers++;
    const own: boolean | undefined = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      errors.push(
        invalid(
          `${path}.securityContext.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      );
    }
    if (own ?? ofPod) hostProcesses++;
  }
  if (hostProcesses === 0) return errors;
  if (hostProcesses !== containers) {
    errors.push(
      invalid(
        field,
        "",
        "If pod contains any hostProcess containers then all containers must be HostProcess containers",
      ),
    );
  }
  if (!spec.hostNetwork) {
    errors.push(
      invalid(
        `${field}.hostNetwork`,
        false,
        "hostNetwork must be true if pod contains any hostProcess containers",
      ),
    );
  }
  return errors;
}
