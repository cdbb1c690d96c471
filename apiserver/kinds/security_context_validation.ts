// Checks of security contexts, of pods and of containers. Source:
// ValidateSecurityContext and validatePodSpecSecurityContext.

import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../runtime/field/error.ts";
import { isValidGroupID, isValidUserID, longerThan } from "../../runtime/names.ts";
import { text } from "./field_messages.ts";
import { goValue } from "./go_value.ts";
import { dnsSubdomainErrors, invalids } from "./name_validation.ts";
import { items, type Part } from "./part.ts";
import { localDescendingPath } from "./path_validation.ts";
import { goSeccompProfile, goSecurityContext } from "./pod_go_shapes.ts";

const PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"];
const PROFILE_PATH_BYTES_MAX = 4095;

/** Errors of a seccomp profile. */
export function validateSeccomp(profile: Part | undefined, field: string): FieldError[] {
  if (!profile) return [];
  const errors: FieldError[] = [];
  if (!profile.type) {
    errors.push(required(`${field}.type`, "type is required when seccompProfile is set"));
  } else if (!PROFILE_TYPES.includes(profile.type)) {
    errors.push(notSupported(`${field}.type`, profile.type, PROFILE_TYPES));
  }
  const path = `${field}.localhostProfile`;
  if (profile.type === "Localhost") {
    if (profile.localhostProfile === undefined) {
      errors.push(required(path, "must be set when seccomp type is Localhost"));
    } else errors.push(...localDescendingPath(profile.localhostProfile, path));
  } else if (profile.localhostProfile !== undefined) {
    errors.push(
      invalid(
        path,
        goValue(profile, goSeccompProfile),
        "can only be set when seccomp type is Localhost",
      ),
    );
  }
  return errors;
}

/** Errors of an AppArmor profile. */
export function validateAppArmor(profile: Part | undefined, field: string): FieldError[] {
  if (!profile) return [];
  const path = `${field}.localhostProfile`;
  const given: string | undefined = profile.localhostProfile;
  if (!profile.type) {
    return [required(`${field}.type`, "type is required when appArmorProfile is set")];
  }
  if (!PROFILE_TYPES.includes(profile.type)) {
    return [notSupported(`${field}.type`, profile.type, PROFILE_TYPES)];
  }
  if (profile.type !== "Localhost") {
    return given === undefined
      ? []
      : [invalid(path, given, "can only be set when AppArmor type is Localhost")];
  }
  if (given === undefined) {
    return [required(path, "must be set when AppArmor type is Localhost")];
  }
  const errors: FieldError[] = [];
  if (given.trim() !== given) {
    errors.push(invalid(path, given, "must not be padded with whitespace"));
  } else if (given === "") {
    errors.push(required(path, "must be set when AppArmor type is Localhost"));
  }
  if (longerThan(given, PROFILE_PATH_BYTES_MAX)) {
    errors.push(tooLong(path, PROFILE_PATH_BYTES_MAX));
  }
  return errors;
}

const USER_NAME_DOMAIN_MAX = 256;
const USER_NAME_MAX = 104;
const CREDENTIAL_SPEC_KIBIBYTES_MAX = 64;
// deno-lint-ignore no-control-regex -- the characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_DOMAIN = /^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*\.?$/;
const USER_CHARACTERS = /["/\\:;|=,+*?<>@[\]]/;

/** Errors of the options for Windows. */
export function validateWindowsOptions(options: Part | undefined, field: string): FieldError[] {
  if (!options) return [];
  const errors: FieldError[] = [];
  const name: string | undefined = options.gmsaCredentialSpecName;
  if (name !== undefined) {
    errors.push(...dnsSubdomainErrors(name, `${field}.gmsaCredentialSpecName`));
  }
  const spec: string | undefined = options.gmsaCredentialSpec;
  if (spec !== undefined) {
    const path = `${field}.gmsaCredentialSpec`;
    if (spec === "") {
      errors.push(invalid(path, spec, "gmsaCredentialSpec cannot be an empty string"));
    } else if (longerThan(spec, CREDENTIAL_SPEC_KIBIBYTES_MAX * 1024)) {
      errors.push(
        invalid(
          path,
          spec,
          `gmsaCredentialSpec size must be under ${CREDENTIAL_SPEC_KIBIBYTES_MAX} KiB`,
        ),
      );
    }
  }
  if (options.runAsUserName !== undefined) {
    errors.push(...validateUserName(options.runAsUserName, `${field}.runAsUserName`));
  }
  return errors;
}

function validateUserName(given: string, field: string): FieldError[] {
  const bad = (message: string) => invalid(field, given, message);
  if (given === "") return [bad("runAsUserName cannot be an empty string")];
  if (CONTROL.test(given)) return [bad("runAsUserName cannot contain control characters")];
  const parts = given.split("\\");
  if (parts.length > 2) return [bad("runAsUserName cannot contain more than one backslash")];
  const errors: FieldError[] = [];
  const user = parts[parts.length - 1] as string;
  const domain = parts.length === 2 ? parts[0] as string : undefined;
  if (domain !== undefined) {
    if (domain.length > USER_NAME_DOMAIN_MAX - 1) {
      errors.push(
        bad(`runAsUserName's Domain length must be under ${USER_NAME_DOMAIN_MAX} characters`),
      );
    }
    if (!NETBIOS.test(domain) && !DNS_DOMAIN.test(domain)) {
      errors.push(
        bad(
          "runAsUserName's Domain doesn't match the NetBIOS nor the DNS format",
        ),
      );
    }
  }
  if (user === "") errors.push(bad("runAsUserName's User cannot be empty"));
  else if (user.length > USER_NAME_MAX) {
    errors.push(
      bad(`runAsUserName's User length must not be longer than ${USER_NAME_MAX} characters`),
    );
  }
  if (/^[. ]+$/.test(user)) {
    errors.push(bad("runAsUserName's User cannot contain only periods or spaces"));
  }
  if (USER_CHARACTERS.test(user)) {
    errors.push(
      bad(`runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`),
    );
  }
  return errors;
}

/** Errors of a container's security context. `hostUsers` is whether the pod shares the host's user namespace. */
export function validateSecurityContext(
  context: Part | undefined,
  field: string,
  hostUsers: boolean,
): FieldError[] {
  if (!context) return [];
  const errors: FieldError[] = [];
  if (context.runAsUser !== undefined) {
    errors.push(
      ...invalids(context.runAsUser, `${field}.runAsUser`, isValidUserID(context.runAsUser)),
    );
  }
  if (context.runAsGroup !== undefined) {
    errors.push(
      ...invalids(context.runAsGroup, `${field}.runAsGroup`, isValidGroupID(context.runAsGroup)),
    );
  }
  if (context.procMount !== undefined) {
    if (context.procMount !== "Default" && context.procMount !== "Unmasked") {
      errors.push(
        notSupported(`${field}.procMount`, context.procMount, ["Default", "Unmasked"]),
      );
    }
    if (hostUsers && context.procMount === "Unmasked") {
      errors.push(
        invalid(
          `${field}.procMount`,
          context.procMount,
          "`hostUsers` must be false to use `Unmasked`",
        ),
      );
    }
  }
  errors.push(...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`));
  errors.push(...validateEscalation(context, field));
  errors.push(...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`));
  errors.push(...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`));
  return errors;
}

function validateEscalation(context: Part, field: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
  const bad = (what: string) =>
    errors.push(
      invalid(
        field,
        goValue(context, goSecurityContext),
        `cannot set \`allowPrivilegeEscalation\` to false and ${what}`,
      ),
    );
  if (context.privileged === true) bad("`privileged` to true");
  for (const capability of context.capabilities?.add ?? []) {
    if (capability === "CAP_SYS_ADMIN") bad("`capabilities.Add` CAP_SYS_ADMIN");
  }
  return errors;
}

const SYSCTL = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const SYSCTL_BYTES_MAX = 253;
// The same language without nested repetition.
const SYSCTL_SEGMENT = /^[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?$/;

function isSysctl(name: string): boolean {
  return name.length <= SYSCTL_BYTES_MAX &&
    name.split(/[./]/).every((segment) => SYSCTL_SEGMENT.test(segment));
}

const IPC_SYSCTLS = /^(kernel\.(sem$|msg|shm)|fs\.mqueue\.)/;

function validateSysctls(context: Part, spec: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  items(context.sysctls).forEach((sysctl, i) => {
    const path = `${field}[${i}].name`;
    const name = text(sysctl.name);
    if (name === "") errors.push(required(path));
    else if (!isSysctl(name)) {
      errors.push(
        invalid(
          path,
          name,
          `must have at most ${SYSCTL_BYTES_MAX} characters and match regex ^${SYSCTL}$`,
        ),
      );
    } else if (seen.has(name)) errors.push(duplicate(path, name));
    const dotted = name.replaceAll("/", ".");
    if (spec.hostNetwork && dotted.startsWith("net.")) {
      errors.push(invalid(path, name, "may not be specified when 'hostNetwork' is true"));
    } else if (spec.hostIPC && IPC_SYSCTLS.test(dotted)) {
      errors.push(invalid(path, name, "may not be specified when 'hostIPC' is true"));
    }
    seen.add(name);
  });
  return errors;
}

/** Errors of a pod's security context. */
export function validatePodSecurityContext(spec: Part, field: string): FieldError[] {
  const context: Part | undefined = spec.securityContext;
  const errors: FieldError[] = [];
  if (context) errors.push(...validateIds(context, field));
  if (spec.shareProcessNamespace === true && spec.hostPID) {
    errors.push(
      invalid(
        `${field}.shareProcessNamespace`,
        true,
        "ShareProcessNamespace and HostPID cannot both be enabled",
      ),
    );
  }
  if (!context) return errors;
  errors.push(...validateSysctls(context, spec, `${field}.sysctls`));
  const policy = (name: string, known: readonly string[]) => {
    if (context[name] !== undefined && !known.includes(context[name])) {
      errors.push(notSupported(`${field}.${name}`, context[name], known));
    }
  };
  policy("fsGroupChangePolicy", ["Always", "OnRootMismatch"]);
  errors.push(...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`));
  errors.push(...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`));
  errors.push(...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`));
  policy("supplementalGroupsPolicy", ["Merge", "Strict"]);
  // Mounting with labels is behind a feature gate that is off.
  policy("seLinuxChangePolicy", ["Recursive"]);
  return errors;
}

function validateIds(context: Part, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const check = (name: string, messages: (id: number) => string[]) => {
    const id = context[name];
    if (id !== undefined) errors.push(...invalids(id, `${field}.${name}`, messages(id)));
  };
  check("fsGroup", isValidGroupID);
  check("runAsUser", isValidUserID);
  check("runAsGroup", isValidGroupID);
  (context.supplementalGroups ?? []).forEach((id: number, i: number) => {
    errors.push(...invalids(id, `${field}.supplementalGroups[${i}]`, isValidGroupID(id)));
  });
  return errors;
}

/** Errors of host namespaces in a pod that has its own user namespace. */
export function validateHostUsers(spec: Part, field: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const why = "when `hostUsers` is false";
  const errors: FieldError[] = [];
  if (spec.hostNetwork) errors.push(forbiddenField(`${field}.hostNetwork`, why));
  if (spec.hostPID) errors.push(forbiddenField(`${field}.HostPID`, why));
  if (spec.hostIPC) errors.push(forbiddenField(`${field}.HostIPC`, why));
  return errors;
}
